"""Streams of events over real sockets: both servers, both versions of HTTP, any reader."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import h2.events
import httpx
import pytest

from gateway.socket_support import Gateway, Http2, api_of, gateway, read_to_end, signed_headers
from gateway.stream_support import Endless, Source, event_of, messages_in
from shardline.gateway.bounds import Bounds
from shardline.gateway.errors import ServiceError

pytestmark = pytest.mark.slow

KINDS = ["h2corn", "granian"]
CALL = (
    b'{"ConsumerARN":"arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1",'
    b'"ShardId":"0","StartingPosition":{"Type":"LATEST"}}'
)
MIB = 1024 * 1024
# h2corn keeps up to 2 MiB of an answer, Granian five pieces; the kernel's buffers take some more.
UNREAD_BYTES = 12 * MIB


@contextlib.contextmanager
def streaming(
    kind: str, make: Callable[[], Any], bounds: Bounds | None = None
) -> Iterator[tuple[Gateway, list[Any]]]:
    """A gateway whose SubscribeToShard answers what `make` makes; the list has what it made."""
    made: list[Any] = []

    async def subscribe(caller: Any, call: Any) -> Any:
        source = make()
        made.append(source)
        return source

    with gateway(kind, api_of({"SubscribeToShard": subscribe}), bounds=bounds) as running:
        yield running, made


def begin(running: Gateway) -> socket.socket:
    """An HTTP/1.1 call whose answer is not read yet."""
    fields = signed_headers(running.url, CALL, operation="SubscribeToShard")
    fields |= {"Host": f"{running.host}:{running.port}", "Content-Length": str(len(CALL))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    peer = running.connect()
    peer.sendall(f"POST / HTTP/1.1\r\n{lines}\r\n".encode() + CALL)
    return peer


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.02)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
def test_a_stream_and_its_end(kind: str, is_2: bool) -> None:
    error = ServiceError("ResourceInUseException", "taken")
    events = (event_of(ContinuationSequenceNumber="x" * size) for size in (1, 500_000))
    with (
        streaming(kind, lambda: Source(*events, error, most=MIB)) as (running, made),
        httpx.Client(http1=not is_2, http2=is_2) as client,
    ):
        headers = signed_headers(running.url, CALL, operation="SubscribeToShard")
        answer = client.post(running.url, content=CALL, headers=headers)
        assert (answer.status_code, answer.http_version) == (200, "HTTP/2" if is_2 else "HTTP/1.1")
        assert answer.headers["content-type"] == "application/vnd.amazon.eventstream"
        assert "content-length" not in answer.headers
        assert answer.headers["x-amzn-requestid"]
        assert [name for name, _ in messages_in(answer.content)] == [
            "initial-response",
            "SubscribeToShardEvent",
            "SubscribeToShardEvent",
            "ResourceInUseException",
        ]
        until(lambda: made[0].closed > 0)
        assert running.is_at_rest()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
def test_an_unread_stream_holds_little_and_is_dropped(kind: str, is_2: bool) -> None:
    size = 1_000_000
    bounds = Bounds(read_grace_s=1.0, read_rate=10 * MIB)
    with (
        streaming(kind, lambda: Endless(size), bounds) as (running, made),
        contextlib.closing(running.connect() if is_2 else begin(running)) as peer,
    ):
        if is_2:
            fields = signed_headers(running.url, CALL, operation="SubscribeToShard")
            Http2(peer, window=0).request(fields, CALL)
        until(lambda: bool(made))
        time.sleep(0.5)
        # It has stopped making events, and the one in hand is counted
        assert made[0].made * size < UNREAD_BYTES
        held = running.app.answers.size - running.app.answers.free
        assert size < held < 2 * size
        # After its patience it ends
        until(made[0].closed.is_set)
        until(running.is_at_rest)
        if not is_2:
            assert read_to_end(peer, 5.0) is not None


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
def test_a_slow_reader_gets_everything_at_its_own_speed(kind: str, is_2: bool) -> None:
    """Who reads half a megabyte, and rests, is not dropped, and makes the source wait."""
    bounds = Bounds(read_grace_s=2.0, read_rate=10 * MIB)
    with streaming(kind, lambda: Endless(500_000), bounds) as (running, made):
        headers = signed_headers(running.url, CALL, operation="SubscribeToShard")
        read = 0
        with (
            httpx.Client(http1=not is_2, http2=is_2) as client,
            client.stream("POST", running.url, content=CALL, headers=headers) as answer,
        ):
            for piece in answer.iter_raw(500_000):
                read += len(piece)
                time.sleep(0.05)
                # Looked at while it reads: whoever leaves the loop has closed the answer.
                assert made[0].made * 500_000 < read + UNREAD_BYTES
                if read > 20_000_000:
                    break
        if kind == "h2corn":  # Granian does not say that a client has gone
            until(made[0].closed.is_set)


@pytest.mark.parametrize("is_2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
def test_a_reader_that_goes_ends_the_stream(is_2: bool) -> None:
    """With h2corn; Granian does not say that a client has gone."""
    with streaming("h2corn", lambda: Endless(1000)) as (running, made):
        with contextlib.closing(running.connect() if is_2 else begin(running)) as peer:
            if is_2:
                fields = signed_headers(running.url, CALL, operation="SubscribeToShard")
                client = Http2(peer)
                client.request(fields, CALL)
                client.events(5.0, until=h2.events.DataReceived)
            until(lambda: bool(made) and made[0].made > 0)
        until(made[0].closed.is_set)
        until(running.is_at_rest)
