"""Encryption on a data directory: its files, restarts, and the file of the master key."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from kinesis_wire import ACCOUNT, Wire
from shardline.settings import NodeSettings
from shardline.storage.record_log import StoreUnusable
from shardline.testing import ManualClock, running_server

DATA, KEY = b"the plain text of a record", "the-partition-key"
CLOCK = ManualClock()


@contextmanager
def serving(path: Path, key_file: Path | None = None) -> Iterator[Wire]:
    settings = NodeSettings(data_dir=path, port=0, key_file=key_file)
    with running_server(settings, clock=CLOCK) as server, Wire(server) as wire:
        yield wire


def start(aws: Wire, key: str = "alias/aws/kinesis") -> None:
    aws.void("StartStreamEncryption", StreamName="s", EncryptionType="KMS", KeyId=key)


def read(aws: Wire) -> list[tuple[bytes, str, str | None]]:
    records = aws.get(aws.iterator("s"))["Records"]
    return [
        (base64.b64decode(r["Data"]), r["PartitionKey"], r.get("EncryptionType")) for r in records
    ]


def everything(path: Path) -> bytes:
    return b"\n".join(file.read_bytes() for file in path.rglob("*") if file.is_file())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The directory of a node that was stopped, with a record in an encrypted stream."""
    path = tmp_path / "data"
    with serving(path) as aws:
        aws.void("CreateStream", StreamName="s", ShardCount=1)
        start(aws)
        aws.put("s", DATA, KEY)
    return path


def test_neither_records_nor_keys_are_in_the_files(tmp_path: Path) -> None:
    path = tmp_path / "data"
    with serving(path) as aws:
        # Given a stream with a record from before, to see that the search finds what is there
        aws.void("CreateStream", StreamName="s", ShardCount=1)
        aws.put("s", b"plain from before", "plain-key")
        start(aws)
        aws.put("s", DATA, KEY)
        # When all files are searched, while the server runs and after it has stopped
        running = everything(path)
        catalog = aws.server.node.catalog
        (stream,) = aws.server.run(catalog.streams())
        (kms_key,) = aws.server.run(catalog.kms_keys())
        ring = next(live.ring for live in aws.server.node.book.all())
        assert ring is not None
        data_key = ring.ciphers[1]._secret  # type: ignore[attr-defined]
        arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{kms_key.id}"
        kms_secret = aws.server.node.kms._master.unwrap(kms_key.wrapped, arn)
    for content in (running, everything(path)):
        assert b"plain from before" in content
        assert stream.keys[0].wrapped in content
        # Then neither the record nor a key that reads it is there
        for secret in (DATA, KEY.encode(), base64.b64encode(DATA), data_key, kms_secret):
            assert secret not in content


def test_a_restart_reads_everything_again(data: Path) -> None:
    with serving(data) as aws:
        assert aws.describe("s")["EncryptionType"] == "KMS"
        assert read(aws) == [(DATA, KEY, "KMS")]
        aws.put("s", b"second", "k")
        aws.void("StopStreamEncryption", StreamName="s", EncryptionType="KMS", KeyId="any")
        aws.put("s", b"plain", "k")
    with serving(data) as aws:
        expected = [(DATA, KEY, "KMS"), (b"second", "k", "KMS"), (b"plain", "k", None)]
        assert read(aws) == expected
        # The first key goes on after a rotation and another restart
        key = aws.server.run(aws.server.node.kms.create(ACCOUNT, "us-east-1"))
        start(aws, key.id)
        aws.put("s", b"rotated", "k")
    with serving(data) as aws:
        assert read(aws) == [*expected, (b"rotated", "k", "KMS")]


def refused(path: Path, key_file: Path | None = None) -> str:
    """What a node says that does not start; nothing of the directory changed."""
    before = {file: file.read_bytes() for file in (path / "streams").iterdir()}
    catalog = (path / "catalog.db").read_bytes()
    with pytest.raises(StoreUnusable) as refusal, serving(path, key_file):
        pass
    assert {file: file.read_bytes() for file in (path / "streams").iterdir()} == before
    assert (path / "catalog.db").read_bytes() == catalog
    return str(refusal.value)


def test_a_node_whose_master_key_is_missing_does_not_start(data: Path) -> None:
    kept = (data / "master-key").read_bytes()
    (data / "master-key").unlink()
    assert "is missing, and what the catalog holds is encrypted by it" in refused(data)
    assert not (data / "master-key").exists()
    # And starts when it is put back
    (data / "master-key").write_bytes(kept)
    (data / "master-key").chmod(0o600)
    with serving(data) as aws:
        assert read(aws) == [(DATA, KEY, "KMS")]


def test_a_node_with_another_master_key_does_not_start(data: Path, tmp_path: Path) -> None:
    with serving(tmp_path / "other"):
        pass
    other = tmp_path / "other" / "master-key"
    assert "holds another key" in refused(data, other)
    assert other.exists()
    (data / "master-key").write_text(json.dumps({"version": 1, "master_key": "AA=="}))
    assert "is garbled" in refused(data)


def test_a_master_key_that_wraps_nothing_can_be_another_one(tmp_path: Path) -> None:
    path = tmp_path / "data"
    with serving(path) as aws:
        aws.void("CreateStream", StreamName="s", ShardCount=1)
    (path / "master-key").unlink()
    with serving(path) as aws:
        start(aws)


def test_the_key_file_can_lie_elsewhere(tmp_path: Path) -> None:
    path, key_file = tmp_path / "data", tmp_path / "key"
    with serving(path, key_file) as aws:
        aws.void("CreateStream", StreamName="s", ShardCount=1)
        start(aws)
        aws.put("s", DATA, KEY)
    assert not (path / "master-key").exists()
    with serving(path, key_file) as aws:
        assert read(aws) == [(DATA, KEY, "KMS")]
    assert "is missing" in refused(path)


def test_records_that_were_exchanged_in_the_file_are_refused(data: Path) -> None:
    # Given two encrypted records whose places in the stream's file are exchanged
    with serving(data) as aws:
        aws.put("s", b"second", "k")
    (file,) = (data / "streams").glob("*.sqlite")
    connection = apsw.Connection(str(file))
    connection.execute("UPDATE frames SET first = 1 - first")
    connection.close()
    with serving(data) as aws:
        # When they are read, Then the server says that it failed, and gives neither
        error = aws.error("GetRecords", 500, ShardIterator=aws.iterator("s"))
        assert error == ("InternalFailure", "Internal Service Failure")
        # And what comes next is written, and read, as ever
        last = aws.put("s", b"third", "k")["SequenceNumber"]
        at_last = aws.iterator("s", kind="AT_SEQUENCE_NUMBER", StartingSequenceNumber=last)
        assert aws.datas(at_last) == [b"third"]
