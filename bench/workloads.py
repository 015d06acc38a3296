"""What one connection asks, and what it makes of the answers."""

import base64
import itertools
import json
import os
import random
import re
from collections.abc import Iterator
from typing import Protocol

from bench.answers import AnswerReader
from bench.plan import Plan
from bench.signing import Signer

PARTITION_KEYS = [f"device-{number:05d}" for number in range(10_000)]
# How much signed load is made before the clock starts.
_PREPARED_RECORDS = 20_000
_PREPARED_BYTES = 32 << 20

_FAILED_COUNT = re.compile(rb'"FailedRecordCount":\s*(\d+)')
_NEXT_ITERATOR = re.compile(rb'"NextShardIterator":\s*"([^"]+)"')

SEQUENCE_NUMBER = b'"SequenceNumber"'


class Workload(Protocol):
    def next_request(self) -> bytes: ...

    def accepted(self, answer: AnswerReader) -> int | None:
        """How many records were put or read; None for a refusal, of one record or of all."""
        ...


def entry(record_bytes: int) -> dict[str, str]:
    """One record of a request."""
    return {
        "Data": base64.b64encode(os.urandom(record_bytes)).decode(),
        "PartitionKey": random.choice(PARTITION_KEYS),
    }


def _bodies(plan: Plan) -> Iterator[tuple[str, bytes]]:
    """Operation and body, written as botocore writes them."""
    per_request = plan.records_per_request
    bound = min(_PREPARED_RECORDS, _PREPARED_BYTES // plan.record_bytes)
    streams = (plan.stream, *plan.more_streams)
    for number in range(max(len(streams), bound // per_request)):
        stream = streams[number % len(streams)]
        if per_request == 1:
            body = {"StreamName": stream, **entry(plan.record_bytes)}
            yield "PutRecord", json.dumps(body).encode()
        else:
            records = [entry(plan.record_bytes) for _ in range(per_request)]
            body_n = {"Records": records, "StreamName": stream}
            yield "PutRecords", json.dumps(body_n).encode()


class Puts:
    """Sends signed requests that were made beforehand, in turn; shared by all connections."""

    def __init__(self, plan: Plan, signer: Signer) -> None:
        requests = [signer.request(operation, body) for operation, body in _bodies(plan)]
        self._requests = itertools.cycle(requests)
        self._per_request = plan.records_per_request

    def next_request(self) -> bytes:
        return next(self._requests)

    def accepted(self, answer: AnswerReader) -> int | None:
        if answer.status != 200:
            return None
        if self._per_request == 1:
            return 1 if answer.count else None
        failed = _FAILED_COUNT.search(answer.head) or _FAILED_COUNT.search(answer.tail)
        return self._per_request if failed and failed[1] == b"0" else None


class Reads:
    """Walks one shard from its beginning, again and again; one per connection."""

    def __init__(self, plan: Plan, signer: Signer, shard: int) -> None:
        self._signer = signer
        self._beginning = self._iterator = plan.iterators[shard]

    def next_request(self) -> bytes:
        body = f'{{"ShardIterator": "{self._iterator}", "Limit": 10000}}'
        return self._signer.request("GetRecords", body.encode())

    def accepted(self, answer: AnswerReader) -> int | None:
        if answer.status != 200:
            return None
        following = _NEXT_ITERATOR.search(answer.head) or _NEXT_ITERATOR.search(answer.tail)
        if following and answer.count:
            self._iterator = following[1].decode()
        else:
            self._iterator = self._beginning
        return answer.count


def workload_of(plan: Plan, signer: Signer) -> list[Workload]:
    """One workload per connection."""
    if plan.workload == "put":
        return [Puts(plan, signer)] * plan.connections
    shards = len(plan.iterators)
    return [Reads(plan, signer, number % shards) for number in range(plan.connections)]
