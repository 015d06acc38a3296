"""Enhanced fan-out: one producer at a steady rate, and subscribers that time what they get.

The last record of every request has a partition key that says which request it was. A subscriber
that meets it has got the whole request, and knows when that was sent.
"""

import asyncio
import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import cast

from bench.answers import AnswerReader, ProtocolError
from bench.plan import Plan
from bench.signing import Signer
from bench.workloads import entry

_MARK = re.compile(rb'"batch-(\d{6})"')
_MARK_BYTES = 14
_PREPARED = 400  # requests; far more than are on their way at a time

Delivered = Callable[[int, float], None]
"""Called with the number of records and the seconds since they were sent."""
Failed = Callable[[str], None]


class Producer(asyncio.Protocol):
    """Sends one request after the other, each at its time; `sent` has when, by request."""

    def __init__(self, plan: Plan, signer: Signer, failed: Failed) -> None:
        self._requests = itertools.cycle(enumerate(_requests(plan, signer)))
        self._pause_s = 1 / plan.requests_per_second
        self._failed = failed
        self._answer = AnswerReader(b'"FailedRecordCount":0')
        self.sent: dict[int, float] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time()
        self._send()

    def _send(self) -> None:
        number, request = next(self._requests)
        self.sent[number] = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self._answer.feed(data):
            if self._answer.status != 200 or not self._answer.count:
                self._failed(f"put: {self._answer.status} {self._answer.head[:200]!r}")
            self._due += self._pause_s
            self._loop.call_at(self._due, self._send)


class Subscriber(asyncio.Protocol):
    """Subscribes one consumer to the stream's one shard, and reads until it is closed."""

    def __init__(self, request: bytes, plan: Plan, sent: dict[int, float], on: Delivered) -> None:
        self._request = request
        self._records = plan.records_per_request
        self._sent = sent
        self._on = on
        self._head = b""
        self._carry = b""
        self.subscribed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        if not self.subscribed.done():
            self._head += data
            if b"initial-response" in self._head:
                self.subscribed.set_result(None)
            elif b"\r\n\r\n" in self._head and not self._head.startswith(b"HTTP/1.1 200"):
                self.subscribed.set_exception(ProtocolError(self._head.decode(errors="replace")))
            return
        now = time.perf_counter()
        window = self._carry + data
        for found in _MARK.finditer(window):
            self._on(self._records, now - self._sent[int(found[1])])
        # One byte short of a mark, so that none is found twice.
        self._carry = window[1 - _MARK_BYTES :]


def _requests(plan: Plan, signer: Signer) -> Iterator[bytes]:
    for number in range(_PREPARED):
        records = [entry(plan.record_bytes) for _ in range(plan.records_per_request)]
        records[-1]["PartitionKey"] = f"batch-{number:06d}"
        body = json.dumps({"Records": records, "StreamName": plan.stream})
        yield signer.request("PutRecords", body.encode())


async def begin(plan: Plan, signer: Signer, delivered: Delivered, failed: Failed) -> None:
    """Subscribe every consumer, then let the producer begin."""
    loop = asyncio.get_running_loop()
    producer = Producer(plan, signer, failed)
    for consumer in plan.consumers:
        start = {"Type": "LATEST"}
        call = {"ConsumerARN": consumer, "ShardId": "0", "StartingPosition": start}
        request = signer.request("SubscribeToShard", json.dumps(call).encode())
        _, subscriber = await loop.create_connection(
            lambda request=request: Subscriber(request, plan, producer.sent, delivered),  # type: ignore[misc]
            plan.host,
            plan.port,
        )
        await subscriber.subscribed
    await loop.create_connection(lambda: producer, plan.host, plan.port)
