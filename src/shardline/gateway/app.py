"""The ASGI application: bytes into a `Request`, a `Response` into bytes, and nothing else.

Memory is bounded here, before any work is done (`Bounds` has the figures):

* a body over `body_bytes` gets 413 and is not kept;
* all requests in flight share `request_bytes`, each with its body, `REQUEST_BYTES` for its head
  and what decoding adds, and `BODY_BYTES` if it comes packed; all answers but those of puts share
  `answer_bytes`; who finds no room waits, and after `wait_s` gets 503;
* a body must be complete within `body_s`;
* an answer over `PIECE_BYTES` goes out in pieces, and its reader must keep up with `read_rate`;
* an answer that is a stream of events holds one event at a time, counted among the answers, and
  makes the next one when that was taken; each event has to be taken like an answer of its size;
* a request that comes while the process holds more than `memory_bytes` gets 503.

What a node holds, whatever its clients do, is therefore at most

    its rest + 3 x request_bytes + 2 x answer_bytes + connections x receive window

where a request counts three times because its body may be in hand as it came, decoded, and packed
for the log; an answer twice, as records and as text (one being made takes `LARGE_ANSWER_BYTES` or
`ANSWER_BYTES` until its length is known); and the last term is what the HTTP server reads before
the application asks for it (`shardline.gateway.server`). What the HTTP server keeps of answers that
nobody reads, up to 2 MiB of each, is not in the sum, since the application cannot see it;
`memory_bytes` bounds that.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from io import BytesIO
from typing import Any

from shardline.gateway.bounds import PIECE_BYTES, Bounds
from shardline.gateway.budget import ByteBudget, NoRoom
from shardline.gateway.dialects import BODY_BYTES
from shardline.gateway.errors import AtItsBounds
from shardline.gateway.health import ENDS, OUT_OF_STEP, WhyNot, health_pages
from shardline.gateway.memory import MemoryGuard
from shardline.gateway.pages import Page
from shardline.gateway.pipeline import Pipeline
from shardline.gateway.protocols.json import JsonProtocol
from shardline.gateway.streaming import Pieces, Stream
from shardline.gateway.types import Request, Response

log = logging.getLogger("shardline.gateway")

REQUEST_BYTES = 64 * 1024

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

NO_PAGES: Mapping[bytes, Page] = {}


def no_trouble() -> None:
    """Nothing that is needed is out of reach."""
    return


CLOSE = (b"connection", b"close")
TOO_LARGE = Response(413, code="RequestEntityTooLarge")
TOO_SLOW = Response(408, code="RequestTimeout")
BUSY = JsonProtocol().error_response(AtItsBounds())
BUSY.code = AtItsBounds().code


class Gone(Exception):
    """The client went away; there is nobody to answer."""


class Application:
    """ASGI 3. HTTP only: a WebSocket is refused."""

    def __init__(
        self,
        pipeline: Pipeline,
        bounds: Bounds | None = None,
        pages: Mapping[bytes, Page] = NO_PAGES,
        trouble: WhyNot = no_trouble,
    ) -> None:
        """`trouble` says why calls that need the records are refused, if they are."""
        self._pipeline = pipeline
        self._pages = {**health_pages(self.why_not), **pages}
        self._trouble = trouble
        self._bounds = bounds = bounds or Bounds()
        self.bodies = ByteBudget(bounds.request_bytes, patience_s=bounds.wait_s)
        self.answers = ByteBudget(bounds.answer_bytes, patience_s=bounds.wait_s)
        self._memory = MemoryGuard(bounds.memory_bytes)
        # Whether HTTP/1.1 clients are told to open another connection for their next request.
        self.is_leaving = False
        self.is_ending = False  # whether health says that calls had better go to another server

    def why_not(self) -> str | None:
        """Why this process does not serve, or is about to stop; None if it serves."""
        if self.is_ending:
            return ENDS
        return self._trouble() if self._pipeline.may_serve() else OUT_OF_STEP

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await _refuse_websocket(receive, send)
            return
        try:
            page = self._pages.get(scope["raw_path"])
            if page is None:
                response = await self._answer(scope, receive)
            else:
                response = await page(scope["method"], scope.get("client"), scope["headers"])
            if response.stream is not None:
                await self._write_stream(send, response, response.stream)
                return
            if self.is_leaving and not scope["http_version"].startswith("2"):
                response.headers = (*response.headers, CLOSE)
            try:
                await self._write(send, response)
            finally:
                self.answers.give(response.held)
        except (Gone, OSError):
            return  # an OSError is how ASGI servers say that the client went while it was answered

    async def _answer(self, scope: Message, receive: Receive) -> Response:
        headers = _header_map(scope["headers"])
        length = _declared_length(headers)
        if length > self._bounds.body_bytes:
            return self._refused(TOO_LARGE)
        held = 0
        try:
            unpacked = BODY_BYTES if b"content-encoding" in headers else 0
            wanted = length + unpacked + REQUEST_BYTES
            # A coroutine only for who has to wait.
            held = wanted if self.bodies.take_now(wanted) else await self.bodies.take(wanted)
            message = await receive()
            if message["type"] != "http.request":
                raise Gone
            body = message.get("body", b"")
            limit = length or self._bounds.body_bytes
            if message.get("more_body", False):
                if not length:
                    # It may become the longest allowed. What is held goes back first: if all held
                    # a part and waited for the rest, nobody would go on.
                    self.bodies.give(held)
                    held = 0
                    held = await self.bodies.take(
                        self._bounds.body_bytes + unpacked + REQUEST_BYTES
                    )
                body = await self._rest_of_body(receive, body, limit)
            if len(body) > limit:
                return self._refused(TOO_LARGE)
            # As late as can be, or all that come together would pass before the first has grown.
            if self._memory.is_full():
                return self._refused(BUSY)
            method, path, query = scope["method"], scope["raw_path"], scope["query_string"]
            peer = scope.get("client") or ("", 0)
            is_secure = scope.get("scheme") == "https"
            request = Request(method, path, query, headers, body, peer[0], is_secure)
            return await self._pipeline.handle(request, self.answers)
        except NoRoom:
            return self._refused(BUSY)
        except TimeoutError:
            return self._refused(TOO_SLOW)
        finally:
            self.bodies.give(held)

    def _refused(self, response: Response) -> Response:
        """Count a request that does not come to the pipeline."""
        self._pipeline.counts.add(None, response.code, 0.0)
        return response

    async def _rest_of_body(self, receive: Receive, first: bytes, limit: int) -> bytes:
        """The body, whose first part has come, or more than `limit` bytes of it.

        Raises `Gone` and `TimeoutError`.
        """
        # One buffer, since a list of parts would cost a hundred times what small parts hold.
        buffer = BytesIO()
        size = buffer.write(first)
        async with asyncio.timeout(self._bounds.body_s):
            while size <= limit:
                message = await receive()
                if message["type"] != "http.request":
                    raise Gone
                size += buffer.write(message.get("body", b""))
                if not message.get("more_body", False):
                    break
        return buffer.getvalue()

    async def _write(self, send: Send, response: Response) -> None:
        body, size = response.body, response.size
        fields = [*response.headers, (b"content-length", b"%d" % size)]
        if response.content_type is not None:
            fields.append((b"content-type", response.content_type))
        await send({"type": "http.response.start", "status": response.status, "headers": fields})
        if size <= PIECE_BYTES and not response.more:
            await send({"type": "http.response.body", "body": body})
            return
        try:
            async with asyncio.timeout(self._patience_s(size)):
                await _write_in_pieces(send, (body, *response.more))
        except TimeoutError:
            # To return with the answer unfinished makes the server drop the connection or stream.
            log.warning("dropped a reader that left an answer of %d bytes unread", size)

    async def _write_stream(self, send: Send, response: Response, stream: Stream) -> None:
        """Answer with events, as they come; each has its own deadline."""

        async def send_pieces(pieces: Pieces) -> None:
            async with asyncio.timeout(self._patience_s(sum(map(len, pieces)))):
                for piece in pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})

        fields = [*response.headers, (b"content-type", stream.content_type)]
        try:
            await send({"type": "http.response.start", "status": 200, "headers": fields})
            await stream.write(self.answers, send_pieces)
            await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            log.warning("dropped a reader that left an event of its stream unread")
        finally:
            stream.close()

    def _patience_s(self, size: int) -> float:
        """How long a reader may take for so many bytes."""
        return self._bounds.read_grace_s + size / self._bounds.read_rate


async def _write_in_pieces(send: Send, parts: Iterable[bytes]) -> None:
    pieces = _cut(parts)
    piece = next(pieces)
    for following in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        piece = following
    await send({"type": "http.response.body", "body": piece})


def _cut(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The parts; those over `PIECE_BYTES` are cut."""
    for part in parts:
        if len(part) <= PIECE_BYTES:
            yield part
            continue
        for start in range(0, len(part), PIECE_BYTES):
            yield part[start : start + PIECE_BYTES]


async def _refuse_websocket(receive: Receive, send: Send) -> None:
    """Close before the handshake, which servers turn into 403."""
    await receive()
    await send({"type": "websocket.close"})


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
    return int(text[:18]) if text.isdigit() else 0
