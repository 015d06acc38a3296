"""Parents before children, whatever the reshards were."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shardline.copying.lineage import Lineage


def shard(name: str, *parents: str, closed: bool = False) -> dict[str, Any]:
    listed: dict[str, Any] = {"ShardId": name, "SequenceNumberRange": {}}
    listed |= dict(zip(("ParentShardId", "AdjacentParentShardId"), parents, strict=False))
    if closed:
        listed["SequenceNumberRange"]["EndingSequenceNumber"] = "9"
    return listed


def test_a_child_waits_for_both_parents_of_a_merge() -> None:
    lineage = Lineage()
    lineage.learn([shard("0", closed=True), shard("1", closed=True), shard("2", "0", "1")])
    assert lineage.ready() == ["0", "1"]
    lineage.finish("0")
    assert lineage.ready() == []
    lineage.finish("1")
    assert lineage.ready() == ["2"]
    assert lineage.ready() == []


def test_a_parent_that_has_expired_is_not_waited_for() -> None:
    lineage = Lineage()
    lineage.learn([shard("5", "1"), shard("6", "5")])
    assert lineage.ready() == ["5"]


def test_a_parent_that_expires_meanwhile_counts_as_read() -> None:
    lineage = Lineage()
    lineage.learn([shard("0", closed=True), shard("1", "0")])
    assert lineage.ready() == ["0"]
    lineage.learn([shard("1", "0")])
    assert lineage.ready() == ["1"]


@given(seed=st.integers(0, 10_000), reshards=st.integers(0, 20))
def test_every_shard_is_read_once_and_after_its_parents(seed: int, reshards: int) -> None:
    # Given a stream with any history of splits and merges
    chance = random.Random(seed)
    shards, live = [shard(f"{n:02}") for n in range(3)], [0, 1, 2]
    for _ in range(reshards):
        chance.shuffle(live)
        merge = len(live) > 1 and chance.random() < 0.5
        parents = [f"{live.pop():02}" for _ in range(2 if merge else 1)]
        for _ in range(1 if merge else 2):
            live.append(len(shards))
            shards.append(shard(f"{len(shards):02}", *parents))
    # When whatever is ready is read, in any order
    lineage = Lineage()
    lineage.learn(shards)
    order, begun = list[str](), lineage.ready()
    while begun:
        done = begun.pop(chance.randrange(len(begun)))
        order.append(done)
        lineage.finish(done)
        begun += lineage.ready()
    # Then each was read once, and after its parents
    assert sorted(order) == [one["ShardId"] for one in shards]
    for one in shards:
        for parent in ("ParentShardId", "AdjacentParentShardId"):
            if parent in one:
                assert order.index(one[parent]) < order.index(one["ShardId"])
