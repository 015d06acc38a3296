"""Granian in ASGI mode: the fallback, at about twice the CPU of h2corn per request.

What it does not do, measured with version 2.8:

* It does not time bodies; this module does, between two of their parts.
* It does not say over HTTP/1.1 or HTTP/2 that a client has gone while it is answered.
* It does not end a connection that sends nothing at all, nor an idle or unread HTTP/2 connection
  (dead ones are found by ping), nor one over HTTP/1.1 whose small answers stay unread.
* It takes five pieces of an answer before `send` waits for the reader.
* It cannot tell its port; its listener shares the port with any other of its kind, so that a port
  in use is found by trying to listen first. (It can be given a socket by a way of its own.)
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.server.embed import Server

from shardline.gateway.listening import BACKLOG, adopt, listen
from shardline.gateway.server import (
    MAX_HEAD_BYTES,
    MAX_STREAMS,
    WINDOW_BYTES,
    ASGIApp,
    ServerSettings,
)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class GranianServer:
    """See `shardline.gateway.server.HttpServer`."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._requests = _Requests(app, settings.body_idle_s)
        self._settings = settings
        self._server: Any = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> tuple[str, int]:
        """See `HttpServer.start`."""
        if self._settings.listener is not None:
            return self._start_on(adopt(self._settings.listener))
        with listen(self._settings.host, self._settings.port) as probe:
            host, port, *_ = probe.getsockname()
        self._server = _server(self._requests, self._settings, host, port)
        self._serving = asyncio.create_task(self._server.serve())
        await self._until_listening(host, port)
        return host, port

    def _start_on(self, listener: socket.socket) -> tuple[str, int]:
        """Serve from a socket that listens already; who connects waits until Granian is ready."""
        host, port, *_ = listener.getsockname()
        self._server = _server(self._requests, self._settings, host, port)
        self._server.given = _holder(listener.detach(), False, BACKLOG)
        self._serving = asyncio.create_task(self._server.serve())
        return host, port

    async def _until_listening(self, host: str, port: int) -> None:
        """Granian does not say when it listens; a connection that is accepted does."""
        assert self._serving is not None
        while not self._serving.done():
            try:
                _, writer = await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            writer.close()
            return
        await self._serving
        raise OSError("Granian ended before it listened")

    def close(self) -> None:
        """See `HttpServer.close`."""
        if self._server is not None:
            self._server.stop()

    async def stop(self) -> None:
        """See `HttpServer.stop`."""
        if self._serving is None:
            return
        self.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._serving, self._settings.drain_s)
        await self._requests.cancel()
        await asyncio.sleep(_THREADS_END_S)

    async def stopped(self) -> None:
        """See `HttpServer.stopped`."""
        if self._serving is not None:
            await asyncio.shield(self._serving)


_holder: Any = SocketHolder  # its types lack its arguments: descriptor, is it of Unix, backlog


class _Server(Server):
    """Granian, which can be given the socket to accept from."""

    given: Any = None

    def _init_shared_socket(self) -> None:
        if self.given is None:
            super()._init_shared_socket()  # type: ignore[no-untyped-call]
        else:
            self._shd = self.given


class _Requests:
    """The application, with what Granian does not do: bodies are timed, requests can be ended."""

    def __init__(self, app: ASGIApp, body_idle_s: float) -> None:
        self._app = app
        self._body_idle_s = body_idle_s
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        late = False

        async def receive_in_time() -> Message:
            nonlocal late
            try:
                async with asyncio.timeout(self._body_idle_s):
                    return await receive()
            except TimeoutError:
                late = True
                return {"type": "http.disconnect"}

        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._app(scope, receive_in_time, send)
            if late:
                await send({"type": "http.response.start", "status": 408, "headers": _CLOSE})
                await send({"type": "http.response.body", "body": b""})
        finally:
            self._tasks.discard(task)

    async def cancel(self) -> None:
        """End what is still answered, and wait until it has ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


# Granian's threads end some milliseconds after it says that it has ended. An interpreter that went
# before them would be aborted by Rust's runtime.
_THREADS_END_S = 0.1
_CLOSE = [(b"connection", b"close"), (b"content-length", b"0")]


def _server(app: ASGIApp, settings: ServerSettings, host: str, port: int) -> _Server:
    return _Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.auto,
        websockets=False,
        backlog=BACKLOG,
        backpressure=settings.connections,
        http1_settings=HTTP1Settings(
            header_read_timeout=int(settings.head_s * 1000), max_buffer_size=MAX_HEAD_BYTES
        ),
        http2_settings=HTTP2Settings(
            initial_connection_window_size=WINDOW_BYTES,
            initial_stream_window_size=WINDOW_BYTES,
            keep_alive_interval=int(settings.keep_alive_s * 1000),
            max_headers_size=MAX_HEAD_BYTES,
            max_concurrent_streams=MAX_STREAMS,
        ),
        log_enabled=False,
        ssl_cert=settings.certificate,
        ssl_key=settings.private_key,
        ssl_protocol_min=SSLProtocols.tls12,
    )
