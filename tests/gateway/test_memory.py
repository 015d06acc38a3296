"""What a server holds at most, measured: many large bodies, many answers that nobody reads."""

import base64
import contextlib
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from gateway.socket_support import Http2, signed_headers
from serve_process import Server, serving
from shardline.gateway.server import WINDOW_BYTES

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
SCRIPT = str(Path(__file__).parent / "server_bounded.py")
KINDS = ["h2corn", "granian"]
# Threads' stacks and arenas, and what allocators keep: not counted by any bound.
SLACK = 60 * MIB
ITERATOR = b'{"ShardIterator":"a"}'
SUBSCRIBE = (
    b'{"ConsumerARN":"arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1",'
    b'"ShardId":"0","StartingPosition":{"Type":"LATEST"}}'
)


@contextlib.contextmanager
def bounded(kind: str, **bounds: float) -> Iterator[Server]:
    with serving(kind, json.dumps(bounds), script=(SCRIPT,)) as server:
        yield server


def put_records_body(size: int) -> bytes:
    """A PutRecords of about `size` bytes."""
    data = base64.b64encode(bytes(900_000)).decode()
    record = {"Data": data, "PartitionKey": "key"}
    return json.dumps({"StreamName": "a", "Records": [record] * (size // len(data))}).encode()


def post(server: Server, body: bytes, *, is_2: bool) -> int:
    fields = signed_headers(server.endpoint + "/", body, operation="PutRecords")
    with httpx.Client(http1=not is_2, http2=is_2, timeout=60) as client:
        return client.post(server.endpoint, content=body, headers=fields).status_code


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
def test_many_large_bodies_at_once(kind: str, is_2: bool) -> None:
    """25 bodies of 8 MB, 200 MB in all, through a budget that has room for two."""
    request_bytes, clients = 20 * MIB, 25
    body = put_records_body(8_000_000)
    with bounded(kind, request_bytes=request_bytes, answer_bytes=MIB) as server:
        rest = server.peak_bytes()
        with ThreadPoolExecutor(clients) as pool:
            statuses = list(pool.map(lambda _: post(server, body, is_2=is_2), range(clients)))
        peak = server.peak_bytes() - rest
    assert set(statuses) == {200}
    assert peak < 3 * request_bytes + clients * WINDOW_BYTES + SLACK


@pytest.mark.parametrize("kind", KINDS)
def test_bodies_that_stop_half_way(kind: str) -> None:
    """Who got room sends 8 of 12 MB and no more; the others find no room, and are told so."""
    request_bytes, clients = 32 * MIB, 30
    body = put_records_body(12_000_000)
    bounds = {"request_bytes": request_bytes, "answer_bytes": MIB, "body_s": 1.5, "wait_s": 4}
    with bounded(kind, **bounds) as server:
        rest = server.peak_bytes()
        fields = signed_headers(server.endpoint + "/", body, operation="PutRecords")
        fields |= {"Host": "a", "Content-Length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        head = f"POST / HTTP/1.1\r\n{lines}\r\n".encode()

        def half(_: int) -> bytes:
            with socket.create_connection(server.address, 20) as peer:
                with contextlib.suppress(TimeoutError, ConnectionError):
                    peer.settimeout(3)
                    peer.sendall(head + body[:8_000_000])
                peer.settimeout(20)
                with contextlib.suppress(ConnectionError):
                    return peer.recv(100)[:12]
                return b""

        with ThreadPoolExecutor(clients) as pool:
            answers = set(pool.map(half, range(clients)))
        peak = server.peak_bytes() - rest
        assert post(server, body, is_2=False) == 200
    assert b"HTTP/1.1 408" in answers
    assert answers <= {b"HTTP/1.1 408", b"HTTP/1.1 503", b""}
    assert peak < 3 * request_bytes + clients * WINDOW_BYTES + SLACK


@contextlib.contextmanager
def unread(
    server: Server, operation: str, body: bytes, clients: int, *, is_2: bool
) -> Iterator[None]:
    """So many calls of an operation, whose answers nobody reads."""
    fields = signed_headers(server.endpoint + "/", body, operation=operation)
    own = {"Host": "{}:{}".format(*server.address), "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in (fields | own).items())
    with contextlib.ExitStack() as peers:
        for _ in range(clients):
            peer = peers.enter_context(socket.create_connection(server.address))
            if is_2:
                Http2(peer, window=0).request(fields, body)
            else:
                peer.sendall(f"POST / HTTP/1.1\r\n{lines}\r\n".encode() + body)
        yield


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
def test_many_answers_that_nobody_reads(kind: str, is_2: bool) -> None:
    """60 answers of 10 MB, 600 MB in all. The HTTP server keeps up to 2 MiB of each."""
    answer_bytes, clients = 64 * MIB, 60
    with bounded(kind, request_bytes=MIB, answer_bytes=answer_bytes, wait_s=2) as server:
        rest = server.peak_bytes()
        with unread(server, "GetRecords", ITERATOR, clients, is_2=is_2):
            time.sleep(3)
            peak = server.peak_bytes() - rest
    assert peak < 2 * answer_bytes + clients * 2 * MIB + SLACK


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
def test_many_subscriptions_that_nobody_reads(kind: str, is_2: bool) -> None:
    """60 streams of events without an end. Of each, one event is in hand, if there is room."""
    answer_bytes, clients = 64 * MIB, 60
    with bounded(kind, request_bytes=MIB, answer_bytes=answer_bytes, wait_s=2) as server:
        rest = server.peak_bytes()
        with unread(server, "SubscribeToShard", SUBSCRIBE, clients, is_2=is_2):
            time.sleep(3)
            peak = server.peak_bytes() - rest
    assert peak < 2 * answer_bytes + clients * 2 * MIB + SLACK


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_budgets_do_not_see_is_bounded_by_the_whole(kind: str) -> None:
    """5,000 answers of 200 kB, a gigabyte, each taken by the HTTP server and read by nobody."""
    memory_bytes, connections, streams = 300 * MIB, 50, 100
    with bounded(kind, memory_bytes=memory_bytes) as server:
        fields = signed_headers(server.endpoint + "/", b"{}", operation="ListShards")
        with contextlib.ExitStack() as peers:
            for _ in range(connections):
                peer = peers.enter_context(socket.create_connection(server.address))
                client = Http2(peer, window=0)
                for _ in range(streams):
                    client.request(fields)
            deadline = time.monotonic() + 20
            health = server.endpoint + "/_shardline/health"
            while time.monotonic() < deadline:
                answer = httpx.post(server.endpoint, content=b"{}", headers=fields)
                if answer.status_code == 503:
                    break
            assert answer.status_code == 503
            assert httpx.get(health).status_code == 200
            peak = server.peak_bytes()
        wait_until = time.monotonic() + 20
        while httpx.post(server.endpoint, content=b"{}", headers=fields).status_code != 200:
            assert time.monotonic() < wait_until, "it does not recover"
            time.sleep(0.1)
        server.process.terminate()
        assert server.wait() == 0
    assert peak < memory_bytes + SLACK
    assert sum("memory is over its bound" in line for line in server.errors) >= 1
