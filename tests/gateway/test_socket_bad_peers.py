"""Peers that stop half-way, drip, or read nothing: they are dropped, and nothing is left."""

import contextlib
import json
import logging
import select
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import h2.events
import pytest

from gateway.socket_support import (
    Gateway,
    Http2,
    api_of,
    gateway,
    no_streams,
    read_to_end,
    signed_headers,
)
from shardline.gateway.bounds import Bounds

pytestmark = pytest.mark.slow

SHORT = 0.3
TIMES = {
    "handshake_s": SHORT,
    "head_s": SHORT,
    "body_idle_s": SHORT,
    "keep_alive_s": SHORT,
    "unread_s": SHORT,
}
BOUNDS = Bounds(body_s=2 * SHORT, read_grace_s=SHORT, read_rate=100 << 20)
LATE = 5.0  # a peer that is still there after so long was not dropped
LARGE = 20_000_000  # more than the kernel takes off the server's hands


async def large(caller: Any, call: Any) -> dict[str, Any]:
    return {"NextToken": "x" * LARGE}


API = api_of({"ListStreams": no_streams, "ListShards": large}, "ListShards")


@pytest.fixture(scope="module", params=["h2corn", "granian"])
def server(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    with gateway(request.param, API, bounds=BOUNDS, **TIMES) as running:
        yield running


@pytest.fixture(scope="module")
def h2corn() -> Iterator[Gateway]:
    with gateway("h2corn", API, bounds=BOUNDS, **TIMES) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test every byte has been given back, no request runs, and the server answers."""
    yield
    name = next((n for n in ("h2corn", "server") if n in request.fixturenames), None)
    if name is None:
        return
    running: Gateway = request.getfixturevalue(name)
    wait_for(lambda: running.is_at_rest() and running.tasks() == 0)
    assert running.call().status_code == 200


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LATE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def head(running: Gateway, body: bytes, length: int, operation: str = "ListStreams") -> bytes:
    """The head of a signed HTTP/1.1 request."""
    fields = signed_headers(running.url, body, operation=operation)
    fields |= {"Host": f"{running.host}:{running.port}", "Content-Length": str(length)}
    lines = [f"{name}: {value}\r\n" for name, value in fields.items()]
    return "".join(["POST / HTTP/1.1\r\n", *lines, "\r\n"]).encode()


@pytest.mark.parametrize(
    "sent",
    [
        b"POST / HT",
        b"POST / HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Le",
    ],
)
def test_half_a_head(server: Gateway, sent: bytes) -> None:
    with server.connect() as peer:
        peer.sendall(sent)
        answer = read_to_end(peer, LATE)
    assert answer is not None
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize("sent", [b"", b"PRI * HTTP/2.0\r\n"])
def test_a_peer_that_does_not_say_what_it_speaks(h2corn: Gateway, sent: bytes) -> None:
    with h2corn.connect() as peer:
        peer.sendall(sent)
        assert read_to_end(peer, LATE) == b""


@pytest.mark.parametrize(
    "sent", [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"\r\n" * 1000, b"\x16\x03\x01" + b"a" * 500]
)
def test_what_is_not_http(server: Gateway, sent: bytes) -> None:
    with server.connect() as peer:
        peer.sendall(sent)
        answer = read_to_end(peer, LATE)
    assert answer is not None
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: +2\r\n",
        b"Content-Length: 2\r\nContent-Length: 3\r\n",
        b"Content-Length: " + b"9" * 40 + b"\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"A" * 70_000 + b": b\r\n",
        b"A: " + b"b" * 70_000 + b"\r\n",
        b"".join(b"A%d: b\r\n" % number for number in range(2_000)),
        b"A\x00: b\r\n",
        b": b\r\n",
    ],
)
def test_heads_that_are_refused(server: Gateway, fields: bytes) -> None:
    with server.connect() as peer:
        peer.sendall(b"POST / HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n")
        answer = read_to_end(peer, LATE)
    assert answer is not None
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")


def test_an_idle_connection_is_closed(server: Gateway) -> None:
    body = b"{}"
    with server.connect() as peer:
        peer.sendall(head(server, body, len(body)) + body)
        answer = read_to_end(peer, LATE)
    assert answer is not None
    assert answer.startswith(b"HTTP/1.1 200")


def test_an_idle_http2_connection_is_closed(h2corn: Gateway) -> None:
    with h2corn.connect() as peer:
        client = Http2(peer)
        client.request(signed_headers(h2corn.url))
        seen = client.events(LATE)
    assert seen[-1] is None
    assert any(isinstance(event, h2.events.StreamEnded) for event in seen)


def test_an_idle_http2_connection_stays_with_granian_while_it_answers_pings() -> None:
    with gateway("granian", API, **TIMES) as running, running.connect() as peer:
        client = Http2(peer)
        client.request(signed_headers(running.url))
        ended = h2.events.StreamEnded
        assert any(isinstance(event, ended) for event in client.events(LATE, ended))
        assert client.events(3 * SHORT)[-1:] != [None]


def test_half_a_body(server: Gateway) -> None:
    with server.connect() as peer:
        peer.sendall(head(server, b"{}", 1000) + b"{")
        answer = read_to_end(peer, LATE)
    assert answer is not None
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408")


def test_half_a_chunk(server: Gateway) -> None:
    with server.connect() as peer:
        chunked = head(server, b"{}", 0).replace(
            b"Content-Length: 0", b"Transfer-Encoding: chunked"
        )
        peer.sendall(chunked + b"5\r\nab")
        answer = read_to_end(peer, LATE)
    assert answer is not None
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408")


def test_a_body_that_ends_early_with_its_connection(server: Gateway) -> None:
    with server.connect() as peer:
        peer.sendall(head(server, b"{}", 1000) + b"{")
        peer.shutdown(socket.SHUT_WR)
        assert read_to_end(peer, LATE) is not None


def test_half_a_body_over_http2(server: Gateway) -> None:
    with server.connect() as peer:
        client = Http2(peer)
        client.request(signed_headers(server.url), b"{", ends=False)
        seen = client.events(LATE, until=h2.events.StreamReset)
        refused = [e for e in seen if isinstance(e, h2.events.ResponseReceived)]
        reset = [e for e in seen if isinstance(e, h2.events.StreamReset)]
    assert reset
    assert all((":status", "408") in event.headers for event in refused)


def test_a_body_that_drips(server: Gateway) -> None:
    """Each part comes in time, but the whole does not."""
    with server.connect() as peer:
        peer.sendall(head(server, b"{}", 1000))
        peer.settimeout(SHORT / 3)
        for _ in range(100):
            peer.sendall(b" ")
            try:
                answer = peer.recv(1000)
                break
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408")


def test_a_body_that_drips_over_http2(server: Gateway) -> None:
    with server.connect() as peer:
        client = Http2(peer)
        stream = client.request(signed_headers(server.url), b"{", ends=False)
        seen: list[Any] = []
        while not any(isinstance(event, h2.events.ResponseReceived) for event in seen):
            assert len(seen) < 1000
            client.h2.send_data(stream, b" ")
            client.flush()
            seen += client.events(SHORT / 3, until=h2.events.ResponseReceived)
    (response,) = [event for event in seen if isinstance(event, h2.events.ResponseReceived)]
    assert (":status", "408") in response.headers


def test_a_body_longer_than_declared_over_http2(server: Gateway) -> None:
    with server.connect() as peer:
        client = Http2(peer)
        fields = signed_headers(server.url) | {"content-length": "2"}
        client.request(fields, b"{}" * 1000)
        seen = client.events(LATE, until=h2.events.StreamReset)
    assert any(isinstance(event, h2.events.StreamReset) for event in seen)
    assert not any(isinstance(event, h2.events.DataReceived) for event in seen)


def test_a_large_answer_that_nobody_reads(
    server: Gateway, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with server.connect() as peer, caplog.at_level(logging.WARNING):
        peer.sendall(head(server, b"{}", 2, "ListShards") + b"{}")
        wait_for(lambda: not server.is_at_rest())
        wait_for(lambda: server.is_at_rest())
        answer = read_to_end(peer, LATE)
    assert answer is not None
    assert len(answer) < LARGE
    dropped = [r for r in caplog.records if "left an answer of 20000" in r.getMessage()]
    assert len(dropped) == 1
    assert "Traceback" not in capfd.readouterr().err


def test_a_large_answer_whose_http2_window_stays_shut(
    server: Gateway, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with server.connect() as peer:
        client = Http2(peer, window=0)
        client.request(signed_headers(server.url, operation="ListShards"))
        wait_for(lambda: not server.is_at_rest())
        wait_for(lambda: server.is_at_rest())
        seen = client.events(SHORT)
    assert not any(isinstance(event, h2.events.DataReceived) for event in seen)
    assert "Traceback" not in capfd.readouterr().err


def test_a_small_answer_whose_http2_window_stays_shut(h2corn: Gateway) -> None:
    with h2corn.connect() as peer:
        client = Http2(peer, window=0)
        stream = client.request(signed_headers(h2corn.url))
        seen = client.events(LATE, until=h2.events.StreamReset)
    assert [e.stream_id for e in seen if isinstance(e, h2.events.StreamReset)] == [stream]


def test_small_answers_that_nobody_reads(h2corn: Gateway) -> None:
    """More of them than the kernel takes: the server cannot write, and the kernel ends it."""
    request = head(h2corn, b"x", 1) + b"x"  # undecodable, so refused
    with h2corn.connect() as peer:
        peer.settimeout(SHORT)
        with contextlib.suppress(TimeoutError, ConnectionError):
            while True:  # until the server reads no further, since it cannot write
                peer.sendall(request * 100)
        ended = select.poll()
        ended.register(peer, select.POLLHUP)
        assert ended.poll(1000 * LATE)


def test_a_client_that_leaves_amid_its_answer(server: Gateway) -> None:
    with server.connect() as peer:
        peer.sendall(head(server, b"{}", 2, "ListShards") + b"{}")
        wait_for(lambda: not server.is_at_rest())
    with server.connect() as peer:
        client = Http2(peer, window=0)
        client.request(signed_headers(server.url, operation="ListShards"))
        wait_for(lambda: not server.is_at_rest())


def test_a_slow_reader_that_keeps_up_gets_everything(server: Gateway) -> None:
    with server.connect() as peer:
        peer.sendall(head(server, b"{}", 2, "ListShards") + b"{}")
        received = bytearray()
        while b"\r\n\r\n" not in received or not received.endswith(b'"}'):
            piece = peer.recv(1 << 20)
            assert piece
            received += piece
    assert len(json.loads(received.partition(b"\r\n\r\n")[2])["NextToken"]) == LARGE


def test_a_websocket_is_refused(server: Gateway, capfd: pytest.CaptureFixture[str]) -> None:
    with server.connect() as peer:
        peer.sendall(
            b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert peer.recv(1000).startswith(b"HTTP/1.1 403")
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("kind", ["h2corn", "granian"])
def test_connections_beyond_the_bound_wait_until_one_ends(kind: str) -> None:
    with gateway(kind, API, connections=3) as running:
        request = head(running, b"{}", 2) + b"{}"
        peers = [running.connect() for _ in range(4)]
        for peer in peers:
            peer.sendall(request)
        for peer in peers[:3]:
            assert peer.recv(1000).startswith(b"HTTP/1.1 200")
        peers[3].settimeout(SHORT)
        with pytest.raises(TimeoutError):
            peers[3].recv(1000)
        peers[0].close()
        peers[3].settimeout(LATE)
        assert peers[3].recv(1000).startswith(b"HTTP/1.1 200")
        for peer in peers:
            peer.close()
