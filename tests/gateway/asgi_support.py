"""The application called in this process: no socket, no server, an event loop of the test's own."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

from gateway.socket_support import ACCOUNT, KEY, REGION, pipeline_of, signed_headers
from shardline.gateway.app import Application
from shardline.gateway.bounds import Bounds
from shardline.gateway.types import Api, Caller
from shardline.kinesis.api import kinesis_api
from shardline.kinesis.book import StreamBook
from shardline.kinesis.encryption.kms import Kms
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.kinesis.upkeep import Upkeep
from shardline.masterkey import MasterKey
from shardline.storage.catalog import SqlCatalog
from shardline.testing import ManualClock, MemoryLog

URL = "http://localhost:4567/"
STREAM = "events"

Fields = Sequence[tuple[bytes, bytes]]


class Answer(NamedTuple):
    """What the application sent."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


def scope_of(
    method: str = "POST", path: bytes = b"/", query: bytes = b"", fields: Fields = ()
) -> dict[str, Any]:
    """The scope that an HTTP server makes of a request head."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.decode("latin-1"),
        "raw_path": path,
        "query_string": query,
        "headers": list(fields),
    }


def signed_fields(body: bytes, operation: str, content_type: str) -> list[tuple[bytes, bytes]]:
    """The fields of a signed call, as an HTTP server hands them over."""
    headers = {"Content-Type": content_type, "X-Amz-Target": f"Kinesis_20131202.{operation}"}
    fields = signed_headers(URL, body, headers=headers)
    pairs = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
    return [(b"host", b"localhost:4567"), *pairs]


async def answer_of(app: Application, scope: dict[str, Any], *parts: bytes) -> Answer:
    """Call the application with a body in parts."""
    messages = [
        {"type": "http.request", "body": part, "more_body": number + 1 < len(parts)}
        for number, part in enumerate(parts or (b"",))
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *bodies = sent
    body = b"".join(message.get("body", b"") for message in bodies)
    assert [message.get("more_body", False) for message in bodies][-1:] == [False]
    headers = dict(start["headers"])
    assert int(headers[b"content-length"]) == len(body)
    return Answer(start["status"], headers, body)


class InProcess:
    """The whole Kinesis API on a memory log, with the stream `events` of two shards."""

    def __init__(self, bounds: Bounds | None = None) -> None:
        self._bounds = bounds
        self.runner = asyncio.Runner()

    def __enter__(self) -> Self:
        self.api = self.runner.run(self._start())
        self.app = Application(pipeline_of(self.api), self._bounds)
        return self

    async def _start(self) -> Api:
        self.clock = ManualClock()
        self.catalog, self.log = await SqlCatalog.open(None), MemoryLog(self.clock)
        book = StreamBook(self.catalog, self.log, self.clock, transition_ms=0)
        upkeep = Upkeep(book, self.log, self.clock)
        kms = Kms(self.catalog, MasterKey.random(), self.clock)
        on_demand = OnDemand(book, self.catalog, self.clock)
        api = kinesis_api(
            book, self.log, upkeep, self.clock, b"k" * 32, kms, on_demand, lambda _: None
        )
        caller = Caller(ACCOUNT, REGION, KEY, f"arn:aws:iam::{ACCOUNT}:root", True)
        await api.handlers["CreateStream"](caller, {"StreamName": STREAM, "ShardCount": 2})
        return api

    def __exit__(self, *_: object) -> None:
        self.runner.run(self._stop())
        self.runner.close()

    async def _stop(self) -> None:
        await self.log.close()
        await self.catalog.close()

    def answer(self, scope: dict[str, Any], *parts: bytes) -> Answer:
        """Call the application."""
        return self.runner.run(answer_of(self.app, scope, *parts))
