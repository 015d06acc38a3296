"""Reads the source and the destination again, as far as was copied, and compares them."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from shardline.copying.comparison import Differences, Seen, compare
from shardline.copying.cursor import (
    READ_INTERVAL_S,
    TRIM_HORIZON,
    Cursor,
    Gone,
    Pace,
    Page,
    shards_of,
)
from shardline.copying.journal import Copied
from shardline.copying.lineage import Lineage
from shardline.copying.records import HashRange
from shardline.copying.tail import Starts, iterator_start

WORKERS = 8


@dataclass(frozen=True, slots=True)
class Side:
    """A stream to be read."""

    client: Any
    stream: Mapping[str, str]
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of reading again.

    `source` and `destination` are the records that were read; `expired` those that were copied, and
    which the source does not have any more.
    """

    source: int
    destination: int
    expired: int
    differences: Differences

    @property
    def is_well(self) -> bool:
        """Whether every record that could be compared is there once and in order.

        Records that have expired at the source look doubled where a later one is the same.
        """
        found = self.differences
        return not (found.missing or found.reordered or found.doubled > self.expired)


def verify(
    source: Side, destination: Side, copied: Mapping[str, Copied], starts: Starts
) -> Verdict:
    """Compare what was `copied` of each source shard with the destination. Raises as boto3 does."""

    def of_source(shard: Mapping[str, Any]) -> Seen:
        done = copied.get(shard["ShardId"])
        if done is None or done.last is None:
            return Seen()
        return _read_source(source, shard, int(done.last))

    def of_destination(shard: Mapping[str, Any]) -> Seen:
        begin = iterator_start(starts.get(shard["ShardId"]))
        return Seen() if begin is None else _read_all(destination, shard["ShardId"], begin)

    here = _in_order(source, of_source)
    there = _in_order(destination, of_destination)
    total = sum(done.records for done in copied.values())
    return Verdict(here.records, there.records, total - here.records, compare(here, there))


def _in_order(side: Side, read: Callable[[Mapping[str, Any]], Seen]) -> Seen:
    """All shards of a stream, parents before children."""
    shards = {shard["ShardId"]: shard for shard in shards_of(side.client, side.stream)}
    lineage, seen = Lineage(), Seen()
    lineage.learn(shards.values())
    with ThreadPoolExecutor(WORKERS) as pool:
        while names := lineage.ready():
            for name, part in zip(names, pool.map(read, map(shards.get, names)), strict=True):
                seen.take(part)
                lineage.finish(name)
    return seen


def _read_source(side: Side, shard: Mapping[str, Any], last: int) -> Seen:
    """The records of a source shard up to a sequence number."""
    seen, name, place = Seen(), shard["ShardId"], HashRange.of(shard)
    for page in _pages(side, name, TRIM_HORIZON):
        for each in page.records:
            if int(each["SequenceNumber"]) > last:
                return seen
            seen.add(each.get("PartitionKey") or name, each["Data"], name, place)
    return seen


def _read_all(side: Side, name: str, begin: Mapping[str, Any]) -> Seen:
    seen = Seen()
    for page in _pages(side, name, begin):
        for each in page.records:
            seen.add(each.get("PartitionKey") or "", each["Data"], name, None)
    return seen


def _pages(side: Side, name: str, begin: Mapping[str, Any]) -> Iterator[Page]:
    """Pages to the end of a shard, or to its tip."""
    cursor = Cursor(side.client, side.stream, name, begin)
    while True:
        begun = side.pace.now()
        try:
            page = cursor.read()
        except Gone:
            return
        yield page
        if page.at_tip or page.ended:
            return
        side.pace.sleep(max(0.0, begun + READ_INTERVAL_S - side.pace.now()))
