"""The data directory: one owner, one format, nothing touched when refused."""

import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shardline import __version__
from shardline.storage.datadir import DataDir, NodeInfo
from shardline.storage.record_log import StoreUnusable

INFO = NodeInfo(
    endpoint="http://127.0.0.1:4567",
    region="us-east-1",
    account="000000000000",
    tls_ca=None,
    pid=4711,
)


def content(directory: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below a directory, with its bytes and the time of its last change."""
    return {
        str(path.relative_to(directory)): (
            path.read_bytes() if path.is_file() else b"",
            path.stat().st_mtime_ns,
        )
        for path in [directory, *directory.rglob("*")]
    }


def assert_refused_untouched(path: Path, refusal: str) -> None:
    before = content(path)
    with pytest.raises(StoreUnusable, match=refusal):
        DataDir.open(path)
    assert content(path) == before


def test_a_missing_directory_is_made_private(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "data"
    with DataDir.open(path) as data:
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert stat.S_IMODE(data.streams.stat().st_mode) == 0o700
        data.write_node_file(INFO)
        files = [each for each in path.iterdir() if each.is_file()]
        assert {each.name for each in files} == {"format", "lock", "node.json"}
        assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
        assert json.loads((path / "format").read_bytes()) == {
            "format": 1,
            "made_by": f"shardline {__version__}",
        }


def test_all_paths_lie_in_the_directory(tmp_path: Path) -> None:
    data = DataDir(tmp_path / "data")
    paths = {data.catalog, data.streams, data.root_key, data.node_file}
    assert {path.parent for path in paths} == {tmp_path / "data"}
    assert len(paths) == 4
    assert not data.path.exists()


def test_it_opens_again_after_a_close_and_keeps_what_is_there(tmp_path: Path) -> None:
    data = DataDir.open(tmp_path / "data")
    data.root_key.write_bytes(b"key")
    data.close()
    data.close()
    with DataDir.open(tmp_path / "data") as data:
        assert data.root_key.read_bytes() == b"key"


def test_a_second_server_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    with DataDir.open(tmp_path / "data"):
        assert_refused_untouched(
            tmp_path / "data", rf"in use by another server \(pid {os.getpid()}\)"
        )


def test_the_lock_ends_with_its_process_however_it_ends(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from shardline.storage.datadir import DataDir\n"
        "data = DataDir.open(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "data")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        try:
            assert server.stdout.readline() == b"open\n"
            assert_refused_untouched(tmp_path / "data", rf"pid {server.pid}\)")
        finally:
            server.kill()
    DataDir.open(tmp_path / "data").close()


def test_a_newer_format_is_refused_and_untouched(tmp_path: Path) -> None:
    newer = {"format": 2, "made_by": "shardline 9.0.0", "more": True}
    (tmp_path / "format").write_text(json.dumps(newer))
    assert_refused_untouched(
        tmp_path, r"made by a newer Shardline \(shardline 9\.0\.0, format 2\); .* up to format 1"
    )


@pytest.mark.parametrize("damage", ["", "{", "{}", '{"format": "1", "made_by": "x"}', "\xff"])
def test_a_damaged_format_is_refused_and_untouched(tmp_path: Path, damage: str) -> None:
    (tmp_path / "format").write_bytes(damage.encode("latin-1"))
    assert_refused_untouched(tmp_path, "format is damaged")


def test_a_directory_of_something_else_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_bytes(b"years of work")
    assert_refused_untouched(tmp_path, "not empty and not a data directory")


def test_a_first_start_that_was_killed_is_no_hindrance(tmp_path: Path) -> None:
    for name in ("lock", ".format.tmp", "lost+found"):
        (tmp_path / name).touch()
    DataDir.open(tmp_path).close()


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnusable, match=r"cannot be used \(Not a directory\)"):
        DataDir.open(tmp_path / "file")


@contextmanager
def as_somebody() -> Iterator[None]:
    """Without the superuser's power to write everywhere, if the tests run as one."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("is_used", [True, False])
def test_an_unwritable_directory_is_refused_and_untouched(is_used: bool) -> None:
    with tempfile.TemporaryDirectory() as parent:  # pytest's own is closed to other users
        path = Path(parent) / "data"
        path.mkdir()
        if is_used:
            DataDir.open(path).close()
            for each in path.iterdir():
                each.chmod(0o755)
        for each in (path, Path(parent)):
            each.chmod(0o555)
        with as_somebody():
            assert_refused_untouched(path, r"cannot be used \(Permission denied\).*--data-dir")
        for each in (Path(parent), path):
            each.chmod(0o755)


def test_a_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    DataDir.open(tmp_path / "data").close()

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full_disk:
        full_disk.setattr(os, "fsync", fail)
        with pytest.raises(StoreUnusable, match="No space left on device"):
            DataDir.open(tmp_path / "data")
    # And when there is room again, it opens: the refusal kept no lock
    DataDir.open(tmp_path / "data").close()


def test_what_a_server_says_is_read_by_others_until_it_stops(tmp_path: Path) -> None:
    beside = DataDir(tmp_path / "data")
    assert beside.read_node_file() is None
    with DataDir.open(tmp_path / "data") as data:
        assert beside.read_node_file() is None
        data.write_node_file(INFO)
        assert beside.read_node_file() == INFO
    assert beside.read_node_file() is None


def test_what_a_killed_server_said_ends_with_the_next_start(tmp_path: Path) -> None:
    with DataDir.open(tmp_path / "data") as data:
        data.write_node_file(INFO)
        said = data.node_file.read_bytes()
    DataDir(tmp_path / "data").node_file.write_bytes(said)
    with DataDir.open(tmp_path / "data") as data:
        assert data.read_node_file() is None


def test_a_damaged_node_file_is_said_to_be_one(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    data.node_file.write_bytes(b"{")
    with pytest.raises(StoreUnusable, match=r"node\.json cannot be read"):
        data.read_node_file()


def test_who_inherits_the_lock_holds_it_too(tmp_path: Path) -> None:
    # Given
    opened = DataDir.open(tmp_path)
    inherited = os.dup(opened.lock)
    # When
    opened.close()
    # Then
    with pytest.raises(StoreUnusable, match="in use by another server"):
        DataDir.open(tmp_path)
    os.close(inherited)
    DataDir.open(tmp_path).close()


def test_a_directory_that_holds_nothing_but_keys_is_a_new_one(tmp_path: Path) -> None:
    for name in ("root-key", "master-key"):
        (tmp_path / name).write_text("a key")
    with DataDir.open(tmp_path) as opened:
        assert opened.root_key.read_text() == opened.master_key.read_text() == "a key"
