"""What the audit log is told of a request, whatever becomes of it."""

import asyncio
import contextlib
from typing import Any

import pytest

from gateway.sigv4_support import ACCESS_KEY, signed, verifier
from shardline.gateway.audit import AuditLog, Entry, Line
from shardline.gateway.budget import ByteBudget
from shardline.gateway.model import load_service
from shardline.gateway.pipeline import Pipeline
from shardline.gateway.types import Api, Caller, Request

NOW_MS = 1_700_000_000_000


class Told:
    """A pipeline with an audit log, and the lines of it."""

    def __init__(self, handler: Any) -> None:
        self.entries: list[Entry] = []
        log = AuditLog(self.entries.append, lambda: NOW_MS)
        api = Api(load_service("kinesis"), {"ListStreams": handler})
        self.pipeline = Pipeline([api], verifier(), audit=log)

    async def handle(self, request: Request) -> None:
        await self.pipeline.handle(request, ByteBudget(2**30))

    @property
    def line(self) -> Line:
        (entry,) = self.entries
        assert entry.wall_ms == NOW_MS
        return entry.line


async def empty(caller: Caller, call: Any) -> dict[str, Any]:
    return {"StreamNames": [], "HasMoreStreams": False}


def test_a_call() -> None:
    told = Told(empty)
    request = signed()
    request.peer = "10.0.0.7"
    asyncio.run(told.handle(request))
    line = told.line
    assert (line.allowed, line.status, line.source_ip) == (True, 200, "10.0.0.7")
    assert (line.service, line.operation, line.region) == ("kinesis", "ListStreams", "us-east-1")
    assert (line.access_key, line.error) == (ACCESS_KEY, None)


def test_a_call_whose_client_goes() -> None:
    # Given
    waiting = asyncio.Event()

    async def never(caller: Caller, call: Any) -> None:
        waiting.set()
        await asyncio.Event().wait()

    async def go() -> None:
        task = asyncio.create_task(told.handle(signed()))
        await waiting.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    told = Told(never)
    # When
    asyncio.run(go())
    # Then
    assert (told.line.allowed, told.line.status, told.line.operation) == (True, None, "ListStreams")


def test_what_cannot_be_read() -> None:
    told = Told(empty)
    asyncio.run(told.handle(signed(body=b"{")))
    line = told.line
    assert (line.allowed, line.status, line.error) == (None, 400, "SerializationException")
    assert line.access_key == ACCESS_KEY


@pytest.mark.parametrize(
    "signature", [b"garbage", b"", b"AWS4-HMAC-SHA256 Credential=" + b"A" * 900]
)
def test_who_cannot_be_known(signature: bytes) -> None:
    told = Told(empty)
    request = signed()
    request.headers = {**request.headers, b"authorization": signature}
    asyncio.run(told.handle(request))
    assert (told.line.allowed, told.line.principal) == (False, None)
    assert len(told.line.access_key or "") <= 128


def test_another_method_is_no_call_of_an_api_and_told_all_the_same() -> None:
    told = Told(empty)
    request = Request("GET", b"/", b"", {b"host": b"x"}, b"")
    asyncio.run(told.handle(request))
    assert (told.line.status, told.line.error) == (403, "MissingAuthenticationTokenException")


def test_a_browser_s_question_is_none() -> None:
    told = Told(empty)
    asyncio.run(told.handle(Request("OPTIONS", b"/", b"", {b"origin": b"x"}, b"")))
    assert told.entries == []
