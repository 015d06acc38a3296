"""Copies one source shard, a page at a time: read, part in requests, send, write down."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any

from shardline.copying.answers import out_of_order
from shardline.copying.cursor import TRIM_HORIZON, Cursor, Gone, Page, after, shards_of
from shardline.copying.errors import GaveUp
from shardline.copying.journal import Copied, Journal, Sending
from shardline.copying.records import HashRange, Record, checksum, digest, record_of
from shardline.copying.requests import Shape, requests
from shardline.copying.sender import Sender, Sent


@dataclass(frozen=True, slots=True)
class Way:
    """What the lanes of a stream share: the source, and how records come to the destination.

    `on_records` is told the number of records and bytes of each request that has arrived.
    """

    client: Any
    stream: Mapping[str, str]
    sender: Sender
    shape: Shape
    stop: Event
    on_records: Callable[[int, int], None] = lambda records, size: None


class Lane:
    """One source shard. A step at a time, by any thread."""

    def __init__(self, way: Way, shard: Mapping[str, Any], journal: Journal) -> None:
        self.name: str = shard["ShardId"]
        self.arrived = 0.0
        """When the last record that was read came to the source, in seconds since 1970."""
        self.at_tip = False
        self._way, self._journal = way, journal
        self._range = HashRange.of(shard)
        last = journal.copied.last
        start = after(last) if last else TRIM_HORIZON
        self._cursor = Cursor(way.client, way.stream, self.name, start)
        # What the last run was about to send when it ended.
        self._doubt = journal.copied.sending

    @property
    def copied(self) -> Copied:
        """What has been copied."""
        return self._journal.copied

    def step(self) -> None:
        """Copy the next page. Raises `GaveUp`, and what boto3 raises; what arrived is written down.

        Stopped on the way, it ends behind a request.
        """
        try:
            page = self._read()
        except Gone as error:
            self._expire(error)
            return
        records = [record_of(each, self.name, self._range) for each in page.records]
        try:
            if not self._send_all(records):
                return
        finally:
            self._journal.flush()
        if records:
            self.arrived = records[-1].arrived
        self.at_tip = page.at_tip
        if page.ended:
            self._journal.ends()

    def close(self) -> None:
        """Give up the journal's file."""
        self._journal.close()

    def _read(self) -> Page:
        """The next page; as much of the shard as holds all of the request that is in doubt."""
        page = self._cursor.read()
        records = page.records
        while self._doubt is not None and not (page.at_tip or page.ended):
            if records and int(records[-1]["SequenceNumber"]) >= int(self._doubt.last):
                break
            page = self._cursor.read()
            records = records + page.records
        return page._replace(records=records)

    def _expire(self, error: Gone) -> None:
        """Pass over the shard, if it is the shard that is gone. Raises `GaveUp` else."""
        listed = shards_of(self._way.client, self._way.stream)
        if any(each["ShardId"] == self.name for each in listed):
            raise GaveUp(f"{self.name} cannot be read") from error
        self._journal.ends(lost=True)

    def _send_all(self, records: Sequence[Record]) -> bool:
        """Whether all were sent: not when it was stopped."""
        if self._doubt is not None:
            # In one request again: parts of it could be taken for each other.
            last = int(self._doubt.last)
            doubtful = [each for each in records if int(each.sequence) <= last]
            records = records[len(doubtful) :]
            if doubtful:
                self._send(doubtful, look_first=True)
                self._doubt = None
        for batch in requests(records, self._way.shape):
            if self._way.stop.is_set():
                return False
            self._send(batch)
        return True

    def _send(self, batch: list[Record], *, look_first: bool = False) -> None:
        tips = {shard: span.last for shard, span in self.copied.to.items()}
        self._journal.sends(Sending(batch[0].sequence, batch[-1].sequence, len(batch)))
        sent = self._way.sender.send(batch, tips, look_first=look_first)
        size = sum(record.size for record in batch)
        self._journal.has_arrived(_line(batch, size, sent, out_of_order(batch, sent.places, tips)))
        self._way.on_records(len(batch), size)


def _line(batch: list[Record], size: int, sent: Sent, wrong: int) -> dict[str, Any]:
    """A request that has arrived, as the journal has it."""
    to: dict[str, list[Any]] = {}
    for place in sent.places.values():
        span = to.setdefault(place.shard, [place.sequence, place.sequence, 0])
        span[0] = min(span[0], place.sequence, key=int)
        span[1] = max(span[1], place.sequence, key=int)
        span[2] += 1
    line = {
        "from": [batch[0].sequence, batch[-1].sequence],
        "to": to,
        "records": len(batch),
        "bytes": size,
        "sum": f"{checksum([digest(each.key, each.data) for each in batch]):x}",
        "arrived": batch[-1].arrived,
    }
    counts = {
        "keyless": sum(not each.has_key for each in batch),
        "out_of_order": wrong,
        "resent": sent.resent,
        "found": sent.found,
        "in_doubt": sent.in_doubt,
    }
    return line | {name: count for name, count in counts.items() if count}
