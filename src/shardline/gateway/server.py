"""The HTTP servers that carry the application: h2corn, and Granian as the fallback.

Both run embedded, on the event loop that calls them, behind one small interface. Nothing else in
the project knows which of them it is.

The bounds, and why:

* A request head may be 64 KiB in 100 fields: SigV4 headers need 2 KiB, session tokens up to 8.
* A body that stops coming is dropped after 20 s, a head after 10 s, a silent connection after 75 s,
  so that half-open peers go away; an SDK's own read time-out is 60 s.
* HTTP/2 receive windows are 1 MiB a connection: it bounds what a peer can make the server hold
  before the application asked for a byte, at no cost in throughput on one machine.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

ASGIApp = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]

MAX_CONNECTIONS = 1024
MAX_HEAD_BYTES = 64 * 1024
MAX_FIELDS = 100
HEAD_TIMEOUT_S = 10
BODY_IDLE_TIMEOUT_S = 20
KEEP_ALIVE_S = 75
WINDOW_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where to listen, with which certificate, and how long a stop may take."""

    host: str
    port: int  # 0 for any free one
    certificate: Path | None = None
    private_key: Path | None = None
    drain_s: float = 30.0


class HttpServer(Protocol):
    """An embedded HTTP server with one life: start, then stop."""

    async def start(self) -> tuple[str, int]:
        """Listen, and answer the host and the port that the kernel gave. Raises OSError."""
        ...

    async def stop(self) -> None:
        """Accept nothing new, let accepted requests finish within the drain time, release all."""
        ...

    async def stopped(self) -> None:
        """Return when the server ended by itself; raise what ended it."""
        ...


class H2cornServer:
    """h2corn: HTTP/1.1, HTTP/2 by prior knowledge and ALPN on one port."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        import h2corn
        from h2corn import _lib

        # The embedding program speaks for itself: h2corn's banner would break `serve`'s one line.
        _lib.emit_banner = lambda *_: None
        tls = settings.certificate is not None
        self._server = h2corn.Server(
            app,
            h2corn.Config(
                bind=(_bind_text(settings.host, settings.port),),
                certfile=settings.certificate if tls else None,
                keyfile=settings.private_key if tls else None,
                access_log=False,
                lifespan="off",
                limit_connections=MAX_CONNECTIONS,
                limit_request_head_size=MAX_HEAD_BYTES,
                limit_request_fields=MAX_FIELDS,
                h2_max_header_list_size=MAX_HEAD_BYTES,
                h2_max_header_block_size=MAX_HEAD_BYTES,
                h2_initial_stream_window_size=WINDOW_BYTES,
                h2_initial_connection_window_size=WINDOW_BYTES,
                max_request_body_size=0,  # the application bounds it, with AWS's answer
                timeout_request_header=HEAD_TIMEOUT_S,
                timeout_request_body_idle=BODY_IDLE_TIMEOUT_S,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=settings.drain_s,
            ),
        )
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> tuple[str, int]:
        """See `HttpServer.start`."""
        self._serving = asyncio.create_task(self._server.serve())
        started = asyncio.create_task(self._server.wait_started())
        await asyncio.wait({self._serving, started}, return_when=asyncio.FIRST_COMPLETED)
        if not started.done():
            started.cancel()
        if self._serving.done():
            await self._serving
        await started
        host, _, port = self._server.addresses[0].rpartition(":")
        return host.strip("[]"), int(port)

    async def stop(self) -> None:
        """See `HttpServer.stop`."""
        if self._serving is not None:
            self._server.shutdown()
            # A request that outlived the drain time was cancelled; that is not our failure.
            with contextlib.suppress(RuntimeError):
                await self._serving

    async def stopped(self) -> None:
        """See `HttpServer.stopped`."""
        if self._serving is not None:
            await asyncio.shield(self._serving)


class GranianServer:
    """Granian in ASGI mode: the fallback, at about twice the CPU of h2corn per request."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        self._settings = settings
        self._server: Any = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> tuple[str, int]:
        """See `HttpServer.start`. Port 0 is resolved before Granian binds, as it cannot tell."""
        from granian.constants import HTTPModes, Interfaces
        from granian.http import HTTP1Settings, HTTP2Settings
        from granian.server.embed import Server

        port = self._settings.port or _free_port(self._settings.host)
        self._server = Server(
            self._app,
            address=self._settings.host,
            port=port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.auto,
            websockets=False,
            http1_settings=HTTP1Settings(header_read_timeout=HEAD_TIMEOUT_S * 1000),
            http2_settings=HTTP2Settings(
                initial_connection_window_size=WINDOW_BYTES,
                initial_stream_window_size=WINDOW_BYTES,
                max_headers_size=MAX_HEAD_BYTES,
            ),
            log_enabled=False,
            ssl_cert=self._settings.certificate,
            ssl_key=self._settings.private_key,
        )
        self._serving = asyncio.create_task(self._server.serve())
        await self._until_listening(port)
        return self._settings.host, port

    async def _until_listening(self, port: int) -> None:
        """Granian does not say when it listens; a connection that is accepted does."""
        assert self._serving is not None
        while not self._serving.done():
            try:
                _, writer = await asyncio.open_connection(self._settings.host, port)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            writer.close()
            return
        await self._serving
        raise OSError("Granian ended before it listened")

    async def stop(self) -> None:
        """See `HttpServer.stop`."""
        if self._serving is not None:
            self._server.stop()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._serving, self._settings.drain_s)

    async def stopped(self) -> None:
        """See `HttpServer.stopped`."""
        if self._serving is not None:
            await asyncio.shield(self._serving)


SERVERS: dict[str, Callable[[ASGIApp, ServerSettings], HttpServer]] = {
    "h2corn": H2cornServer,
    "granian": GranianServer,
}


def _bind_text(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
