"""An error that is none of SQLite's leaves no transaction open: what came after it would join that
one, be acknowledged, and never be committed."""

from pathlib import Path
from typing import Any

import apsw
import pytest

from shardline.storage.sqlite_log.streamfile import StreamFile

SAVE = "INSERT INTO shards (number, next, horizon, last_ms) VALUES (?, 0, 0, 0)"
TOO_LARGE: Any = 1 << 70  # for which apsw raises OverflowError, in the middle of a transaction


def test_a_write_after_a_surprise_is_durable(tmp_path: Path) -> None:
    path = tmp_path / "stream.sqlite"
    file = StreamFile(path, None, 1 << 20, exists=False)
    # Given a write that failed half-way, and not as a disk does
    with pytest.raises(OverflowError):
        file.write([(SAVE, (1,)), (SAVE, (TOO_LARGE,))])
    # When something is written after it, in a statement that is its own transaction
    file.write([(SAVE, (2,))])
    # Then another connection finds it, and nothing of what failed
    other = apsw.Connection(str(path))
    assert other.execute("SELECT number FROM shards").fetchall() == [(2,)]
    other.close()
    file.release()
