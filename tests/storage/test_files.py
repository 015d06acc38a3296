"""Private, durable files."""

import os
import stat
from pathlib import Path

import pytest

from shardline.storage import files


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def _usual_umask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_write_replaces_the_whole_file_privately(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"something that is longer")
    files.write_atomic(path, b"secret")
    assert path.read_bytes() == b"secret"
    assert mode_of(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_is_synced_before_it_is_named_and_its_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key"
    synced: list[tuple[str, bool]] = []

    def record(descriptor: int) -> None:
        synced.append((os.readlink(f"/proc/self/fd/{descriptor}"), path.exists()))

    monkeypatch.setattr(files.os, "fsync", record)
    files.write_atomic(path, b"secret")
    assert synced == [(str(tmp_path / ".key.tmp"), False), (str(tmp_path), True)]


def test_a_write_that_fails_leaves_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key"
    files.write_atomic(path, b"old")

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full_disk:
        full_disk.setattr(files.os, "fsync", fail)
        with pytest.raises(OSError, match="No space"):
            files.write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_crash_left_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "key"
    (tmp_path / ".key.tmp").write_bytes(b"half of")
    files.write_atomic(path, b"new")
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_made_private_or_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "file"
    files.create_private(path)
    assert (path.read_bytes(), mode_of(path)) == (b"", 0o600)
    path.write_bytes(b"content")
    files.create_private(path)
    assert path.read_bytes() == b"content"


def test_a_directory_is_made_private_or_left_as_it_is(tmp_path: Path) -> None:
    files.make_private_directory(tmp_path / "a" / "b")
    assert mode_of(tmp_path / "a" / "b") == 0o700
    assert mode_of(tmp_path / "a") == 0o755
    files.make_private_directory(tmp_path / "a")
    assert mode_of(tmp_path / "a") == 0o755
