"""The rule of on-demand streams: which shards to split and which to merge, by the load there was.

What AWS says (developer guide, "Choose the right mode", "Quotas and limits"; botocore's model):

* A stream starts with 4 shards. It takes up to double the highest write of the last 30 days; more
  than that within 15 minutes can be throttled, for about 15 minutes.
* A shard that gets more than 500 KB/s is split within 15 minutes, evenly: a single hot key is not
  isolated, and stays bound to what one shard takes.
* A stream grows up to 200 MB/s, or 10 GB/s in three regions. With warm throughput (at most
  10 GiB/s) it keeps room for that much whatever the load.
* After a switch from provisioned mode it has the shards that it had, and follows its load.

What AWS leaves open, and is decided here:

* **Hot** is a shard over 500 KiB/s or 500 records/s, half of either limit, as the mean of a minute.
* **How fast it grows**: every hot shard is split at once, but one that came of a split only after
  14 minutes. So a hot shard is split within 15 minutes, and a stream at most doubles in that time,
  which is what AWS's own sentence about throttles amounts to.
* **Room for twice the peak** is kept by count: when there are fewer shards than twice the peak of
  30 days is worth (after a switch, say), the widest are split.
* **A hot key**: a shard narrower than a sixteenth of the mean width is not split any more. What is
  hot there is a key or a few, which further splits would not part. That bounds the shards that one
  key can cost to about six, without remembering which splits were in vain.
* **When it shrinks**: as long as the 30 days remember a peak, there is room for twice that peak.
  Beyond it, cold neighbours are merged when both have been watched for a day, the natural period
  of load. So a stream at most halves in a day: a night's quiet asks for no merge that the morning
  would take back. Nobody pays here for a shard that stays a day longer.
* **Cold** are two shards which together would be under 400 KiB/s and 400 records/s at the 30 days'
  peak: their highest minutes of a day, raised by what that peak is above the stream's highest
  minute of that day. The gap to what is hot keeps a merge from being split again.
* **Never below 4** holds for shrinking. A stream switched to on-demand with fewer keeps them until
  its load asks for more.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

from shardline.kinesis.hashing import HASH_KEYS
from shardline.kinesis.lineage import open_shards
from shardline.kinesis.load import NONE, SHARD_BYTES, SHARD_RECORDS, Load, total
from shardline.kinesis.resharding import Plan, Steps
from shardline.storage.entities import Shard, Stream

START_SHARDS = 4
HOT = Load(500 * 1024, 500)
COLD = 0.4  # of a shard; hot is about 0.5
SPLIT_AGE_MS = 14 * 60_000
MERGE_AGE_MS = 24 * 3_600_000
NARROW = 16
MAX_SHARDS = 200
MAX_SHARDS_BIG = 10 * 1024
BIG_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
MAX_WARM_MIBPS = 10 * 1024

# Equal ranges are not exactly so: the last one takes what the division leaves over.
_NEAR = 1 << 20


@dataclass(frozen=True, slots=True)
class Reading:
    """The load of a stream as the rule sees it.

    `fresh` is the highest minute of each shard since the last look (which may come late); `highest`
    that of today and yesterday, in shards' worth; `recent` the stream's of the same time, `peak`
    that of 30 days. Shards that are not in them had no load. `watched_ms` is since when loads were
    counted.
    """

    fresh: Mapping[int, Load]
    highest: Mapping[int, float]
    recent: Load = NONE
    peak: Load = NONE
    watched_ms: int = 0


def capacity(shards: int) -> Load:
    """What so many shards take together: 1 MiB/s and 1,000 records/s each, in either mode."""
    return Load(shards * SHARD_BYTES, shards * SHARD_RECORDS)


def upper_bound(region: str, warm_mibps: int = 0) -> int:
    """How many shards a stream grows to. Warm throughput may ask for more than the region's."""
    return max(MAX_SHARDS_BIG if region in BIG_REGIONS else MAX_SHARDS, warm_mibps)


def room_for(peak: Load) -> int:
    """How many shards take twice a peak."""
    return math.ceil(2 * peak.shards)


def decide(stream: Stream, reading: Reading, *, now_ms: int, warm_mibps: int = 0) -> Plan:
    """What a look at a stream that is ACTIVE and on demand asks for; often nothing."""
    shards = open_shards(stream.shards)
    steps = Steps(stream.shards)
    growing = _growing(shards, reading, now_ms, upper_bound(stream.region, warm_mibps))
    for shard in growing:
        steps.split(shard, _middle(shard))
    if not growing:
        least = max(START_SHARDS, warm_mibps, room_for(reading.peak))
        if len(shards) > least:
            settled = {
                shard.number
                for shard in shards
                if now_ms - max(shard.created_s * 1000, reading.watched_ms) >= MERGE_AGE_MS
            }
            loads, widest = _at_peak(shards, reading), _width_of(warm_mibps)
            _merge_cold(steps, shards, loads, settled, least=least, widest=widest)
    return steps.plan()


def warm_up(stream: Stream, warm_mibps: int) -> Plan:
    """Split what is wider than a shard of so many MiB/s should be, until nothing is.

    Evenly spread keys then find room for all of it; there can be up to twice as many shards.
    """
    widest = _width_of(warm_mibps)
    steps = Steps(stream.shards)
    wide = [shard for shard in open_shards(stream.shards) if _width(shard) > widest]
    while wide:
        halves = [half for shard in wide for half in steps.split(shard, _middle(shard))]
        wide = [half for half in halves if _width(half) > widest]
    return steps.plan()


def release(stream: Stream, last: Mapping[int, Load], warm_mibps: int) -> Plan:
    """Merge at once what the last minute's load and the warm throughput leave over."""
    steps = Steps(stream.shards)
    shards = open_shards(stream.shards)
    loads = {shard.number: last.get(shard.number, NONE).shards for shard in shards}
    least = max(START_SHARDS, warm_mibps, room_for(total(last.values())))
    widest, before = _width_of(warm_mibps), 0
    while len(shards) != before:
        before = len(shards)
        everyone = {shard.number for shard in shards}
        shards = _merge_cold(steps, shards, loads, everyone, least=least, widest=widest)
    return steps.plan()


def is_hot(load: Load) -> bool:
    """Whether a shard with this load is to be split."""
    return load.bytes > HOT.bytes or load.records > HOT.records


def _growing(shards: Sequence[Shard], reading: Reading, now_ms: int, most: int) -> Sequence[Shard]:
    """The shards to split, as far as the stream may grow: the hottest, then the widest."""
    narrowest = HASH_KEYS // (NARROW * len(shards))
    able = [
        shard
        for shard in shards
        if _width(shard) >= narrowest
        and (shard.parent is None or now_ms - shard.created_s * 1000 >= SPLIT_AGE_MS)
    ]
    hot = [shard for shard in able if is_hot(reading.fresh.get(shard.number, NONE))]
    hot.sort(key=lambda shard: -reading.fresh[shard.number].shards)
    wanting = room_for(reading.peak) - len(shards) - len(hot)
    if wanting > 0:
        rest = [shard for shard in able if shard not in hot]
        hot += sorted(rest, key=_width, reverse=True)[:wanting]
    return hot[: max(0, most - len(shards))]


def _at_peak(shards: Iterable[Shard], reading: Reading) -> dict[int, float]:
    """What each shard would get at the peak of the 30 days, in shards' worth."""
    recent, peak = reading.recent.shards, reading.peak.shards
    if recent == 0:
        return {shard.number: peak * _width(shard) / HASH_KEYS for shard in shards}
    scale = max(1.0, peak / recent)
    return {shard.number: scale * reading.highest.get(shard.number, 0.0) for shard in shards}


def _merge_cold(
    steps: Steps,
    shards: Sequence[Shard],
    loads: dict[int, float],
    allowed: set[int],
    *,
    least: int,
    widest: int,
) -> list[Shard]:
    """Merge cold neighbours, the coldest first, each shard once; answer the shards after.

    `loads` gets the loads of the shards that come of it.
    """
    pairs = []
    for left, right in pairwise(shards):
        load = loads[left.number] + loads[right.number]
        width = _width(left) + _width(right)
        if load <= COLD and width <= widest and {left.number, right.number} <= allowed:
            pairs.append((load, width, left.hash_start, left, right))
    merged: dict[int, Shard] = {}  # by the number of the left one
    taken: set[int] = set()
    for load, _, _, left, right in sorted(pairs, key=lambda pair: pair[:3]):
        if len(shards) - len(merged) <= least:
            break
        if not taken & {left.number, right.number}:
            taken |= {left.number, right.number}
            merged[left.number] = steps.merge(left, right)
            loads[merged[left.number].number] = load
    kept = [shard for shard in shards if shard.number not in taken]
    return sorted([*kept, *merged.values()], key=attrgetter("hash_start"))


def _width(shard: Shard) -> int:
    return shard.hash_end - shard.hash_start + 1


def _width_of(warm_mibps: int) -> int:
    """How wide a shard may be where so many MiB/s, evenly spread, are to find room."""
    return HASH_KEYS // max(1, warm_mibps) + _NEAR


def _middle(shard: Shard) -> int:
    return (shard.hash_start + shard.hash_end + 1) // 2
