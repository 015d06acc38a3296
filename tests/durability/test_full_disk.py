"""A disk that is really full: a small file system of its own, for the records and the catalog.

Mounting one needs root; without it the tests are skipped, except in CI.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from durability.kills import new_seed, start
from durability.producers import error_text
from durability.server_process import ServerProcess, StartFailed
from durability.trial import RETRYABLE, STREAM, Trial

DISK_BYTES = 32 * 1024 * 1024
PIECE = bytes(64 * 1024)
RECORD = {"StreamName": STREAM, "PartitionKey": "key", "Data": bytes(5000)}

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A directory on a file system of 32 MiB."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    options = f"size={DISK_BYTES},mode=700"
    mount = ["mount", "-t", "tmpfs", "-o", options, "shardline-test", str(mounted)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"cannot mount a small file system: {error}")
    try:
        yield mounted
    finally:
        subprocess.run(["umount", "--lazy", str(mounted)], check=True)


class Ballast:
    """A file that takes what space there is, and gives it back."""

    def __init__(self, disk: Path) -> None:
        self._path = disk / "ballast"

    def fill(self) -> None:
        """Take all space, to the last byte."""
        with self._path.open("ab", buffering=0) as file:
            for piece in (PIECE, PIECE[:4096], b"-"):
                try:
                    while file.write(piece) == len(piece):
                        pass
                except OSError:
                    continue

    def give_back(self, size: int) -> None:
        """Give some space back."""
        os.truncate(self._path, self._path.stat().st_size - size)

    def drop(self) -> None:
        """Give all space back."""
        self._path.unlink()


@pytest.fixture
def server(small_disk: Path, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server whose data are on the small disk; its log and control files are not."""
    with ServerProcess(tmp_path) as process:
        process.data_dir = small_disk / "data"
        yield process


@pytest.fixture
def ballast(small_disk: Path) -> Ballast:
    return Ballast(small_disk)


def test_producers_outlive_a_full_disk(server: ServerProcess, ballast: Ballast) -> None:
    # Given producers at work
    trial = Trial(server, new_seed())
    start(trial)
    with trial.writing():
        trial.write_until(10)
        # When the disk is full, then they get InternalFailure, and readers what is there
        ballast.fill()
        trial.write_until_refused(10)
        trial.check_reads()
        # And when there is space again, they go on
        ballast.drop()
        trial.write_until(10)
    assert set(trial.ledger.errors) <= {RETRYABLE, "record InternalFailure"}
    trial.check()
    # And when it is killed full, then it says why it does not start
    ballast.fill()
    server.kill()
    with pytest.raises(StartFailed, match="with free space"):
        start(trial)
    # And with space it starts, and nothing acknowledged is lost
    ballast.drop()
    start(trial)
    trial.check()
    trial.check_whole()
    assert "Traceback" not in server.log.read_text(), server.last_words()


def test_streams_are_made_whole_or_not_at_all(server: ServerProcess, ballast: Ballast) -> None:
    server.start("--stream", f"{STREAM}:1")
    client = server.client()
    # Given a full disk, when streams are made until one is refused
    ballast.fill()
    accepted: list[str] = []
    with pytest.raises(ClientError) as refused:
        _make_streams(client, accepted)
    # Then that one got an error that SDKs retry, and is not there
    assert error_text(refused.value) == RETRYABLE
    names = client.list_streams()["StreamNames"]
    assert set(names) <= {STREAM, *accepted}
    # And with space the retry makes it, and what was accepted is finished
    ballast.drop()
    client.create_stream(StreamName=f"new{len(accepted)}", ShardCount=2)
    for name in (*accepted, f"new{len(accepted)}"):
        client.put_record(**RECORD | {"StreamName": name})
    # Also after a kill
    server.kill()
    server.start("--stream", f"{STREAM}:1")
    statuses = {
        summary["StreamName"]: summary["StreamStatus"]
        for summary in server.client().list_streams()["StreamSummaries"]
    }
    assert statuses == dict.fromkeys((STREAM, *accepted, f"new{len(accepted)}"), "ACTIVE")


def test_deleting_a_stream_frees_the_disk(server: ServerProcess, ballast: Ballast) -> None:
    # Given a disk that is full to the last byte, and a stream that has a part of it
    server.start("--stream", f"{STREAM}:1", "--stream", "hoard:1")
    client = server.client()
    for _ in range(50):
        client.put_record(**RECORD | {"StreamName": "hoard"})
    ballast.fill()
    with pytest.raises(ClientError):
        _put_records(client, 1000)
    # Then deleting the stream needs a little space, and says so with an error that SDKs retry
    with pytest.raises(ClientError) as refused:
        client.delete_stream(StreamName="hoard")
    assert error_text(refused.value) == RETRYABLE
    # And with that little, it gives back what the stream had
    ballast.give_back(64 * 1024)
    client.delete_stream(StreamName="hoard")
    _put_records(client, 20)


def _make_streams(client: Any, accepted: list[str]) -> None:
    for number in range(1000):
        client.create_stream(StreamName=f"new{number}", ShardCount=2)
        accepted.append(f"new{number}")


def _put_records(client: Any, count: int) -> None:
    for _ in range(count):
        client.put_record(**RECORD)
