"""Whole streams to a destination that refuses, loses answers, lies; and kills of the copy."""

import itertools
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from copying_support import (
    Fickle,
    Killed,
    Rig,
    assert_same,
    entry,
    numbered,
    total,
)
from shardline.copying import cursor
from shardline.copying.comparison import Differences
from shardline.testing import TestServer


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_destination_that_refuses_in_the_middle_keeps_each_keys_order(
    rig: Rig, seed: int
) -> None:
    # Given a destination that refuses any record, and loses answers, as AWS may
    rig.create(2)
    rig.put(numbered(400, keys=9))
    rig.reshard(4)
    rig.put(numbered(400, keys=9, start=400))
    rig.writer = Fickle(rig.destination, random.Random(seed), refuse=0.3, lose=0.2)
    rig.one_of_a_key = True
    # When it is copied with no key twice in a request
    copy = rig.run()
    # Then nothing is missing, doubled or out of order
    assert_same(rig)
    assert total(copy, "out_of_order") == 0
    assert total(copy, "resent") > 0
    assert total(copy, "found") > 0
    assert max(rig.writer.requests) <= 9


def test_full_requests_to_such_a_destination_lose_the_order_and_it_is_told(rig: Rig) -> None:
    rig.create(1)
    rig.put(numbered(400, keys=3))
    rig.writer = Fickle(rig.destination, random.Random(1), refuse=0.3)
    copy = rig.run()
    assert total(copy, "out_of_order") > 0
    verdict = rig.verified()
    assert verdict.differences.reordered > 0
    assert verdict.differences.missing == verdict.differences.doubled == 0
    assert not verdict.is_well


@pytest.mark.slow
@pytest.mark.parametrize("one_of_a_key", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_it_goes_on_and_each_record_is_there_once(
    rig: Rig, seed: int, one_of_a_key: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a copy that dies before or after some of its requests, with what it has on disk then,
    # from a source that gives more or less at a time
    chance = random.Random(seed)
    rig.create(2)
    rig.put(numbered(1500, keys=50))
    rig.reshard(3)
    rig.put(numbered(1500, keys=50, start=1500))
    rig.workers, rig.one_of_a_key = 1, one_of_a_key
    left, frozen = rig.path, tmp_path / "frozen"

    def freeze() -> None:
        shutil.rmtree(frozen, ignore_errors=True)
        shutil.copytree(left, frozen)

    kill = 0.04 if one_of_a_key else 0.1
    rig.writer = Fickle(rig.destination, chance, lose=0.1, kill=kill, on_kill=freeze)
    # When it is run again until it ends
    deaths = 0
    while True:
        monkeypatch.setattr(cursor, "MOST_RECORDS", chance.choice([30, 200, 10_000]))
        try:
            rig.run()
            break
        except Killed:
            deaths += 1
            shutil.rmtree(left)
            shutil.copytree(frozen, left)
            _tear(left, chance)
    # Then nothing is missing, doubled or out of order
    assert deaths > 2
    assert_same(rig)


def _tear(path: Path, chance: random.Random) -> None:
    """Behind the last line of each journal is the beginning of another one, as after a crash."""
    for file in (path / "shards").glob("*.jsonl"):
        whole = file.read_bytes()
        file.write_bytes(whole + whole[: chance.randrange(20)].replace(b"\n", b""))


def test_a_stream_with_other_writers_is_copied_beside_them(rig: Rig) -> None:
    # Given a destination that has records, and gets more while answers are lost
    rig.create(2)
    rig.put(numbered(600, keys=6))
    rig.destination.create_stream(StreamName=rig.name, ShardCount=3)

    def others(start: int) -> None:
        rig.destination.put_records(
            StreamName=rig.name,
            Records=[entry(f"key-{n % 6}", b"other %d" % n) for n in range(start, start + 60)],
        )

    others(0)
    rig.writer = Fickle(rig.destination, random.Random(3), lose=0.5)
    rig.run()
    others(100)
    # Then they are told apart from those that were copied
    verdict = rig.verified()
    assert verdict.is_well
    assert (verdict.source, verdict.destination) == (600, 660)
    assert verdict.differences.others == 60


def test_what_was_there_before_is_not_taken_for_what_is_copied(rig: Rig) -> None:
    # Given a destination that has the very records already
    rig.create(1)
    rig.put(numbered(100, keys=3))
    rig.destination.create_stream(StreamName=rig.name, ShardCount=1)
    rig.destination.put_records(
        StreamName=rig.name, Records=[entry(*each) for each in numbered(100, keys=3)]
    )
    # When the first request of the copy is lost, on its way there

    class Losing(Fickle):
        def put_records(self, **call: Any) -> Any:
            self.requests.append(len(call["Records"]))
            if len(self.requests) == 1:
                raise ConnectionClosedError(endpoint_url="http://destination")
            return self.client.put_records(**call)

    rig.writer = Losing(rig.destination, random.Random(0))
    rig.run()
    # Then each was copied all the same
    there = Counter(data for datas in rig.keys_at(rig.destination).values() for data in datas)
    assert set(there.values()) == {2}
    assert rig.writer.requests == [100, 100]
    assert rig.verified().is_well


def without_one(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return records[:7] + records[8:]


def changed(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*records[:7], records[7] | {"Data": b"changed"}, *records[8:]]


def swapped(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*records[:7], records[8], records[7], *records[9:]]


def doubled(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*records[:8], records[7], *records[8:]]


@pytest.mark.parametrize(
    ("fault", "differences"),
    [
        (lambda records: records, Differences()),
        (without_one, Differences(missing=1, keys=["k"])),
        (changed, Differences(missing=1, others=1, keys=["k"])),
        (swapped, Differences(reordered=1, keys=["k"])),
        (doubled, Differences(doubled=1, keys=["k"])),
    ],
)
def test_verify_finds_what_is_wrong(
    rig: Rig,
    fault: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
    differences: Differences,
) -> None:
    # Given a destination that says that it has taken what it was sent, and did something to it
    class Lying(Fickle):
        def put_records(self, *, Records: list[dict[str, Any]], **stream: str) -> Any:  # noqa: N803
            self.client.put_records(Records=fault(Records), **stream)
            number = itertools.count(1)
            place = {"ShardId": "shardId-000000000000"}
            return {"Records": [place | {"SequenceNumber": str(next(number))} for _ in Records]}

    rig.create(1)
    rig.put([("k", b"%d" % n, None) for n in range(100)])
    rig.writer = Lying(rig.destination, random.Random(0))
    rig.run()
    # Then it is found
    found = rig.verified()
    assert found.differences == differences
    assert found.is_well == (not differences.keys)


def test_a_destination_that_may_not_be_read_gets_records_rather_twice_than_never(rig: Rig) -> None:
    # Given a destination where the copy may write, and not read, and which loses answers
    rig.create(1)
    rig.put(numbered(2000, keys=20))
    rig.destination.create_stream(StreamName=rig.name, ShardCount=1)
    real = rig.destination

    class Blind:
        def get_shard_iterator(self, **call: Any) -> Any:
            error: Any = {"Error": {"Code": "AccessDeniedException"}}
            raise ClientError(error, "GetShardIterator")

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

    rig.destination = Blind()
    rig.writer = Fickle(real, random.Random(4), lose=0.6)
    copy = rig.run()
    # Then every record is there, and what may be doubled is counted
    there = Counter(data for datas in rig.keys_at(real).values() for data in datas)
    assert len(there) == 2000
    assert total(copy, "in_doubt") >= there.total() - 2000 > 0


@pytest.mark.slow
def test_a_throttled_destination_gets_everything_in_order(
    rig: Rig, servers: tuple[TestServer, TestServer]
) -> None:
    # Given one shard at the destination that has AWS's limits, and more than it takes at once
    clock = servers[1].clock
    rig.time._also = lambda seconds: clock.advance(milliseconds=int(seconds * 1000) + 1)
    rig.create(4)
    rig.put(numbered(4000, keys=100, size=500))
    rig.destination.create_stream(StreamName=rig.name, ShardCount=1)
    rig.destination.add_tags_to_stream(StreamName=rig.name, Tags={"shardline:limits": "aws"})
    # When it is copied
    copy = rig.run()
    # Then records were refused, and all are there in order
    assert total(copy, "resent") > 0
    assert_same(rig)
