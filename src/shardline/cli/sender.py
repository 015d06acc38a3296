"""Records into a stream by PutRecords, until every one has been acknowledged."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shardline.cli.client import address

# A try that brings not one record in is a vain one; this many in a row, about 25 s, are enough.
VAIN_TRIES = 10
FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 5.0


@dataclass(slots=True)
class Tally:
    """What has been acknowledged: records, bytes (data and keys), records of each shard."""

    records: int = 0
    bytes: int = 0
    resent: int = 0
    per_shard: Counter[str] = field(default_factory=Counter)


class GaveUpError(Exception):
    """Records that the stream refused again and again. Says how many, and why."""


class Sender:
    """Puts batches into one stream, one request at a time, so that records keep their order.

    A record that PutRecords refuses (throttled, or an internal failure) is sent again, after a
    growing random delay; later records of the same request may then be before it. A request
    whose answer was lost is sent again by the SDK, which can double its records: at least once,
    as with every Kinesis producer.
    """

    def __init__(
        self, client: Any, stream: str, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.tally = Tally()
        self._put = client.put_records
        self._stream = address(stream)
        self._sleep = sleep

    def send(self, entries: list[dict[str, Any]]) -> None:
        """Return when all are acknowledged. Raises `GaveUpError`, and botocore's ClientError."""
        vain = 0
        while entries:
            answers = self._put(Records=entries, **self._stream)["Records"]
            refused = self._count(entries, answers)
            if not refused:
                return
            vain = vain + 1 if len(refused) == len(entries) else 0
            if vain == VAIN_TRIES:
                why = next(answer for answer in answers if "ErrorCode" in answer)
                raise GaveUpError(
                    f"{len(refused):,} records were refused {VAIN_TRIES} times: "
                    f"{why['ErrorCode']}: {why.get('ErrorMessage')}"
                )
            self._sleep(back_off(vain))
            self.tally.resent += len(refused)
            entries = refused

    def _count(
        self, entries: list[dict[str, Any]], answers: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Count what was acknowledged and answer what was not."""
        refused = []
        tally = self.tally
        for entry, answer in zip(entries, answers, strict=True):
            if "ErrorCode" in answer:
                refused.append(entry)
                continue
            tally.bytes += len(entry["Data"]) + len(entry["PartitionKey"].encode())
            tally.per_shard[answer["ShardId"]] += 1
        tally.records += len(entries) - len(refused)
        return refused


def back_off(vain: int) -> float:
    """Seconds to wait after that many vain tries: random, doubling, bounded."""
    longest = min(LONGEST_DELAY_S, FIRST_DELAY_S * float(2**vain))
    return random.uniform(0.5, 1.0) * longest
