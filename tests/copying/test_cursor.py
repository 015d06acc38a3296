"""A place in a shard is not lost, whatever becomes of an answer or of its iterator."""

from typing import Any

import pytest

from shardline.copying.cursor import TRIM_HORIZON, Cursor, Gone, after
from shardline.copying.errors import GaveUp


class Shard:
    """A client of a shard of 5 records, which gives 2 at a time. `planned` comes before that."""

    class exceptions:  # noqa: N801
        class ExpiredIteratorException(Exception):
            pass

        class ResourceNotFoundException(Exception):
            pass

    def __init__(self, *planned: Any, closed: bool = False) -> None:
        self.planned, self.closed = list(planned), closed
        self.starts: list[Any] = []

    def get_shard_iterator(self, **call: Any) -> Any:
        self.starts.append(call.get("StartingSequenceNumber"))
        return {"ShardIterator": call.get("StartingSequenceNumber", "0")}

    def get_records(self, *, ShardIterator: str, Limit: int) -> Any:  # noqa: N803
        plan = self.planned.pop(0) if self.planned else None
        if isinstance(plan, Exception):
            raise plan
        if plan is not None:
            return plan
        last = min(5, int(ShardIterator) + 2)
        numbers = range(int(ShardIterator) + 1, last + 1)
        records = [{"SequenceNumber": str(n), "Data": b""} for n in numbers]
        answer = {"Records": records, "MillisBehindLatest": 0 if last == 5 else 9}
        return answer if self.closed and last == 5 else answer | {"NextShardIterator": str(last)}


def read(shard: Shard, start: Any = TRIM_HORIZON) -> tuple[list[int], bool]:
    """The numbers up to the tip or the end, and whether it was the end."""
    cursor = Cursor(shard, {"StreamName": "s"}, "shardId-0", start)
    numbers: list[int] = []
    while True:
        page = cursor.read()
        numbers += [int(each["SequenceNumber"]) for each in page.records]
        if page.at_tip or page.ended:
            return numbers, page.ended


@pytest.mark.parametrize("closed", [False, True])
def test_a_shard_is_read_to_its_tip_or_end(closed: bool) -> None:
    assert read(Shard(closed=closed)) == ([1, 2, 3, 4, 5], closed)
    assert read(Shard(closed=closed), after("3")) == ([4, 5], closed)


def test_an_iterator_that_expired_is_asked_for_again_behind_what_was_read() -> None:
    shard = Shard(None, Shard.exceptions.ExpiredIteratorException())
    assert read(shard)[0] == [1, 2, 3, 4, 5]
    assert shard.starts == [None, "2"]


def test_an_answer_that_was_cut_off_is_no_end() -> None:
    assert read(Shard(None, {}, {})) == ([1, 2, 3, 4, 5], False)
    with pytest.raises(GaveUp, match="cut off"):
        read(Shard({}, {}, {}))


@pytest.mark.parametrize(("count", "size"), [(1000, 0), (2, 600_000)])
def test_a_page_that_may_have_been_cut_off_is_not_the_last_one(count: int, size: int) -> None:
    # Given a server that always says that nothing is left
    records = [{"SequenceNumber": str(n), "Data": b"x" * size} for n in range(count)]
    always = {"Records": records, "NextShardIterator": "0", "MillisBehindLatest": 0}
    numbers, ended = read(Shard(always, always))
    assert numbers == [*range(count), *range(count), *range(1, 6)]
    assert not ended


def test_a_shard_that_is_gone() -> None:
    with pytest.raises(Gone):
        read(Shard(Shard.exceptions.ResourceNotFoundException()))
