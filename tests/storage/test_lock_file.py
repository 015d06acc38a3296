"""Who has the lock, and who is waited for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shardline.storage.lock_file import ORPHANS_S, Locked, take_lock


class Time:
    """Passes only by sleeping; lets go of a descriptor when its time has come."""

    def __init__(self, descriptor: int, ends_at: float) -> None:
        self.now = 0.0
        self._descriptor = descriptor
        self._ends_at = ends_at

    def sleep(self, seconds: float) -> None:
        before, self.now = self.now, self.now + seconds
        if before < self._ends_at <= self.now:
            os.close(self._descriptor)

    def take(self, path: Path) -> int:
        return take_lock(path, now=lambda: self.now, sleep=self.sleep)


def gone_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_it_says_who_has_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    descriptor = take_lock(path)
    assert path.read_text() == f"{os.getpid()}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    time = Time(descriptor, 1.0)
    with pytest.raises(Locked, match=f"^{os.getpid()}$"):
        time.take(path)
    assert time.now == 0.0
    os.close(descriptor)


def test_the_heirs_of_one_that_is_gone_are_waited_for(tmp_path: Path) -> None:
    # Given a lock whose owner has ended, and left it to another
    path = tmp_path / "lock"
    inherited = take_lock(path)
    path.write_text(f"{gone_pid()}\n")
    # When
    time = Time(inherited, 0.5)
    descriptor = time.take(path)
    # Then
    assert 0.5 <= time.now < 0.6
    assert path.read_text() == f"{os.getpid()}\n"
    os.close(descriptor)


@pytest.mark.parametrize("said", ["", "garbled", "9" * 30])
def test_an_owner_that_cannot_be_known_is_not_waited_for(tmp_path: Path, said: str) -> None:
    path = tmp_path / "lock"
    descriptor = take_lock(path)
    path.write_text(said)
    time = Time(descriptor, 1.0)
    with pytest.raises(Locked, match=said or "unknown"):
        time.take(path)
    assert time.now == 0.0
    os.close(descriptor)


def test_heirs_that_do_not_end_are_not_waited_for_without_end(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    descriptor = take_lock(path)
    path.write_text(f"{gone_pid()}\n")
    time = Time(descriptor, 100.0)
    with pytest.raises(Locked):
        time.take(path)
    assert ORPHANS_S <= time.now < ORPHANS_S + 0.1
    os.close(descriptor)
