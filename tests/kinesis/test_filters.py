from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinesis_samples import NOW_MS, assert_partition, done, histories, make_stream
from shardline.gateway.errors import ServiceError
from shardline.kinesis import resharding
from shardline.kinesis.filters import filtered
from shardline.kinesis.lineage import HOUR_MS, horizon_ms, visible
from shardline.storage.entities import Shard, Stream

SPLIT_MS = NOW_MS + 10 * HOUR_MS


def split_stream() -> Stream:
    """Shards 0 and 1; 1 was split into 2 and 3 ten hours later."""
    stream = make_stream(2)
    plan = resharding.split(stream, 1, stream.shards[1].hash_start + 1000)
    return make_stream(shards=done(stream.shards, plan, SPLIT_MS))


def at(time_ms: int) -> float:
    return time_ms / 1000


@pytest.mark.parametrize(
    ("shard_filter", "numbers"),
    [
        (None, [0, 1, 2, 3]),
        ({"Type": "FROM_TRIM_HORIZON"}, [0, 1, 2, 3]),
        ({"Type": "AT_TRIM_HORIZON"}, [0, 1]),
        ({"Type": "AT_LATEST"}, [0, 2, 3]),
        ({"Type": "AFTER_SHARD_ID", "ShardId": "shardId-000000000001"}, [2, 3]),
        ({"Type": "AFTER_SHARD_ID", "ShardId": "0"}, [1, 2, 3]),
        ({"Type": "AFTER_SHARD_ID", "ShardId": "9"}, []),
        ({"Type": "AT_TIMESTAMP", "Timestamp": at(SPLIT_MS - 1)}, [0, 1]),
        ({"Type": "AT_TIMESTAMP", "Timestamp": at(SPLIT_MS)}, [0, 1, 2, 3]),
        ({"Type": "AT_TIMESTAMP", "Timestamp": at(SPLIT_MS + 1)}, [0, 2, 3]),
        ({"Type": "AT_TIMESTAMP", "Timestamp": at(NOW_MS - 10**9)}, [0, 1]),
        ({"Type": "FROM_TIMESTAMP", "Timestamp": at(SPLIT_MS)}, [0, 1, 2, 3]),
        ({"Type": "FROM_TIMESTAMP", "Timestamp": at(SPLIT_MS + 1)}, [0, 2, 3]),
        ({"Type": "FROM_TIMESTAMP", "Timestamp": 0.0}, [0, 1, 2, 3]),
    ],
)
def test_the_six_filters(shard_filter: dict[str, Any] | None, numbers: list[int]) -> None:
    found = filtered(split_stream(), shard_filter, SPLIT_MS + HOUR_MS)
    assert [shard.number for shard in found] == numbers


def test_an_expired_shard_is_in_no_answer() -> None:
    now_ms = SPLIT_MS + 24 * HOUR_MS + 1
    for kind in ("FROM_TRIM_HORIZON", "AT_TRIM_HORIZON", "AT_TIMESTAMP", "FROM_TIMESTAMP"):
        found = filtered(split_stream(), {"Type": kind, "Timestamp": at(NOW_MS)}, now_ms)
        assert [shard.number for shard in found] == [0, 2, 3]


@pytest.mark.parametrize("kind", ["AFTER_SHARD_ID", "AT_TIMESTAMP", "FROM_TIMESTAMP"])
def test_what_a_type_needs_must_be_there(kind: str) -> None:
    with pytest.raises(ServiceError, match=f"ShardFilter of type {kind} must") as caught:
        filtered(make_stream(), {"Type": kind}, NOW_MS)
    assert caught.value.code == "InvalidArgumentException"


def test_a_shard_id_that_cannot_be_read() -> None:
    with pytest.raises(ServiceError) as caught:
        filtered(make_stream(), {"Type": "AFTER_SHARD_ID", "ShardId": "x"}, NOW_MS)
    assert caught.value.code == "ResourceNotFoundException"


@given(histories(), st.integers(0, 30 * HOUR_MS), st.data())
def test_the_answers_cover_all_hash_keys(
    history: tuple[Stream, list[tuple[Shard, ...]], int], later: int, data: st.DataObject
) -> None:
    # Given a stream some time after its last reshard
    stream, _, last_ms = history
    now_ms = last_ms + later
    # Then what was open at the trim horizon, and what is open now, each hold every key once
    assert_partition(filtered(stream, {"Type": "AT_TRIM_HORIZON"}, now_ms))
    assert_partition(filtered(stream, {"Type": "AT_LATEST"}, now_ms))
    # And so does what was open at any time at which nothing was resharded
    time_ms = data.draw(st.integers(horizon_ms(stream, now_ms), now_ms))
    if all(shard.closed_ms != time_ms for shard in stream.shards):
        given_ = {"Type": "AT_TIMESTAMP", "Timestamp": at(time_ms)}
        assert_partition(filtered(stream, given_, now_ms))
    assert filtered(stream, {"Type": "FROM_TRIM_HORIZON"}, now_ms) == visible(stream, now_ms)
