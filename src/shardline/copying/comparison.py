"""Whether a destination has what the source has, key by key. Pure.

Of every record eight bytes are kept, which stand for its key and data. The records of a key, read
from shards whose parents were read before, have one order, as long as they went to their shards by
the key. Those that were put with an explicit hash key have one in each source shard.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from shardline.copying.records import HashRange, digest, explicit_hash

WIDTH = 8
MOST_NAMED = 5


@dataclass(slots=True)
class Seen:
    """The records of some shards: digests by key, and by key and shard where that was explicit."""

    by_key: dict[str, bytearray] = field(default_factory=dict)
    explicit: dict[tuple[str, str], bytearray] = field(default_factory=dict)
    records: int = 0

    def add(self, key: str, data: bytes, shard: str, place: HashRange | None) -> None:
        """Take in the next record of a shard. Without `place` it counts as one that went by key."""
        self.records += 1
        found = digest(key, data)
        if place is None or explicit_hash(key, place) is None:
            self.by_key.setdefault(key, bytearray()).extend(found)
        else:
            self.explicit.setdefault((key, shard), bytearray()).extend(found)

    def take(self, other: "Seen") -> None:
        """Take in what was seen of a shard, whose parents have been taken in before."""
        self.records += other.records
        for key, digests in other.by_key.items():
            self.by_key.setdefault(key, bytearray()).extend(digests)
        for place, digests in other.explicit.items():
            self.explicit.setdefault(place, bytearray()).extend(digests)


@dataclass(slots=True)
class Differences:
    """What the destination has otherwise, in records; `keys` names a few of the keys.

    `missing`: a record that is changed is missing too. `doubled`: once more than at the source.
    `reordered`: behind one that it is before at the source; of keys that miss nothing. `others`:
    records that are not the source's; no difference, since others may write to the destination.
    """

    missing: int = 0
    doubled: int = 0
    reordered: int = 0
    others: int = 0
    keys: list[str] = field(default_factory=list)


def compare(source: Seen, there: Seen) -> Differences:
    """Compare all keys of the source with those of the destination."""
    found = Differences()
    explicit: dict[str, list[list[bytes]]] = {}
    for (key, _), digests in source.explicit.items():
        explicit.setdefault(key, []).append(_parted(digests))
    none = bytearray()
    for key in source.by_key.keys() | explicit.keys():
        own, other = source.by_key.get(key, none), there.by_key.get(key, none)
        if key not in explicit and own == other:
            continue
        _compare_key(found, key, [_parted(own), *explicit.get(key, ())], _parted(other))
    foreign = there.by_key.keys() - source.by_key.keys() - explicit.keys()
    found.others += sum(len(there.by_key[key]) for key in foreign) // WIDTH
    return found


def _compare_key(
    found: Differences, key: str, sequences: list[list[bytes]], there: list[bytes]
) -> None:
    wanted = Counter(digest for sequence in sequences for digest in sequence)
    has = Counter(there)
    missing = (wanted - has).total()
    reordered = 0 if missing else sum(_reordered(each, there) for each in sequences)
    more = has - wanted
    doubled = sum(count for digest, count in more.items() if digest in wanted)
    found.missing += missing
    found.doubled += doubled
    found.others += more.total() - doubled
    found.reordered += reordered
    if (missing or doubled or reordered) and len(found.keys) < MOST_NAMED:
        found.keys.append(key)


def _reordered(sequence: list[bytes], there: Iterable[bytes]) -> int:
    """How many records of a sequence do not follow those before them at the destination."""
    places: dict[bytes, list[int]] = {}
    for number, each in enumerate(there):
        places.setdefault(each, []).append(number)
    wrong, latest = 0, -1
    for each in sequence:
        following = bisect_right(places[each], latest)
        if following < len(places[each]):
            latest = places[each][following]
        else:
            wrong += 1
    return wrong


def _parted(digests: bytearray) -> list[bytes]:
    return [bytes(digests[start : start + WIDTH]) for start in range(0, len(digests), WIDTH)]
