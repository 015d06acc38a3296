"""`shardline.testing`: a server in this process, its clients, its clock."""

import gc
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from shardline.settings import NodeSettings, StreamAtStart
from shardline.testing import ManualClock, TestServer, running_server

IN_MEMORY = NodeSettings(data_dir=None, port=0)


def test_the_example_of_the_docstring() -> None:
    with running_server() as server:
        kinesis = server.client("kinesis")
        kinesis.create_stream(StreamName="events", ShardCount=2)
        kinesis.put_record(StreamName="events", Data=b"x", PartitionKey="k", ExplicitHashKey="0")
        assert [record["Data"] for record in read(kinesis, "events")] == [b"x"]
        server.clock.advance(hours=25)
        assert read(kinesis, "events") == []


def read(kinesis: Any, name: str) -> Any:
    iterator = kinesis.get_shard_iterator(
        StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    return kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]


def test_two_servers_know_nothing_of_each_other() -> None:
    with running_server() as one, running_server() as other:
        one.client().create_stream(StreamName="mine", ShardCount=1)
        assert other.client().list_streams()["StreamNames"] == []
        assert one.endpoint != other.endpoint


def test_a_clock_of_the_tests_own_stands_still() -> None:
    clock = ManualClock(1_700_000_000_000)
    with running_server(clock=clock) as server:
        assert server.clock is clock
        kinesis = server.client()
        kinesis.create_stream(StreamName="s", ShardCount=1)
        put = {"StreamName": "s", "Data": b"x", "PartitionKey": "k"}
        kinesis.put_record(**put)
        clock.advance(seconds=2, milliseconds=5)
        kinesis.put_record(**put)
        times = [r["ApproximateArrivalTimestamp"].timestamp() for r in read(kinesis, "s")]
    assert times == [1_700_000_000.0, 1_700_000_002.005]


def test_a_clock_only_goes_forward() -> None:
    clock = ManualClock(0)
    clock.advance(days=1, hours=1, minutes=1, seconds=1, milliseconds=1)
    assert clock.now_ms() == 90_061_001
    with pytest.raises(ValueError, match="forward"):
        clock.advance(seconds=-1)


def test_settings_of_the_tests_own(tmp_path: Path) -> None:
    settings = replace(
        IN_MEMORY,
        data_dir=tmp_path / "data",
        region="eu-west-1",
        account="123456789012",
        streams=(StreamAtStart("first", 3),),
        root_key=("AKIDEXAMPLE", "secret" * 6),
    )
    with running_server(settings) as server:
        stream = server.client().describe_stream_summary(StreamName="first")
        server.client().put_record(StreamName="first", Data=b"x", PartitionKey="k")
    summary = stream["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 3
    assert summary["StreamARN"] == "arn:aws:kinesis:eu-west-1:123456789012:stream/first"
    # What was kept on disk is there the next time
    with running_server(settings) as server:
        assert server.client().list_streams()["StreamNames"] == ["first"]


def test_upkeep_is_done_when_it_is_asked_for() -> None:
    with running_server() as server:
        kinesis = server.client()
        kinesis.create_stream(StreamName="s", ShardCount=1)
        kinesis.put_record(StreamName="s", Data=b"x", PartitionKey="k")
        (live,) = server.node.book.all()
        server.clock.advance(hours=25)
        assert held(server, live.stream.id) == 1
        server.upkeep()
        assert held(server, live.stream.id) == 0


def held(server: TestServer, stream: str) -> int:
    page = server.run(
        server.node.records.read(stream, 0, 0, max_records=10, max_bytes=1000, since_ms=0)
    )
    return len(page.runs)


def test_signatures_are_checked_as_ever() -> None:
    with running_server() as server:
        client = server.client(aws_secret_access_key="wrong")
        with pytest.raises(client.exceptions.ClientError, match="InvalidSignatureException"):
            client.list_streams()


# --- what is left behind ---------------------------------------------------------------------


def test_a_server_leaves_no_thread_and_no_open_file() -> None:
    def left() -> tuple[list[threading.Thread], int]:
        gc.collect()
        return threading.enumerate(), len(os.listdir("/proc/self/fd"))

    with running_server() as server:  # the first one loads what stays loaded
        server.client().list_streams()
    threads, files = left()
    for _ in range(5):
        with running_server() as server:
            server.client().list_streams()
    threads_after, files_after = left()
    assert threads_after == threads
    assert files_after <= files  # fewer, where tests before this one left what is collected now


def test_a_server_that_was_stopped_does_not_listen() -> None:
    with running_server() as server:
        address = urlsplit(server.endpoint)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname or "", address.port or 0), timeout=5)


def test_a_test_that_fails_stops_its_server() -> None:
    before = threading.enumerate()
    with pytest.raises(ZeroDivisionError), running_server():
        raise ZeroDivisionError
    assert threading.enumerate() == before


def test_a_server_that_cannot_start_says_why_and_leaves_nothing() -> None:
    before = threading.enumerate()
    with running_server() as server:
        taken = urlsplit(server.endpoint).port
        with (
            pytest.raises(OSError, match=r"(?i)address.* in use"),
            running_server(replace(IN_MEMORY, port=taken or 0)),
        ):
            raise AssertionError("two servers on one port")
    assert threading.enumerate() == before


# --- how quick it is -------------------------------------------------------------------------


def test_a_warm_start_takes_under_a_tenth_of_a_second() -> None:
    def start_and_stop() -> float:
        began = time.perf_counter()
        with running_server():
            pass
        return time.perf_counter() - began

    # The best of some: others use this machine too. Measured: 0.01 s on 2 cores.
    assert min(start_and_stop() for _ in range(6)) < 0.1


def test_a_run_of_pytest_that_needs_no_server_loads_none() -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, shardline.testing.pytest_plugin\n"
            "print(*(m for m in sys.modules if m.startswith(('shardline', 'sqlalchemy', 'boto'))))",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert set(loaded) == {"shardline", "shardline.testing", "shardline.testing.pytest_plugin"}


def test_what_is_not_in_the_package() -> None:
    import shardline.testing

    for name in shardline.testing.__all__:
        assert getattr(shardline.testing, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = shardline.testing.nothing
