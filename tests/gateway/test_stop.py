"""How a server ends: asked once, asked twice, killed, or asked before it has begun."""

import contextlib
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hpack
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from hyperframe.frame import Frame, HeadersFrame

from gateway.socket_support import Http2, signed_headers
from serve_process import Server, serving

pytestmark = pytest.mark.slow

PUT = b'{"StreamName":"events","Data":"ZGF0YQ==","PartitionKey":"key"}'
KINDS = ["h2corn", "granian"]


@contextlib.contextmanager
def started(data_dir: Path, *arguments: object) -> Iterator[Server]:
    options = ("--data-dir", data_dir, "--port", 0, "--stream", "events:1")
    with serving(*options, *arguments) as server:
        yield server


def request(server: Server, operation: str, body: bytes) -> bytes:
    """A signed HTTP/1.1 request."""
    fields = signed_headers(server.endpoint + "/", body, operation=operation)
    fields |= {"Host": "{}:{}".format(*server.address), "Content-Length": str(len(body))}
    lines = [f"{name}: {value}\r\n" for name, value in fields.items()]
    return "".join(["POST / HTTP/1.1\r\n", *lines, "\r\n"]).encode() + body


def assert_well_ended(server: Server, data_dir: Path) -> None:
    assert server.wait() == 0, server.errors
    assert not (data_dir / "node.json").exists()
    assert not any("Traceback" in line for line in server.errors), server.errors
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.address)


def records_of(server: Server) -> int:
    """How many records the stream has."""
    kinesis = server.client()
    iterator = kinesis.get_shard_iterator(
        StreamName="events", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    count = len(kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"])
    kinesis.close()
    return count


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_accepted_requests_are_answered(tmp_path: Path, kind: str, number: signal.Signals) -> None:
    """Given half a request over HTTP/1.1 and one over HTTP/2, the signal waits for the rest."""
    with started(tmp_path, "--http-server", kind) as server:
        whole = request(server, "PutRecord", PUT)
        with (
            socket.create_connection(server.address) as first,
            socket.create_connection(server.address) as second,
            socket.create_connection(server.address),
        ):
            first.sendall(whole[:-10])
            client = Http2(second)
            fields = signed_headers(server.endpoint + "/", PUT, operation="PutRecord")
            stream = client.request(fields, PUT[:-10], ends=False)
            client.h2.send_data(stream, PUT[-10:], end_stream=True)
            rest = client.h2.data_to_send()  # made now: a GOAWAY ends the client's library
            time.sleep(0.5)  # the server tells nobody that it has accepted half a request
            server.signal(number)
            until_it_refuses(server)
            first.sendall(whole[-10:])
            first.settimeout(10)
            assert first.recv(10_000).startswith(b"HTTP/1.1 200")
            second.sendall(rest)
            assert status_of(second, stream) == "200"
        assert_well_ended(server, tmp_path)
    with started(tmp_path) as server:
        assert records_of(server) == 2


def status_of(peer: socket.socket, stream: int) -> str:
    """The status of the only answer on an HTTP/2 connection, without h2, which GOAWAY ends."""
    peer.settimeout(10)
    received = b""
    while piece := peer.recv(10_000):
        received += piece
        unread = memoryview(received)
        while len(unread) >= 9:
            frame, length = Frame.parse_frame_header(unread[:9])
            if isinstance(frame, HeadersFrame) and len(unread) >= 9 + length:
                assert frame.stream_id == stream
                frame.parse_body(unread[9 : 9 + length])
                return str(dict(hpack.Decoder().decode(frame.data))[":status"])
            unread = unread[9 + length :]
    raise AssertionError("the connection ended without an answer")


def until_it_refuses(server: Server) -> None:
    """Wait until it accepts no new connection."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(server.address, 1):
                time.sleep(0.01)
        except (ConnectionError, TimeoutError):
            return
    raise AssertionError("it still accepts connections")


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_acknowledged_before_the_stop_is_there_after_it(tmp_path: Path, kind: str) -> None:
    def put_until_refused(kinesis: Any) -> int:
        count = 0
        with contextlib.suppress(BotoCoreError, ClientError), contextlib.closing(kinesis):
            while True:
                kinesis.put_record(StreamName="events", Data=b"data", PartitionKey="key")
                count += 1
        return count

    with started(tmp_path, "--http-server", kind) as server, ThreadPoolExecutor(4) as pool:
        config = Config(retries={"total_max_attempts": 1})
        clients = [server.client(config=config) for _ in range(4)]
        counts = [pool.submit(put_until_refused, client) for client in clients]
        time.sleep(0.5)
        server.signal(signal.SIGTERM)
        assert_well_ended(server, tmp_path)
        acknowledged = sum(count.result() for count in counts)
    with started(tmp_path) as server:
        # One of each producer may have been stored whose answer was lost.
        assert acknowledged <= records_of(server) <= acknowledged + 4
        assert acknowledged > 20


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_idle_and_silent_connections_delay_it_by_little(tmp_path: Path, kind: str) -> None:
    """By the time for the first bytes with h2corn, by the drain time with Granian."""
    drain = ("--drain-s", 2 if kind == "granian" else 30)
    with (
        started(tmp_path, "--http-server", kind, *drain) as server,
        contextlib.ExitStack() as peers,
    ):
        for sent in (b"", b"POST / HT", request(server, "ListStreams", b"{}"), None):
            peer = peers.enter_context(socket.create_connection(server.address))
            if sent is None:
                Http2(peer)
            else:
                peer.sendall(sent)
        time.sleep(0.2)
        begun = time.monotonic()
        server.signal(signal.SIGTERM)
        assert_well_ended(server, tmp_path)
        assert time.monotonic() - begun < 10


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/2"])
def test_an_answer_that_nobody_reads_delays_it_by_the_drain_time(
    tmp_path: Path, kind: str, version: str
) -> None:
    with started(tmp_path, "--http-server", kind, "--drain-s", 1) as server:
        kinesis = server.client()
        for _ in range(10):
            kinesis.put_record(StreamName="events", Data=b"x" * 1_000_000, PartitionKey="key")
        iterator = kinesis.get_shard_iterator(
            StreamName="events", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        kinesis.close()
        body = b'{"ShardIterator":"%b"}' % iterator.encode()
        with contextlib.ExitStack() as peers:
            for _ in range(3):
                peer = peers.enter_context(socket.create_connection(server.address))
                if version == "HTTP/1.1":
                    peer.sendall(request(server, "GetRecords", body))
                else:
                    url = server.endpoint + "/"
                    fields = signed_headers(url, body, operation="GetRecords")
                    Http2(peer, window=0).request(fields, body)
            time.sleep(0.5)
            begun = time.monotonic()
            server.signal(signal.SIGTERM)
            assert_well_ended(server, tmp_path)
            assert time.monotonic() - begun < 5


@pytest.mark.parametrize("kind", KINDS)
def test_subscriptions_end_in_order_and_delay_it_by_nothing(tmp_path: Path, kind: str) -> None:
    with started(tmp_path, "--http-server", kind) as server:
        kinesis = server.client()
        summary = kinesis.describe_stream_summary(StreamName="events")["StreamDescriptionSummary"]
        answers = []
        for number in range(3):
            consumer = kinesis.register_stream_consumer(
                StreamARN=summary["StreamARN"], ConsumerName=f"reader-{number}"
            )["Consumer"]
            answers.append(
                kinesis.subscribe_to_shard(
                    ConsumerARN=consumer["ConsumerARN"],
                    ShardId="shardId-000000000000",
                    StartingPosition={"Type": "LATEST"},
                )
            )
        kinesis.put_record(StreamName="events", Data=b"data", PartitionKey="key")
        begun = time.monotonic()
        server.signal(signal.SIGTERM)
        for answer in answers:
            events = [event["SubscribeToShardEvent"] for event in answer["EventStream"]]
            assert sum(len(event["Records"]) for event in events) in (0, 1)
        assert_well_ended(server, tmp_path)
        assert time.monotonic() - begun < 5
        kinesis.close()


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        whole = request(server, "PutRecord", PUT)
        with socket.create_connection(server.address) as peer:
            peer.sendall(whole[:-10])
            time.sleep(0.2)
            server.signal(signal.SIGTERM)
            server.signal(signal.SIGTERM)  # at once: a wrapper that hands on what it got
            until_it_refuses(server)
            assert server.process.poll() is None
            time.sleep(1.1)
            server.signal(signal.SIGTERM)
            assert server.wait() == 128 + signal.SIGTERM
        assert "stopped at once" in server.errors[-1]
    with started(tmp_path) as server:
        assert records_of(server) == 0


def test_after_a_kill_port_and_data_are_free_at_once(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        kinesis = server.client()
        kinesis.put_record(StreamName="events", Data=b"data", PartitionKey="key")
        port = server.address[1]
        with socket.create_connection(server.address) as peer:  # one that lingers
            peer.sendall(b"POST / HT")
            server.signal(signal.SIGKILL)
            assert server.wait() == -signal.SIGKILL
            kinesis.close()
            with serving("--data-dir", tmp_path, "--port", port) as next_one:
                assert records_of(next_one) == 1
                assert next_one.address[1] == port


@pytest.mark.parametrize("delay_s", [0.0, 0.1, 0.2, 0.3, 0.4])
def test_a_signal_before_it_is_ready(tmp_path: Path, delay_s: float) -> None:
    """It ends by the signal, or by itself if it could note it; it is not there any more."""
    options = ("--data-dir", tmp_path, "--port", 0)
    with serving(*options, ready=False) as server:
        time.sleep(delay_s)
        server.signal(signal.SIGTERM)
        assert server.wait() in (0, -signal.SIGTERM)
        assert not any("Traceback" in line for line in server.errors), server.errors
    with serving(*options):
        pass
