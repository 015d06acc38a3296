"""A reader of a whole stream: every shard, parents before children, politely.

AWS allows five GetRecords a second on a shard, for all readers together. This one stays below by
itself, whether it has to catch up or waits for news; one answer holds up to 10,000 records.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shardline.cli.client import address
from shardline.copying.lineage import Lineage

READ_INTERVAL_S = 0.25
MOST_RECORDS = 10_000


@dataclass(frozen=True, slots=True)
class Batch:
    """What one GetRecords brought: at least one record, as boto3 gives them."""

    shard: str
    records: list[dict[str, Any]]


class UnknownShardError(LookupError):
    """The stream has no shard of that id."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Time, for the reader: both in seconds."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(slots=True)
class _Place:
    """Where the reader is in one shard. Without an iterator the shard was read to its end."""

    iterator: str | None = None
    last_sequence: str | None = None
    next_read: float = 0.0
    caught_up: bool = False


class StreamReader:
    """Reads a stream from a time on (None: from the oldest record), or one shard of it alone."""

    def __init__(
        self,
        client: Any,
        stream: str,
        *,
        since: datetime | None = None,
        only_shard: str | None = None,
        most_records: int = MOST_RECORDS,
        pace: Pace | None = None,
    ) -> None:
        self._client = client
        self._stream = address(stream)
        self._since = since
        self._only_shard = only_shard
        self._most_records = most_records
        self._pace = pace or Pace()
        self._lineage = Lineage()
        self._places: dict[str, _Place] = {}

    def batches(self, keep_on: Callable[[], bool]) -> Iterator[Batch]:
        """Batches of every shard in turn, as long as `keep_on` says so, and then what is left.

        `keep_on` is asked before each read. Once it says no, this ends when every shard has been
        read up to then, the children of reshards that happened before included. Raises what
        botocore raises, and `UnknownShardError`; a shard that expires meanwhile is passed over.
        """
        self._learn()
        if self._only_shard and not self._places:
            raise UnknownShardError(self._only_shard)
        while self._places:
            for shard, place in list(self._places.items()):
                following = keep_on()
                if place.caught_up and not following:
                    continue
                yield from self._read(shard, place, following)
                if place.iterator is None:
                    del self._places[shard]
                    self._lineage.finish(shard)
                    self._learn()
            if not keep_on() and all(place.caught_up for place in self._places.values()):
                # A shard can close between its last read and now, with records in its children.
                self._learn()
                if not self._reopen_closed():
                    return

    def _learn(self) -> None:
        """Ask for the shards, and begin those that may be read now."""
        pages = self._client.get_paginator("list_shards").paginate(**self._stream)
        shards = [shard for page in pages for shard in page["Shards"]]
        if self._only_shard:
            shards = [shard for shard in shards if shard["ShardId"] == self._only_shard]
        self._lineage.learn(shards)
        for name in self._lineage.ready():
            self._places[name] = _Place()

    def _reopen_closed(self) -> bool:
        """Whether any shard that seemed read has closed, and so has to be read to its end."""
        closed = [place for name, place in self._places.items() if self._lineage.is_closed(name)]
        for place in closed:
            place.caught_up = False
        return bool(closed)

    def _read(self, shard: str, place: _Place, following: bool) -> Iterator[Batch]:
        self._wait_for(place)
        try:
            answer = self._get_records(shard, place)
        except self._client.exceptions.ResourceNotFoundException:
            if self._is_listed(shard):
                raise
            place.iterator = None
            return
        place.iterator = answer.get("NextShardIterator")
        # What was read while there was still more to come says nothing about the end.
        at_tip = answer.get("MillisBehindLatest", 0) == 0 and not self._lineage.is_closed(shard)
        place.caught_up = at_tip and not following
        if records := answer["Records"]:
            place.last_sequence = records[-1]["SequenceNumber"]
            yield Batch(shard, records)

    def _wait_for(self, place: _Place) -> None:
        wait = place.next_read - self._pace.now()
        if wait > 0:
            self._pace.sleep(wait)
        place.next_read = self._pace.now() + READ_INTERVAL_S

    def _get_records(self, shard: str, place: _Place) -> dict[str, Any]:
        """One answer; a place whose iterator has expired (5 minutes) is found again."""
        for _ in range(2):
            iterator = place.iterator or self._iterator(shard, place)
            try:
                answer: dict[str, Any] = self._client.get_records(
                    ShardIterator=iterator, Limit=self._most_records
                )
                return answer
            except self._client.exceptions.ExpiredIteratorException as error:
                expired = error
                place.iterator = None
        raise expired

    def _iterator(self, shard: str, place: _Place) -> str:
        if place.last_sequence:
            start: dict[str, Any] = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "StartingSequenceNumber": place.last_sequence,
            }
        elif self._since:
            start = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": self._since}
        else:
            start = {"ShardIteratorType": "TRIM_HORIZON"}
        answer = self._client.get_shard_iterator(ShardId=shard, **self._stream, **start)
        iterator: str = answer["ShardIterator"]
        return iterator

    def _is_listed(self, shard: str) -> bool:
        pages = self._client.get_paginator("list_shards").paginate(**self._stream)
        return any(found["ShardId"] == shard for page in pages for found in page["Shards"])
