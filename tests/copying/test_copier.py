"""Whole streams between two servers: order, reshards, settings, what is there in the end."""

import os
import random
import shutil
from dataclasses import replace
from typing import Any

import pytest

from copying_support import Killed, Rig, assert_same, numbered, records_of, settings, total
from shardline.copying import cursor
from shardline.copying.copier import Copier
from shardline.copying.cursor import shards_of
from shardline.copying.errors import GaveUp
from shardline.copying.records import HashRange, hash_of
from shardline.copying.tail import is_closed
from shardline.testing import TestServer

KEYS = 1 << 128


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
