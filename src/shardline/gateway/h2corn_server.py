"""h2corn: HTTP/1.1, HTTP/2 by prior knowledge and by ALPN, on one port.

What it does not do, measured with version 2.0:

* A head that comes one byte at a time is waited for as long as bytes come (up to the largest head).
  Such a connection takes one of the `connections`, and nothing else.
* It takes up to 2 MiB of an answer (over HTTP/1.1, 32 pieces) before `send` waits for the reader,
  and it does not say when they were read. Over HTTP/2, who reads nothing for `unread_s` loses the
  stream.
* Over HTTP/1.1 it waits for ever on a peer that reads nothing. The kernel does not: the listener
  has TCP_USER_TIMEOUT, which its connections inherit.
* A connection over `connections` waits in the kernel's queue until another ends.
* When it stops, it ends idle connections at once, and those whose request has not begun to come:
  over HTTP/2 with a GOAWAY that lets the client know which requests were never read. What is in
  the queue of its listener stays there (of a shared one, that is every connection that has asked
  nothing yet: `listening`).
"""

import asyncio
import contextlib
import socket

import h2corn
from h2corn import _lib

from shardline.gateway.listening import adopt, listen
from shardline.gateway.server import (
    MAX_FIELDS,
    MAX_HEAD_BYTES,
    MAX_STREAMS,
    WINDOW_BYTES,
    ASGIApp,
    ServerSettings,
)

# The embedding program speaks for itself: h2corn's banner would break `serve`'s one line.
_lib.emit_banner = lambda *_: None


class H2cornServer:
    """See `shardline.gateway.server.HttpServer`."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        self._settings = settings
        self._server: h2corn.Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._listener: socket.socket | None = None

    async def start(self) -> tuple[str, int]:
        """See `HttpServer.start`."""
        if self._settings.listener is None:
            listener = listen(self._settings.host, self._settings.port)
        else:
            listener = adopt(self._settings.listener)
        self._listener = listener
        _drop_stuck_peers(listener, self._settings.unread_s)
        host, port, *_ = listener.getsockname()
        self._server = h2corn.Server(self._app, _config(self._settings, listener.fileno()))
        self._serving = asyncio.create_task(self._server.serve())
        started = asyncio.create_task(self._server.wait_started())
        await asyncio.wait({self._serving, started}, return_when=asyncio.FIRST_COMPLETED)
        if self._serving.done():
            started.cancel()
            listener.close()
            await self._serving
        await started
        return host, port

    def close(self) -> None:
        """See `HttpServer.close`."""
        if self._server is None or self._listener is None:
            return
        self._server.shutdown()
        # h2corn only stops accepting. Who connects now is to be refused, not to wait; unless the
        # socket has another one to accept from it.
        if self._settings.listener is None:
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listener = None

    async def stop(self) -> None:
        """See `HttpServer.stop`."""
        self.close()
        if self._serving is not None:
            # A request that outlived the drain time was cancelled; that is not our failure.
            with contextlib.suppress(RuntimeError):
                await self._serving

    async def stopped(self) -> None:
        """See `HttpServer.stopped`."""
        if self._serving is not None:
            await asyncio.shield(self._serving)


def _config(settings: ServerSettings, listener: int) -> h2corn.Config:
    return h2corn.Config(
        bind=(f"fd://{listener}",),
        certfile=settings.certificate,
        keyfile=settings.private_key,
        access_log=False,
        # One thread of I/O feeds one thread of Python; a second one costs 8 to 16 % more CPU a
        # request, most of it in waking the other.
        runtime_threads=1,
        log_format=settings.log_format,
        lifespan="off",
        limit_connections=settings.connections,
        limit_request_head_size=MAX_HEAD_BYTES,
        limit_request_field_size=MAX_HEAD_BYTES,
        limit_request_fields=MAX_FIELDS,
        h2_max_header_list_size=MAX_HEAD_BYTES,
        h2_max_header_block_size=MAX_HEAD_BYTES,
        h2_initial_stream_window_size=WINDOW_BYTES,
        h2_initial_connection_window_size=WINDOW_BYTES,
        max_concurrent_streams=MAX_STREAMS,
        max_request_body_size=0,  # the application bounds it, with AWS's answer
        timeout_handshake=settings.handshake_s,
        timeout_request_header=settings.head_s,
        timeout_request_body_idle=settings.body_idle_s,
        timeout_keep_alive=settings.keep_alive_s,
        h2_timeout_response_stall=settings.unread_s,
        h2_timeout_write=settings.unread_s,
        timeout_graceful_shutdown=settings.drain_s,
    )


def _drop_stuck_peers(listener: socket.socket, seconds: float) -> None:
    """Let the kernel end connections whose peer acknowledges nothing, or has no room, so long."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))
