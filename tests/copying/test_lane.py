"""What a lane says on disk before a request goes out, and does with one that is in doubt."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from shardline.copying.answers import Place
from shardline.copying.errors import GaveUp
from shardline.copying.journal import Journal, Sending
from shardline.copying.lane import Lane, Way
from shardline.copying.records import Record
from shardline.copying.requests import Shape
from shardline.copying.sender import Sent

SHARD = {
    "ShardId": "shardId-0",
    "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": str(2**128 - 1)},
}


class Source:
    """A client of a shard of 20 records, which gives four at a time."""

    class exceptions:  # noqa: N801
        class ExpiredIteratorException(Exception):
            pass

        class ResourceNotFoundException(Exception):
            pass

    def get_shard_iterator(self, **call: Any) -> Any:
        return {"ShardIterator": call.get("StartingSequenceNumber", "0")}

    def get_records(self, *, ShardIterator: str, Limit: int) -> Any:  # noqa: N803
        first = int(ShardIterator) + 1
        numbers = range(first, min(20, first + 3) + 1)
        records = [
            {
                "SequenceNumber": str(n),
                "PartitionKey": f"k{n}",
                "Data": b"",
                "ApproximateArrivalTimestamp": float(n),
            }
            for n in numbers
        ]
        last = numbers[-1] if numbers else first - 1
        behind = 0 if last == 20 else 1
        return {"Records": records, "NextShardIterator": str(last), "MillisBehindLatest": behind}


class Told:
    """A sender that notes what it is asked for, and what is on disk then. It can fail."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[tuple[list[int], bool, Sending | None]] = []
        self.fails_at: int | None = None

    def send(self, records: Sequence[Record], tips: Mapping[str, str], *, look_first: bool) -> Sent:
        numbers = [int(each.sequence) for each in records]
        self.asked.append((numbers, look_first, Journal(self.path).copied.sending))
        if self.fails_at in numbers:
            raise GaveUp("it does not arrive")
        return Sent({n: Place("there", str(100 + number)) for n, number in enumerate(numbers)})


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path / "shard.jsonl")


def lane(told: Told, stop: Event | None = None) -> Lane:
    shape = Shape(1024 * 1024, one_of_a_key=False)
    way = Way(Source(), {"StreamName": "s"}, told, shape, stop or Event())  # type: ignore[arg-type]
    return Lane(way, SHARD, Journal(told.path))


def test_a_request_is_on_disk_before_it_goes_out(told: Told) -> None:
    one = lane(told)
    one.step()
    one.step()
    one.close()
    assert told.asked == [
        ([1, 2, 3, 4], False, Sending("1", "4", 4)),
        ([5, 6, 7, 8], False, Sending("5", "8", 4)),
    ]
    found = Journal(told.path).copied
    assert (found.last, found.records, found.sending) == ("8", 8, None)
    assert found.to["there"].last == "108"


def test_what_an_earlier_run_left_in_doubt_is_looked_for_whole_before_anything_else(
    told: Told,
) -> None:
    # Given a run that died with six records under way, which the source gives in two pages
    before = Journal(told.path)
    before.sends(Sending("1", "6", 6))
    before.close()
    # When the next run dies in the same request, and another one goes on
    told.fails_at = 5
    one = lane(told)
    with pytest.raises(GaveUp):
        one.step()
    one.close()
    told.fails_at = None
    again = lane(told)
    again.step()
    again.step()
    again.close()
    # Then it was one request each time, and in doubt until it had arrived
    assert told.asked == [
        ([1, 2, 3, 4, 5, 6], True, Sending("1", "6", 6)),
        ([1, 2, 3, 4, 5, 6], True, Sending("1", "6", 6)),
        ([7, 8], False, Sending("7", "8", 2)),
        ([9, 10, 11, 12], False, Sending("9", "12", 4)),
    ]
    assert again.copied.sending is None


def test_what_was_in_doubt_and_has_expired_at_the_source_is_no_more(told: Told) -> None:
    before = Journal(told.path)
    before.has_arrived(
        {"from": ["1", "8"], "to": {}, "records": 8, "bytes": 0, "sum": "0", "arrived": 1.0}
    )
    before.sends(Sending("5", "8", 4))
    before.close()
    one = lane(told)
    one.step()
    one.step()
    one.close()
    assert [numbers for numbers, _, _ in told.asked] == [[9, 10, 11, 12], [13, 14, 15, 16]]


def test_stopped_it_ends_behind_a_request_and_does_not_seem_to_be_at_the_tip(told: Told) -> None:
    stop = Event()
    one = lane(told, stop)
    for _ in range(4):
        one.step()
    stop.set()
    one.step()
    one.close()
    assert not one.at_tip
    assert one.copied.last == "16"


def test_at_the_tip_it_says_so(told: Told) -> None:
    one = lane(told)
    for _ in range(5):
        assert not one.at_tip
        one.step()
    one.close()
    assert one.at_tip
    assert one.arrived == 20.0
