"""Sockets to listen on: one for a server alone, or one for each of the processes of one port.

Processes share a port by SO_REUSEPORT: each has a socket of its own, and the kernel gives a new
connection to one of them by a hash of its addresses. (On one socket that all of them accept from,
whoever wakes first takes all of a burst: of 50 connections that came at once, up to 50.)

A process that leaves ends the connections that it has accepted and that have asked nothing. So it
is not to have any: where the kernel can (Linux), it hands a connection over only when its first
bytes are there, and until then whoever accepts from the socket next can have it.
"""

import os
import socket
from collections.abc import Sequence

BACKLOG = 1024
_SILENT_S = 20  # how long the kernel keeps who connects and says nothing; then it is the server's


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket. Raises `OSError` with a text that says what would be right."""
    return _bound(host, port, is_listening=True)


def reserve(host: str, port: int, count: int) -> Sequence[socket.socket]:
    """Sockets for so many processes, bound to one port, which nobody else can have from now on.

    None listens yet: who connects is refused until `adopt`. Raises `OSError` as `listen` does,
    also when the port is shared by servers of others.
    """
    if port:
        listen(host, port).close()
    sockets = [_bound(host, port, shares=True)]
    try:
        host, port, *_ = sockets[0].getsockname()
        while len(sockets) < count:
            sockets.append(_bound(host, port, shares=True))
    except OSError:
        for each in sockets:
            each.close()
        raise
    return sockets


def adopt(descriptor: int) -> socket.socket:
    """A socket of `reserve` that this process inherited, and that listens from now on."""
    listener = socket.socket(fileno=os.dup(descriptor))
    if hasattr(socket, "TCP_DEFER_ACCEPT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, _SILENT_S)
    listener.listen(BACKLOG)
    return listener


def _bound(
    host: str, port: int, *, shares: bool = False, is_listening: bool = False
) -> socket.socket:
    flags = socket.AI_PASSIVE | socket.AI_NUMERICSERV
    try:
        # IPv4 first: where a name means both (localhost), every client finds that one.
        found = sorted(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags))
        family, kind, protocol, _, address = found[0]
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shares:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            bound.bind(address)
            if is_listening:
                bound.listen(BACKLOG)
        except OSError:
            bound.close()
            raise
    except OSError as error:
        raise OSError(
            f"cannot listen on {host} port {port} ({error.strerror}): "
            "choose a free --port and a --host of this machine",
        ) from error
    return bound
