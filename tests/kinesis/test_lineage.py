import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinesis_samples import NOW_MS, assert_partition, done, make_stream
from shardline.gateway.errors import ServiceError
from shardline.kinesis import lineage, resharding, scaling, sequence
from shardline.kinesis.lineage import HOUR_MS
from shardline.kinesis.sequence import parse


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", 5),
        ("shard-5", 5),
        ("foo-5", 5),
        ("-0005", 5),
        ("shardId-5", 5),
        ("shardId-002147483647", 2147483647),
        ("a-00002147483647", 2147483647),
        ("2147483648", None),
        ("shardId-002147483648", None),
        ("ABKLFD8", None),
        ("2.14E4", None),
        ("shardId-", None),
        ("a-5-6", None),
        ("shardId-\u0665", None),  # a digit, but no ASCII one
    ],
)
def test_shard_ids_are_read_as_aws_does(text: str, number: int | None) -> None:
    # kinesalite, test/getShardIterator.js and test/splitShard.js
    assert lineage.parse_shard_id(text) == number


def test_an_unreadable_shard_id_is_answered_raw() -> None:
    with pytest.raises(ServiceError) as caught:
        lineage.read_shard_id("shardId-002147483648", "flights", "000000000000")
    assert caught.value.code == "ResourceNotFoundException"
    assert caught.value.message == (
        "Could not find shard shardId-002147483648 in stream flights under account 000000000000."
    )


def test_three_even_ranges_are_awss() -> None:
    # kinesalite, test/createStream.js
    assert [(s.hash_start, s.hash_end) for s in lineage.initial_shards(3, 1)] == [
        (0, 113427455640312821154458202477256070484),
        (113427455640312821154458202477256070485, 226854911280625642308916404954512140969),
        (226854911280625642308916404954512140970, 340282366920938463463374607431768211455),
    ]


@given(st.integers(1, 500))
def test_initial_shards_partition_the_hash_keys(count: int) -> None:
    shards = lineage.initial_shards(count, 1)
    assert_partition(shards)
    assert [shard.number for shard in shards] == list(range(count))


def test_an_open_shard_is_described_without_what_it_lacks() -> None:
    # kinesalite, test/describeStream.js
    shard = make_stream(1).shards[0]
    assert lineage.describe(shard) == {
        "ShardId": "shardId-000000000000",
        "HashKeyRange": {
            "StartingHashKey": "0",
            "EndingHashKey": "340282366920938463463374607431768211455",
        },
        "SequenceNumberRange": {"StartingSequenceNumber": sequence.starting(shard)},
    }


def test_a_merge_is_described_on_both_sides() -> None:
    # Given two shards that were merged
    stream = make_stream(2)
    shards = done(stream.shards, resharding.merge(stream, 0, 1), NOW_MS + 5000)
    # When they are described
    parent, _, child = map(lineage.describe, shards)
    # Then the parent has its end, the child both parents, and ChildShards says the same
    ending = parse(parent["SequenceNumberRange"]["EndingSequenceNumber"])
    assert (ending.counter, ending.put_s) == (0x7FFFFFFFFFFFFFFF, NOW_MS // 1000 + 5)
    assert child["ParentShardId"] == "shardId-000000000000"
    assert child["AdjacentParentShardId"] == "shardId-000000000001"
    assert "EndingSequenceNumber" not in child["SequenceNumberRange"]
    for number in (0, 1):
        assert lineage.child_shards(shards, number) == [
            {
                "ShardId": "shardId-000000000002",
                "ParentShards": ["shardId-000000000000", "shardId-000000000001"],
                "HashKeyRange": child["HashKeyRange"],
            }
        ]


def test_a_split_has_two_child_shards_and_an_open_shard_none() -> None:
    stream = make_stream(1)
    shards = done(stream.shards, resharding.split(stream, 0, 1000))
    children = lineage.child_shards(shards, 0)
    assert [(c["ShardId"], c["ParentShards"]) for c in children] == [
        ("shardId-000000000001", ["shardId-000000000000"]),
        ("shardId-000000000002", ["shardId-000000000000"]),
    ]
    assert lineage.child_shards(shards, 1) == []


def test_a_closed_shard_is_gone_when_its_data_has_expired() -> None:
    # Given a stream whose shard was split an hour after its creation
    stream = make_stream(1)
    closed_ms = NOW_MS + HOUR_MS
    shards = done(stream.shards, resharding.split(stream, 0, 1000), closed_ms)
    stream = make_stream(shards=shards)
    # Then the parent is there for 24 hours, to the millisecond
    expiry = closed_ms + 24 * HOUR_MS
    assert [s.number for s in lineage.visible(stream, expiry)] == [0, 1, 2]
    assert [s.number for s in lineage.visible(stream, expiry + 1)] == [1, 2]


def test_a_stream_that_is_being_deleted_shows_no_shards() -> None:
    assert lineage.visible(make_stream(status="DELETING"), NOW_MS) == []


def test_a_child_is_created_in_a_later_second_even_if_the_clock_went_back() -> None:
    stream = make_stream(1)
    plan = scaling.uniform_plan(stream.shards, 2)
    shards = done(stream.shards, plan, NOW_MS - 10_000)
    assert [s.created_s - NOW_MS // 1000 for s in shards] == [0, 1, 1]
    shards = done(stream.shards, plan, NOW_MS + 7_500)
    assert [s.created_s - NOW_MS // 1000 for s in shards] == [0, 8, 8]


def test_find() -> None:
    stream = make_stream(2)
    assert lineage.find(stream.shards, 1) is stream.shards[1]
    assert lineage.find(stream.shards, 2) is None
