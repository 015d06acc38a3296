"""What became of the records of a request: by an answer, and by what the destination has. Pure."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from shardline.copying.records import Record

UNKNOWN = "InternalFailure"
"""An error code of a record that may have been written all the same."""


class Place(NamedTuple):
    """Where a record is at the destination."""

    shard: str
    sequence: str


class Found(NamedTuple):
    """A record that was read at the destination."""

    place: Place
    key: str
    data: bytes


class Sorted(NamedTuple):
    """An answer of PutRecords. `arrived` by position in the request; `why` of one that did not."""

    arrived: dict[int, Place]
    is_unknown: bool
    why: str


def sort_answer(answer: Mapping[str, Any], positions: Sequence[int]) -> Sorted:
    """Sort an answer by the positions that its records have in the request."""
    arrived: dict[int, Place] = {}
    is_unknown, why = False, ""
    for position, each in zip(positions, answer["Records"], strict=True):
        code = each.get("ErrorCode")
        if code is None:
            arrived[position] = Place(each["ShardId"], each["SequenceNumber"])
        else:
            is_unknown = is_unknown or code == UNKNOWN
            why = f"{code}: {each.get('ErrorMessage')}"
    return Sorted(arrived, is_unknown, why)


def recognized(
    records: Sequence[Record], missing: Iterable[int], found: Iterable[Found], known: set[Place]
) -> dict[int, Place]:
    """Which of the `missing` positions are among what was found, in the order of both.

    `known` are places of other records of the request. Records with the same key and data are
    alike: the first that is missing is taken for the first that was found.
    """
    waiting: dict[tuple[str, bytes], deque[int]] = defaultdict(deque)
    for position in missing:
        waiting[records[position].key, records[position].data].append(position)
    arrived: dict[int, Place] = {}
    for each in found:
        positions = waiting.get((each.key, each.data))
        if positions and each.place not in known:
            arrived[positions.popleft()] = each.place
    return arrived


def out_of_order(
    records: Sequence[Record], places: Mapping[int, Place], tips: Mapping[str, str]
) -> int:
    """How many records came to lie before one of their key that they follow at the source.

    `tips` has the highest sequence number of each destination shard from the requests before. A
    record below it is counted, whatever the keys of those were.
    """
    wrong = 0
    latest: dict[tuple[str, str], int] = {}
    before = {shard: int(tip) for shard, tip in tips.items()}
    for position, record in enumerate(records):
        shard, number = places[position].shard, int(places[position].sequence)
        if number < max(latest.get((shard, record.key), 0), before.get(shard, 0)):
            wrong += 1
        else:
            latest[shard, record.key] = number
    return wrong
