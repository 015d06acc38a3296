"""The ASGI application: bytes into a `Request`, a `Response` into bytes, and nothing else.

Memory is bounded here, before any work is done:

* a body over `MAX_BODY_BYTES` gets 413 and is not read;
* all bodies in flight share `REQUEST_BYTES`, all answers `ANSWER_BYTES`; who finds no room waits;
* a body must be complete within `BODY_DEADLINE_S`;
* an answer over 64 KiB goes out in pieces, and the reader must keep up with `MIN_READ_RATE`.

So a node holds at most REQUEST_BYTES + ANSWER_BYTES of payload (and its decoded copies) plus one
HTTP/2 window per connection, whatever its clients do.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from shardline.gateway import health
from shardline.gateway.budget import ByteBudget
from shardline.gateway.pipeline import Pipeline
from shardline.gateway.types import Request, Response

# AWS takes 10 MiB of data and keys in one call; base64 makes that 13.4 MiB, and 500 long keys and
# hash keys in JSON escapes add what is left.
MAX_BODY_BYTES = 16 * 1024 * 1024
REQUEST_BYTES = 256 * 1024 * 1024
ANSWER_BYTES = 384 * 1024 * 1024
PIECE_BYTES = 64 * 1024
BODY_DEADLINE_S = 60.0
SEND_GRACE_S = 20.0
MIN_READ_RATE = 256 * 1024  # bytes per second

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

TOO_LARGE = Response(413)


class Gone(Exception):
    """The client went away, or was too slow; there is nobody to answer."""


class Application:
    """ASGI 3, HTTP only."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._bodies = ByteBudget(REQUEST_BYTES)
        self._answers = ByteBudget(ANSWER_BYTES)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        headers = _header_map(scope["headers"])
        held = 0
        try:
            length = _declared_length(headers)
            if scope["raw_path"] == health.PATH:
                response = health.health_answer(scope["method"])
            elif length > MAX_BODY_BYTES:
                response = TOO_LARGE
            else:
                held = await self._bodies.take(length)
                message = await receive()
                if length == 0 and message.get("more_body", False):
                    # A body of unknown length may become the longest allowed.
                    held = await self._bodies.take(MAX_BODY_BYTES)
                body = await _read_body(receive, message)
                response = await self._answer(scope, headers, body)
        except Gone:
            return
        finally:
            self._bodies.give(held)
        try:
            await _write(send, response)
        finally:
            self._answers.give(response.held)

    async def _answer(
        self, scope: Message, headers: dict[bytes, bytes], body: bytes | None
    ) -> Response:
        if body is None:
            return TOO_LARGE
        request = Request(scope["method"], scope["raw_path"], scope["query_string"], headers, body)
        return await self._pipeline.handle(request, self._answers)


async def _read_body(receive: Receive, message: Message) -> bytes | None:
    """The whole body, whose first message has come; None when it is too long."""
    if message["type"] != "http.request":
        raise Gone
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body if len(body) <= MAX_BODY_BYTES else None
    pieces = [body]
    size = len(body)
    try:
        async with asyncio.timeout(BODY_DEADLINE_S):
            while message.get("more_body", False):
                message = await receive()
                if message["type"] != "http.request":
                    raise Gone
                pieces.append(message.get("body", b""))
                size += len(pieces[-1])
                if size > MAX_BODY_BYTES:
                    return None
    except TimeoutError as slow:
        raise Gone from slow
    return b"".join(pieces)


def _header_map(fields: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Fields by lower-case name; a repeated one is joined by commas, as SigV4 and RFC 9110 say."""
    headers = dict(fields)
    if len(headers) == len(fields):
        return headers
    headers = {}
    for name, value in fields:
        headers[name] = headers[name] + b"," + value if name in headers else value
    return headers


def _declared_length(headers: dict[bytes, bytes]) -> int:
    text = headers.get(b"content-length", b"0")
    # The HTTP server has refused what is no number; a chunked body declares none.
    return int(text) if text.isdigit() else 0


async def _write(send: Send, response: Response) -> None:
    body = response.body
    fields = [*response.headers, (b"content-length", b"%d" % len(body))]
    if response.content_type is not None:
        fields.append((b"content-type", response.content_type))
    await send({"type": "http.response.start", "status": response.status, "headers": fields})
    if len(body) <= PIECE_BYTES:
        await send({"type": "http.response.body", "body": body})
        return
    view = memoryview(body)
    async with asyncio.timeout(SEND_GRACE_S + len(body) / MIN_READ_RATE):
        for start in range(0, len(body), PIECE_BYTES):
            await send(
                {
                    "type": "http.response.body",
                    "body": bytes(view[start : start + PIECE_BYTES]),
                    "more_body": start + PIECE_BYTES < len(body),
                }
            )
