"""Sockets to listen on, and servers that take over from each other on one."""

import contextlib
import errno
import socket

import pytest

from gateway.socket_support import api_of, gateway, no_streams, read_to_end, signed_headers
from shardline.gateway.listening import adopt, listen, reserve

API = api_of({"ListStreams": no_streams})
KINDS = ["h2corn", "granian"]


def request(port: int) -> bytes:
    """A signed call over HTTP/1.1."""
    url = f"http://127.0.0.1:{port}/"
    fields = signed_headers(url) | {"Host": f"127.0.0.1:{port}", "Content-Length": "2"}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n{{}}".encode()


def test_reserved_sockets_have_one_port_and_listen_when_they_are_adopted() -> None:
    sockets = reserve("127.0.0.1", 0, 3)
    with contextlib.ExitStack() as stack:
        for each in sockets:
            stack.enter_context(each)
        (address,) = {each.getsockname() for each in sockets}
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)
        # When
        adopted = stack.enter_context(adopt(sockets[1].fileno()))
        # Then
        with socket.create_connection(address) as peer:
            peer.sendall(b"x")
            accepted, name = adopted.accept()
            accepted.close()
            assert name == peer.getsockname()


def test_connections_are_spread() -> None:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(each) for each in reserve("127.0.0.1", 0, 2)]
        listeners = [stack.enter_context(adopt(each.fileno())) for each in sockets]
        for _ in range(64):
            peer = stack.enter_context(socket.create_connection(sockets[0].getsockname()))
            peer.sendall(b"x")
        taken = [accept_all(listener, stack) for listener in listeners]
        assert sum(taken) == 64
        assert min(taken) > 8  # fewer: once in 10^10 times


def accept_all(listener: socket.socket, stack: contextlib.ExitStack) -> int:
    """How many connections wait at a listener now; none does afterwards."""
    listener.setblocking(False)
    taken = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            stack.enter_context(listener.accept()[0])
            taken += 1
    return taken


@pytest.mark.skipif(not hasattr(socket, "TCP_DEFER_ACCEPT"), reason="needs Linux's deferred accept")
def test_who_says_nothing_is_for_whoever_accepts_when_they_do() -> None:
    with contextlib.ExitStack() as stack:
        (shared,) = (stack.enter_context(each) for each in reserve("127.0.0.1", 0, 1))
        old = adopt(shared.fileno())
        peer = stack.enter_context(socket.create_connection(shared.getsockname()))
        assert accept_all(old, stack) == 0
        # When another one takes over
        new = stack.enter_context(adopt(shared.fileno()))
        old.close()
        peer.sendall(b"x")
        # Then
        assert accept_all(new, stack) == 1


def test_a_port_that_others_share_is_refused() -> None:
    with contextlib.ExitStack() as stack:
        (first,) = (stack.enter_context(each) for each in reserve("127.0.0.1", 0, 1))
        stack.enter_context(adopt(first.fileno()))
        port = first.getsockname()[1]
        with pytest.raises(OSError, match=rf"port {port} \(Address already in use\)"):
            reserve("127.0.0.1", port, 2)
        with pytest.raises(OSError, match="choose a free --port"):
            listen("127.0.0.1", port)


def test_the_reason_is_the_systems() -> None:
    with pytest.raises(OSError, match=r"cannot listen on 192\.0\.2\.1 port 0") as refused:
        reserve("192.0.2.1", 0, 2)
    assert isinstance(refused.value.__cause__, OSError)
    assert refused.value.__cause__.errno == errno.EADDRNOTAVAIL


@pytest.mark.parametrize("kind", KINDS)
def test_who_waits_in_the_queue_is_served_by_the_next_server(kind: str) -> None:
    (shared,) = reserve("127.0.0.1", 0, 1)
    with shared, contextlib.ExitStack() as stack:
        port = shared.getsockname()[1]
        with gateway(kind, API, listener=shared.fileno()) as first:
            assert (first.host, first.port) == ("127.0.0.1", port)
            assert first.call().status_code == 200
        # Given nobody who accepts
        peer = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        peer.sendall(request(port))
        # When
        with gateway(kind, API, listener=shared.fileno()):
            # Then
            peer.settimeout(10)
            assert peer.recv(10_000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_leaves_ends_connections_behind_their_answers(kind: str) -> None:
    with gateway(kind, API) as server, server.connect() as peer:
        peer.sendall(request(server.port))
        assert b"connection: close" not in peer.recv(10_000)
        # When
        server.app.is_leaving = True
        peer.sendall(request(server.port))
        # Then
        answer = read_to_end(peer, 10)
        assert answer is not None
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"\r\nconnection: close\r\n" in answer
