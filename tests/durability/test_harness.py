"""The kill loop notices a server that loses records: it is shown one."""

from pathlib import Path

import pytest

from durability.kills import run_kills
from durability.server_process import with_faults

pytestmark = pytest.mark.slow


def test_missing_syncs_are_noticed(tmp_path: Path) -> None:
    # Given a server that does not sync what it acknowledges, on a disk that forgets at a kill
    with (
        with_faults(tmp_path, "--broken", "no-sync", vfs="forgetting") as server,
        # When it is killed a few times, then the loop says what was lost
        pytest.raises(AssertionError, match="LOST: "),
    ):
        run_kills(server, 10)


@pytest.mark.slow
def test_sigkill_alone_does_not_show_them(tmp_path: Path) -> None:
    # Given the same server on an ordinary disk: the kernel outlives the process, and writes
    with with_faults(tmp_path, "--broken", "no-sync") as server:
        # Then the loop finds nothing, which is why there is a disk that forgets
        run_kills(server, 3)
