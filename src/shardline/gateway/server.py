"""The HTTP servers that carry the application: h2corn, and Granian as the fallback.

Both run embedded, on the event loop that calls them, behind one small interface. Nothing else in
the project knows which of them it is.
"""

import os
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

ASGIApp = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]

# SigV4 headers need 2 KiB, session tokens up to 8. AWS's SDKs send some 15 fields.
MAX_HEAD_BYTES = 64 * 1024
MAX_FIELDS = 100
# The least that RFC 9113 advises, so that a client's many calls need no second connection.
MAX_STREAMS = 100
# What a peer can make the server hold before the application asks for a byte. At 50 ms to the peer
# it allows 20 MB/s a connection.
WINDOW_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where to listen, with which certificate, and how long to wait for what, in seconds.

    `handshake_s` is for TLS and the first bytes of HTTP/2, `head_s` between two bytes of a request
    head (an idle HTTP/1.1 connection waits for a head, so it ends an idle one too), `body_idle_s`
    between two parts of a body, `keep_alive_s` for an idle HTTP/2 connection, `unread_s` for an
    answer of which the peer reads nothing, `drain_s` for accepted requests when the server stops.
    SDKs pool connections, and send a call again when one was closed under them; their own read
    time-out is 60 s.

    `listener` goes before `host` and `port`: a file descriptor, whose socket stays open and
    listening when this server stops, because another one takes over what waits in its queue.
    """

    host: str
    port: int  # 0 for any free one
    certificate: Path | None = None
    private_key: Path | None = None
    connections: int = 1024
    handshake_s: float = 5.0
    head_s: float = 20.0
    body_idle_s: float = 20.0
    keep_alive_s: float = 75.0
    unread_s: float = 30.0
    drain_s: float = 30.0
    log_format: Literal["text", "json"] = "text"
    listener: int | None = None  # a socket that is bound, and shared with other processes


class HttpServer(Protocol):
    """An embedded HTTP server with one life: start, then stop."""

    async def start(self) -> tuple[str, int]:
        """Listen, and answer the host and the port that the kernel gave.

        Raises `OSError`, with what would be right, when the address cannot be had.
        """
        ...

    def close(self) -> None:
        """Accept nothing new, and close what is idle. `stop` does so too. Idempotent."""
        ...

    async def stop(self) -> None:
        """Accept nothing new, let accepted requests finish within the drain time, release all."""
        ...

    async def stopped(self) -> None:
        """Return when the server ended by itself; raise what ended it."""
        ...


def _h2corn(app: ASGIApp, settings: ServerSettings) -> HttpServer:
    from shardline.gateway.h2corn_server import H2cornServer

    return H2cornServer(app, settings)


# Granian brings jemalloc, which by itself gives what was freed back only when more is allocated:
# after a burst of large answers a process at its bound would refuse every request, and so allocate
# nothing, for good. It reads this once, as it is loaded.
_JEMALLOC = "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0"


def _granian(app: ASGIApp, settings: ServerSettings) -> HttpServer:
    os.environ.setdefault("_RJEM_MALLOC_CONF", _JEMALLOC)
    from shardline.gateway.granian_server import GranianServer

    return GranianServer(app, settings)


SERVERS: Mapping[str, Callable[[ASGIApp, ServerSettings], HttpServer]] = {
    "h2corn": _h2corn,
    "granian": _granian,
}
