"""Whole streams between two servers: order, reshards, interruptions, a fickle destination."""

import itertools
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from copying_support import Fickle, Killed, Rig, entry, numbered, records_of, settings
from shardline.copying import cursor
from shardline.copying.comparison import Differences
from shardline.copying.copier import Copier, StreamCopy
from shardline.copying.cursor import shards_of
from shardline.copying.errors import GaveUp
from shardline.copying.records import HashRange, hash_of
from shardline.copying.tail import is_closed
from shardline.testing import TestServer

KEYS = 1 << 128


def total(copy: StreamCopy, name: str) -> int:
    return sum(getattr(each, name) for each in copy.copied().values())


def assert_same(rig: Rig) -> None:
    """Every key has the same records at the destination, in the same order; `verify` says so."""
    assert rig.keys_at(rig.destination) == rig.keys_at(rig.source)
    verdict = rig.verified()
    assert verdict.is_well
    assert verdict.expired == verdict.differences.others == verdict.differences.doubled == 0
    assert verdict.source == verdict.destination > 0


def test_keys_keep_their_order_through_reshards(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a stream that was split and merged between its records, many pages in each shard
    monkeypatch.setattr(cursor, "MOST_RECORDS", 60)
    rig.create(2)
    for part, shards in enumerate((4, 3, 2, 1)):
        rig.put(numbered(700, keys=40, start=700 * part))
        rig.reshard(shards)
    rig.put(numbered(700, keys=40, start=2800))
    # When it is copied
    copy = rig.run()
    # Then the destination has as many open shards, and every key's records in order
    assert len(shards_of(rig.destination, {"StreamName": rig.name})) == 1
    assert_same(rig)
    assert total(copy, "records") == 3500
    assert total(copy, "out_of_order") == 0


def test_binary_data_and_odd_keys_survive(rig: Rig) -> None:
    rig.create()
    odd = ["\u00e9\u4e2d\U0001f600", " ", "\x00", "x" * 256]
    rig.put([(key, os.urandom(size), None) for key in odd for size in (0, 1, 255, 65536)])
    rig.run()
    assert_same(rig)


def test_records_with_explicit_hash_keys_stay_in_their_range(rig: Rig) -> None:
    # Given records whose hash keys have nothing to do with their partition keys, in a split stream
    rig.create(2)
    chance = random.Random(5)
    explicit = [(k, d, str(chance.randrange(KEYS))) for k, d, _ in numbered(600, keys=7)]
    rig.put(explicit)
    rig.reshard(4)
    rig.put([(k, d, str(chance.randrange(KEYS))) for k, d, _ in numbered(600, keys=7, start=600)])
    # When it is copied into four shards
    rig.run()
    # Then every record is in a shard whose range is in its source shard's, or holds it
    source = {
        record["Data"]: HashRange.of(shard)
        for shard in shards_of(rig.source, {"StreamName": rig.name})
        for record in records_of(rig.source, rig.name, shard["ShardId"])
    }
    for shard in shards_of(rig.destination, {"StreamName": rig.name}):
        there = HashRange.of(shard)
        for record in records_of(rig.destination, rig.name, shard["ShardId"]):
            here = source[record["Data"]]
            own = hash_of(record["PartitionKey"])
            put_by = own if here.start <= own <= here.end else here.start
            assert there.start <= put_by <= there.end
            assert max(here.start, there.start) <= min(here.end, there.end)
    verdict = rig.verified()
    assert verdict.is_well
    assert verdict.source == verdict.destination == 1200


def test_a_second_run_copies_what_came_since(rig: Rig) -> None:
    rig.create()
    rig.put(numbered(300, keys=5))
    rig.run()
    rig.reshard(4)
    rig.put(numbered(300, keys=5, start=300))
    copy = rig.run()
    assert total(copy, "records") == 600
    assert_same(rig)
    assert total(rig.run(), "records") == 600


def test_the_map_leads_from_source_numbers_to_those_of_the_destination(rig: Rig) -> None:
    rig.create(1)
    rig.put(numbered(1200, keys=5))
    copy = rig.run()
    ((name, copied),) = copy.copied().items()
    here = records_of(rig.source, rig.name, name)
    there = records_of(rig.destination, rig.name, "shardId-000000000000")
    assert (copied.first, copied.last) == (here[0]["SequenceNumber"], here[-1]["SequenceNumber"])
    span = copied.to["shardId-000000000000"]
    assert (span.first, span.last) == (there[0]["SequenceNumber"], there[-1]["SequenceNumber"])
    assert span.records == copied.records == 1200
    file = rig.path / "shards" / f"{name}.jsonl"
    assert len([line for line in file.read_text().splitlines() if '"to"' in line]) == 3


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


def test_settings_are_those_of_the_source(rig: Rig) -> None:
    rig.source.create_stream(
        StreamName=rig.name, ShardCount=3, MaxRecordSizeInKiB=2048, Tags={"team": "shop"}
    )
    named = {"StreamName": rig.name}
    rig.source.increase_stream_retention_period(**named, RetentionPeriodHours=48)
    rig.source.start_stream_encryption(**named, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    rig.source.enable_enhanced_monitoring(**named, ShardLevelMetrics=["IncomingBytes"])
    rig.put([("k", b"x" * 1_500_000, None)])
    rig.run()
    here, there = settings(rig.source, rig.name), settings(rig.destination, rig.name)
    assert replace(there, created=here.created, tags=here.tags) == here
    assert there.kms_key == "alias/aws/kinesis"
    assert there.tags["team"] == "shop"
    assert_same(rig)


def test_an_interrupted_making_is_finished(rig: Rig) -> None:
    # Given a destination that was made, and not set up, when the copy died
    rig.source.create_stream(StreamName=rig.name, ShardCount=1)
    named = {"StreamName": rig.name}
    rig.source.increase_stream_retention_period(**named, RetentionPeriodHours=48)
    rig.source.start_stream_encryption(**named, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    rig.put(numbered(10, keys=2))

    class Dying:
        def __init__(self, client: Any) -> None:
            self._client = client

        def start_stream_encryption(self, **call: Any) -> None:
            raise Killed

        def __getattr__(self, name: str) -> Any:
            return getattr(self._client, name)

    real = rig.destination
    rig.destination = Dying(real)
    with pytest.raises(Killed):
        rig.run()
    assert settings(real, rig.name).kms_key is None
    # When it is run again, it is encrypted before a record comes
    rig.destination = real
    rig.run()
    there = settings(real, rig.name)
    assert (there.kms_key, there.retention_hours) == ("alias/aws/kinesis", 48)
    assert_same(rig)


def test_records_without_a_key_are_copied(rig: Rig) -> None:
    rig.source.create_stream(
        StreamName=rig.name,
        StreamModeDetails={"StreamMode": "ON_DEMAND"},
        RecordDistributionStrategy="AUTO",
    )
    records = [{"Data": b"%d" % n} for n in range(100)]
    rig.source.put_records(StreamName=rig.name, Records=records)
    copy = rig.run()
    assert total(copy, "keyless") == 100
    there = rig.keys_at(rig.destination)
    assert set(there) <= {f"shardId-{n:012d}" for n in range(4)}
    assert sorted(d for datas in there.values() for d in datas) == sorted(
        r["Data"] for r in records
    )
    assert rig.verified().is_well


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


def test_a_record_that_is_too_large_stops_it_before_it_is_sent(rig: Rig) -> None:
    # Given a destination whose maximum was lowered after the copy began
    rig.source.create_stream(StreamName=rig.name, ShardCount=1, MaxRecordSizeInKiB=2048)
    rig.put([("k", b"small", None), ("k", b"x" * 1_500_000, None), ("k", b"after", None)])
    rig.run(until_s=0)
    rig.destination.delete_stream(StreamName=rig.name)
    rig.destination.create_stream(StreamName=rig.name, ShardCount=1)
    shutil.rmtree(rig.path)
    rig.source.update_max_record_size(
        StreamARN=settings(rig.source, rig.name).arn, MaxRecordSizeInKiB=1024
    )
    with pytest.raises(GaveUp, match=f"{rig.name}, shardId-000000000000: the record .* 1,500,001"):
        rig.run()
    assert rig.keys_at(rig.destination) == {"k": [b"small"]}


def test_a_parent_that_expired_half_copied_is_told(
    rig: Rig, servers: tuple[TestServer, TestServer]
) -> None:
    # Given a shard of which a part was copied when it was closed, and which then expired
    rig.create(1)
    rig.put(numbered(10, keys=2))
    rig.run()
    rig.put(numbered(10, keys=2, start=10))
    rig.reshard(2)
    servers[0].clock.advance(hours=25)
    servers[0].upkeep()
    rig.put(numbered(10, keys=2, start=20))
    # When the copy goes on
    copy = rig.run()
    # Then it says which shard that was, and has what there still is
    assert [name for name, each in copy.copied().items() if each.lost] == ["shardId-000000000000"]
    there = {data for datas in rig.keys_at(rig.destination).values() for data in datas}
    assert there == {b"%d " % n for n in (*range(10), *range(20, 30))}


def test_following_ends_when_it_is_stopped_and_knows_when_it_is_caught_up(rig: Rig) -> None:
    rig.create(2)
    rig.put(numbered(100, keys=5))
    with rig.prepared() as copy:
        rounds = 0

        def watch() -> None:
            nonlocal rounds
            if not copy.is_caught_up:
                return
            rounds += 1
            if rounds == 1:
                rig.put(numbered(100, keys=5, start=100))
                rig.reshard(3)
                rig.put(numbered(100, keys=5, start=200))
            elif total(copy, "records") == 300:
                rig.stop.set()

        copier = Copier([copy], rig.stop, None, 2, rig.time.pace, watch)
        assert not copier.run()
    assert_same(rig)
    open_ = [s for s in shards_of(rig.source, {"StreamName": rig.name}) if not is_closed(s)]
    assert set(copy.copied()) > {shard["ShardId"] for shard in open_}
