"""Reads one shard, page by page, with boto3's client.

AWS allows five GetRecords a second on a shard, for all readers together: who reads waits
`READ_INTERVAL_S` between two pages.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from shardline.copying.errors import GaveUp

READ_INTERVAL_S = 0.25
MOST_RECORDS = 10_000  # AWS: GetRecords, Limit
TRIES = 3
SMALL_RECORDS, SMALL_BYTES = 1000, 1024 * 1024


class Page(NamedTuple):
    """What one GetRecords brought. `at_tip`: nothing was left; `ended`: nothing more will come."""

    records: list[dict[str, Any]]
    at_tip: bool
    ended: bool


class Gone(LookupError):
    """The shard is not there any more: its records have expired."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Time, in seconds."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


TRIM_HORIZON: Mapping[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}


def after(sequence: str) -> dict[str, Any]:
    """The start behind a record."""
    return {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": sequence}


class Cursor:
    """A place in a shard, from a start as GetShardIterator takes it."""

    def __init__(
        self, client: Any, stream: Mapping[str, str], shard: str, start: Mapping[str, Any]
    ) -> None:
        self._client, self._stream, self._shard = client, stream, shard
        self._start = start
        self._iterator: str | None = None

    def read(self) -> Page:
        """The next page. Raises `Gone`, and what boto3 raises; then the place stays the same."""
        try:
            answer = self._answer()
        except self._client.exceptions.ResourceNotFoundException as error:
            raise Gone(self._shard) from error
        records: list[dict[str, Any]] = answer["Records"]
        self._iterator = answer.get("NextShardIterator")
        if records:
            self._start = after(records[-1]["SequenceNumber"])
        at_tip = answer.get("MillisBehindLatest") == 0 and _is_small(records)
        return Page(records, at_tip, ended=self._iterator is None)

    def _answer(self) -> Any:
        """One answer; a place whose iterator has expired (5 minutes) is found again.

        botocore takes an answer that was cut off behind its head for one without members.
        """
        why: Exception = GaveUp(f"the answers about {self._shard} are cut off")
        for _ in range(TRIES):
            if self._iterator is None:
                found = self._client.get_shard_iterator(
                    ShardId=self._shard, **self._stream, **self._start
                )
                self._iterator = found.get("ShardIterator")
                if self._iterator is None:
                    continue
            try:
                answer = self._client.get_records(ShardIterator=self._iterator, Limit=MOST_RECORDS)
                if "Records" in answer:
                    return answer
            except self._client.exceptions.ExpiredIteratorException as error:
                self._iterator, why = None, error
        raise why


def _is_small(records: list[dict[str, Any]]) -> bool:
    """Whether a page is far from what one answer may hold.

    An emulator may count no time, and always say that nothing is left: a page that may have been
    cut short is not the last one, whatever it says.
    """
    if len(records) >= SMALL_RECORDS:
        return False
    return sum(len(record["Data"]) for record in records) < SMALL_BYTES


def shards_of(client: Any, stream: Mapping[str, str]) -> list[dict[str, Any]]:
    """All shards that a stream still has, as ListShards gives them."""
    pages = client.get_paginator("list_shards").paginate(**stream)
    return [shard for page in pages for shard in page["Shards"]]
