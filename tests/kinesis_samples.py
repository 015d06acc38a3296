"""Streams and shards for the tests of the Kinesis domain."""

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from shardline.kinesis import lineage, resharding, scaling
from shardline.kinesis.hashing import HASH_KEYS
from shardline.kinesis.resharding import Plan
from shardline.storage.entities import Shard, Stream

NOW_MS = 1_700_000_000_000
ACCOUNT = "000000000000"


def make_stream(count: int = 3, **changes: Any) -> Stream:
    """An ACTIVE provisioned stream `flights` of `count` even shards, created at NOW_MS."""
    values: dict[str, Any] = {
        "id": "abcdefghij0123456789-abc",
        "account": ACCOUNT,
        "region": "us-east-1",
        "name": "flights",
        "created_ms": NOW_MS,
        "mode": "PROVISIONED",
        "status": "ACTIVE",
        "retention_hours": 24,
        "max_record_kib": 1024,
        "shards": lineage.initial_shards(count, NOW_MS // 1000),
    }
    return Stream(**(values | changes))


def done(shards: tuple[Shard, ...], plan: Plan, closed_ms: int = NOW_MS) -> tuple[Shard, ...]:
    """Shards after a plan, as if no record had been put."""
    ends = dict.fromkeys(plan.parents, 0)
    return resharding.carry_out(shards, plan.parents, plan.children, ends=ends, closed_ms=closed_ms)


def assert_partition(shards: tuple[Shard, ...] | list[Shard]) -> None:
    """The shards cover every hash key, once."""
    ranges = sorted((shard.hash_start, shard.hash_end) for shard in shards)
    assert ranges[0][0] == 0
    assert ranges[-1][1] == HASH_KEYS - 1
    assert all(end + 1 == start for (_, end), (start, _) in pairwise(ranges))


@st.composite
def histories(draw: st.DrawFn, steps: int = 6) -> tuple[Stream, list[tuple[Shard, ...]], int]:
    """A stream after some reshards: it, its shards at each step, and the time of the last one."""
    stream = make_stream(draw(st.integers(1, 6)))
    now_ms, shards, past = NOW_MS, stream.shards, [stream.shards]
    for _ in range(draw(st.integers(0, steps))):
        now_ms += draw(st.sampled_from([0, 1, 999, 1000, 3_600_000]))
        shards = done(shards, _some_plan(draw, make_stream(shards=shards)), now_ms)
        past.append(shards)
    return make_stream(shards=shards), past, now_ms


def _some_plan(draw: st.DrawFn, stream: Stream) -> Plan:
    shards = lineage.open_shards(stream.shards)
    kind = draw(st.sampled_from(["split", "merge", "scale"]))
    if kind == "merge" and len(shards) > 1:
        left = draw(st.integers(0, len(shards) - 2))
        return resharding.merge(stream, shards[left].number, shards[left + 1].number)
    if kind == "scale":
        count = len(shards)
        target = draw(st.integers((count + 1) // 2, 2 * count))
        return scaling.uniform_plan(stream.shards, target)
    shard = draw(st.sampled_from(shards))
    if shard.hash_end - shard.hash_start < 4:
        return Plan()
    at = draw(st.integers(shard.hash_start + 2, shard.hash_end - 1))
    return resharding.split(stream, shard.number, at)
