"""What the destination has got since a copy began."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shardline.copying.answers import Found, Place
from shardline.copying.cursor import TRIM_HORIZON, Cursor, Gone, after, shards_of
from shardline.copying.records import HashRange, Record

MARGIN_S = 300.0
"""By how much the clocks of the destination and of this machine may differ."""

Starts = Mapping[str, Mapping[str, Any]]
"""Where each shard of the destination was when the copy began: `{"after": sequence number}`,
`{"at": seconds since 1970}` where nothing had come for a while, or `{"closed": true}`. What is not
among them had nothing, or came later."""


def starts_of(client: Any, stream: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Where the shards of a stream are now. Raises what boto3 raises."""
    return {
        shard["ShardId"]: {"closed": True} if is_closed(shard) else _end_of(client, stream, shard)
        for shard in shards_of(client, stream)
    }


def is_closed(shard: Mapping[str, Any]) -> bool:
    """Whether nothing more comes into a shard."""
    return "EndingSequenceNumber" in shard["SequenceNumberRange"]


def _end_of(client: Any, stream: Mapping[str, str], shard: Mapping[str, Any]) -> dict[str, Any]:
    at_s = time.time() - MARGIN_S
    last: str | None = None
    cursor = Cursor(client, stream, shard["ShardId"], _at(at_s))
    while True:
        page = cursor.read()
        if page.records:
            last = page.records[-1]["SequenceNumber"]
        if page.at_tip or page.ended:
            return {"after": last} if last else {"at": at_s}


def _at(seconds: float) -> dict[str, Any]:
    timestamp = datetime.fromtimestamp(seconds, UTC)
    return {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": timestamp}


def iterator_start(start: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The start of a shard for GetShardIterator; None where there is nothing to be read."""
    if start is None:
        return TRIM_HORIZON
    if "closed" in start:
        return None
    return after(start["after"]) if "after" in start else _at(start["at"])


class Tail:
    """Reads what a stream has got, as far as some records would be there."""

    def __init__(self, client: Any, stream: Mapping[str, str], starts: Starts) -> None:
        self._client, self._stream, self._starts = client, stream, starts

    def __call__(self, records: Sequence[Record], tips: Mapping[str, str]) -> Iterator[Found]:
        """What lies behind `tips`, or behind the start, in the shards where the records belong."""
        hashes = [record.hash_key for record in records]
        for shard in shards_of(self._client, self._stream):
            name, place = shard["ShardId"], HashRange.of(shard)
            if not any(place.start <= each <= place.end for each in hashes):
                continue
            start = {"after": tips[name]} if name in tips else self._starts.get(name)
            begin = iterator_start(start)
            if begin is not None:
                yield from self._read(name, begin)

    def _read(self, name: str, begin: Mapping[str, Any]) -> Iterator[Found]:
        cursor = Cursor(self._client, self._stream, name, begin)
        while True:
            try:
                page = cursor.read()
            except Gone:
                return
            for each in page.records:
                place = Place(name, each["SequenceNumber"])
                yield Found(place, each.get("PartitionKey") or "", each["Data"])
            if page.at_tip or page.ended:
                return
