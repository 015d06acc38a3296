"""The write load of on-demand streams: counted where records are put, by shard and clock minute.

A put costs one call per request and one addition per shard. What a minute brought is worked out
when the next one begins, or when somebody asks. Rates are means over a whole minute; nothing of
the minute that is still going on is in them.

What is kept of a stream: its last full minute by shard, the highest minute of each shard since the
last look, and of today and yesterday, and the highest minute of each day (UTC) of the last 30. Only
the last outlives the process; the book-keeping of it is in `on_demand_scaler`. Which period AWS
measures a peak over is not known; a minute is what its metrics have.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shardline.storage.entities import DayPeak, Stream
from shardline.storage.record_log import Appended, Batch, Refused

MINUTE_MS = 60_000
MINUTES_PER_DAY = 1440
PEAK_DAYS = 30
SHARD_BYTES = 1_048_576
SHARD_RECORDS = 1000


class Load(NamedTuple):
    """Bytes (data and partition keys) and records, each per second."""

    bytes: float = 0.0
    records: float = 0.0

    @property
    def shards(self) -> float:
        """How many shards' worth it is: a shard takes 1 MiB/s and 1,000 records/s."""
        return max(self.bytes / SHARD_BYTES, self.records / SHARD_RECORDS)

    def within_a_shard(self) -> "Load":
        """What of it a shard can take on AWS."""
        return Load(min(self.bytes, SHARD_BYTES), min(self.records, SHARD_RECORDS))


NONE = Load()


def highest(loads: Iterable[Load]) -> Load:
    """The highest of each kind; nothing of nothing."""
    most_bytes = most_records = 0.0
    for load in loads:
        most_bytes = max(most_bytes, load.bytes)
        most_records = max(most_records, load.records)
    return Load(most_bytes, most_records)


def total(loads: Iterable[Load]) -> Load:
    """The load of a stream whose shards have these loads.

    No shard counts for more than it can take on AWS. A server that throttles nobody may take any
    load through one shard; the stream then grows step by step, as it does where the rest is
    refused, and one hot key asks for one shard, not for hundreds.
    """
    all_bytes = all_records = 0.0
    for load in loads:
        all_bytes += min(load.bytes, SHARD_BYTES)
        all_records += min(load.records, SHARD_RECORDS)
    return Load(all_bytes, all_records)


@dataclass(slots=True)
class StreamLoad:
    """What is known of one stream's load. Minutes and days are counted from 1970, in UTC."""

    minute: int
    counts: dict[int, list[int]] = field(default_factory=dict)  # shard: [bytes, records]
    last: Mapping[int, Load] = field(default_factory=dict)  # of the minute before `minute`
    fresh: dict[int, Load] = field(default_factory=dict)  # shard: its highest that is not looked at
    day: int = 0  # the day of `today`
    today: dict[int, float] = field(default_factory=dict)  # shard: its highest, in shards' worth
    yesterday: dict[int, float] = field(default_factory=dict)
    days: dict[int, Load] = field(default_factory=dict)
    changed: bool = False  # `days`, since it was last stored

    def add(self, minute: int, shard: int, size: int, records: int) -> None:
        """Count what a shard took. What comes late counts to the minute that is going on."""
        if minute > self.minute:
            self.turn(minute)
        count = self.counts.get(shard)
        if count is None:
            self.counts[shard] = [size, records]
        else:
            count[0] += size
            count[1] += records

    def turn(self, minute: int) -> None:
        """Let `minute` be the one that is going on: all before are complete."""
        if minute <= self.minute:
            return
        rates = {shard: Load(b / 60, r / 60) for shard, (b, r) in self.counts.items()}
        self._note_peaks(rates, self.minute // MINUTES_PER_DAY)
        self._turn_day(minute // MINUTES_PER_DAY)
        self.last = rates if minute == self.minute + 1 else {}
        self.counts = {}
        self.minute = minute

    def _turn_day(self, day: int) -> None:
        if day > self.day:
            self.yesterday = self.today if day == self.day + 1 else {}
            self.today = {}
            self.day = day

    def _note_peaks(self, rates: Mapping[int, Load], day: int) -> None:
        self._turn_day(day)
        for shard, rate in rates.items():
            self.fresh[shard] = highest((self.fresh[shard], rate)) if shard in self.fresh else rate
            worth = rate.shards
            if worth > self.today.get(shard, 0.0):
                self.today[shard] = worth
        before = self.days.get(day, NONE)
        after = highest((before, total(rates.values())))
        if after != before:
            self.days[day] = after
            self.changed = True

    def peak(self) -> Load:
        """The highest minute of today and the 30 days before."""
        today = self.minute // MINUTES_PER_DAY
        old = [day for day in self.days if day < today - PEAK_DAYS]
        for day in old:
            del self.days[day]
            self.changed = True
        return highest(self.days.values())

    def recent(self) -> Load:
        """The highest minute of today and yesterday."""
        today = self.minute // MINUTES_PER_DAY
        return highest(load for day, load in self.days.items() if day >= today - 1)

    def highest(self, shards: Iterable[int]) -> dict[int, float]:
        """The highest minute of these shards of today and yesterday, in shards' worth.

        The others are closed by now, and are forgotten.
        """
        found = {n: max(self.today.get(n, 0.0), self.yesterday.get(n, 0.0)) for n in shards}
        for peaks in (self.today, self.yesterday):
            for gone in peaks.keys() - found.keys():
                del peaks[gone]
        return found

    def forget(self) -> None:
        """Forget every peak but the last full minute: what it asked for is given up."""
        self.days.clear()
        self.today.clear()
        self.yesterday.clear()
        self.fresh.clear()
        self.changed = True
        self._note_peaks(self.last, (self.minute - 1) // MINUTES_PER_DAY)


class ShardCount(NamedTuple):
    """What a shard took in a minute, as one process tells others."""

    stream: str  # its id
    shard: int
    minute: int
    bytes: int
    records: int


class LoadMeter:
    """Counts the load of every on-demand stream of a node. No I/O, no clock.

    Of several processes each tells the others what it counted (`keep_untold`, `take_untold`), so
    that all know all of it.
    """

    def __init__(self) -> None:
        self._streams: dict[str, StreamLoad] = {}
        self._untold: dict[tuple[str, int, int], list[int]] | None = None

    def count(
        self, stream: Stream, batches: Sequence[Batch], answers: Sequence[Appended | Refused]
    ) -> None:
        """Count what was appended for one request: called once, with what the log answered."""
        if stream.mode != "ON_DEMAND":
            return
        for batch, answer in zip(batches, answers, strict=True):
            if isinstance(answer, Appended):
                minute = answer.arrived_ms // MINUTE_MS
                load = self._streams.get(stream.id)
                if load is None:
                    load = self._streams[stream.id] = StreamLoad(minute)
                size = sum(map(len, batch.datas)) + sum(map(len, batch.keys))
                load.add(minute, batch.shard, size, len(batch.datas))
                if self._untold is not None:
                    untold = self._untold.setdefault((stream.id, batch.shard, minute), [0, 0])
                    untold[0] += size
                    untold[1] += len(batch.datas)

    def keep_untold(self) -> None:
        """Keep from now on what other processes are to be told."""
        self._untold = {}

    def take_untold(self) -> list[ShardCount]:
        """What was counted since it was last asked for."""
        untold, self._untold = self._untold or {}, {}
        return [ShardCount(*place, *count) for place, count in untold.items()]

    def add(self, counts: Iterable[ShardCount]) -> None:
        """Count what other processes counted."""
        for stream_id, shard, minute, size, records in counts:
            load = self._streams.setdefault(stream_id, StreamLoad(minute))
            load.add(minute, shard, size, records)

    def at(self, stream_id: str, now_ms: int) -> StreamLoad:
        """The load of a stream, complete up to the minute that is going on."""
        minute = now_ms // MINUTE_MS
        load = self._streams.setdefault(stream_id, StreamLoad(minute))
        load.turn(minute)
        return load

    def restore(self, peaks: Iterable[DayPeak], now_ms: int) -> None:
        """Take over what an earlier process stored, beside what this one counted."""
        for peak in peaks:
            load = self._streams.setdefault(peak.stream_id, StreamLoad(now_ms // MINUTE_MS))
            stored = Load(peak.bytes, peak.records)
            load.days[peak.day] = highest((load.days.get(peak.day, NONE), stored))

    def keep_only(self, stream_ids: set[str]) -> None:
        """Forget the streams that are gone."""
        for stream_id in self._streams.keys() - stream_ids:
            del self._streams[stream_id]

    def take_changed(self) -> dict[str, list[DayPeak]]:
        """The peaks to store: of each stream where they changed, all of them. Asked for once."""
        changed = {id_: load for id_, load in self._streams.items() if load.changed}
        for load in changed.values():
            load.changed = False
        return {
            stream_id: [
                DayPeak(stream_id, day, math.ceil(peak.bytes), math.ceil(peak.records))
                for day, peak in sorted(load.days.items())
            ]
            for stream_id, load in changed.items()
        }

    def not_stored(self, stream_ids: Iterable[str]) -> None:
        """Take note that what `take_changed` answered could not be stored."""
        for stream_id in stream_ids:
            if stream_id in self._streams:
                self._streams[stream_id].changed = True
