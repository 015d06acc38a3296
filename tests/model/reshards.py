"""SplitShard, MergeShards, UpdateShardCount, UpdateStreamMode: what becomes of the shards."""

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from model.machine import INVALID, LIMIT, MOST_SHARDS, NOT_FOUND, VALIDATION, Machine
from model.world import DAY_MS, HASH_KEYS, Shard, Stream, shard_id

NEAR = 2**20  # what two ranges may differ by and still be equal: floors of 2^128 / n


class ReshardRules(Machine):
    """Open shards always hold every hash key once, and lineage is as it was reported at first."""

    def __init__(self) -> None:
        super().__init__()
        self.ranges: dict[tuple[int, int], tuple[str, str | None]] = {}

    # --- calls ---------------------------------------------------------------------------------

    @rule(data=st.data())
    def split(self, data: st.DataObject) -> None:
        name, stream = self.some_stream(data)
        number = self.some_shard(data, stream)
        shard = stream.find(number, self.now_ms) if stream else None
        at = self.some_hash_key_for(data, shard)
        code = self.refusal_of_reshard(stream, [number])
        if code is None and shard and not shard.start + 1 < at < shard.end:
            code = INVALID
        self.expect(
            code,
            "SplitShard",
            StreamName=name,
            ShardToSplit=shard_id(number),
            NewStartingHashKey=str(at),
        )
        if code is None and stream and shard:
            ranges = [(shard.start, at - 1), (at, shard.end)]
            self.begin(stream, "UPDATING", lambda: stream.reshard([shard], ranges, self.now_ms))

    def some_hash_key_for(self, data: st.DataObject, shard: Shard | None) -> int:
        if shard is None:
            return data.draw(st.integers(0, HASH_KEYS - 1), label="hash key")
        edges = [shard.start, shard.start + 1, shard.start + 2, shard.end - 1, shard.end]
        middle = (shard.start + shard.end) // 2
        inside = st.integers(shard.start, shard.end)
        return data.draw(st.just(middle) | inside | st.sampled_from(edges), label="hash key")

    @rule(are_neighbours=st.sampled_from([True, True, False]), data=st.data())
    def merge(self, are_neighbours: bool, data: st.DataObject) -> None:
        name, stream = self.some_stream(data)
        left, right = self.some_shard(data, stream), self.some_shard(data, stream)
        if stream and are_neighbours and len(stream.open()) > 1:
            place = data.draw(st.integers(0, len(stream.open()) - 2), label="place")
            left, right = (shard.number for shard in stream.open()[place : place + 2])
        code = self.refusal_of_reshard(stream, [left, right])
        pair = [s for n in (left, right) if stream and (s := stream.find(n, self.now_ms))]
        if code is None and pair[0].end + 1 != pair[1].start:
            code = INVALID
        self.expect(
            code,
            "MergeShards",
            StreamName=name,
            ShardToMerge=shard_id(left),
            AdjacentShardToMerge=shard_id(right),
        )
        if code is None and stream:
            whole = [(pair[0].start, pair[1].end)]
            self.begin(stream, "UPDATING", lambda: stream.reshard(pair, whole, self.now_ms))

    def refusal_of_reshard(self, stream: Stream | None, numbers: list[int]) -> str | None:
        code = self.refusal_of_change(stream)
        if code is not None or stream is None:
            return code
        if stream.mode == "ON_DEMAND":
            return VALIDATION
        shards = [stream.find(number, self.now_ms) for number in numbers]
        if None in shards:
            return NOT_FOUND
        return INVALID if any(shard and shard.closed_ms is not None for shard in shards) else None

    @rule(data=st.data())
    def update_shard_count(self, data: st.DataObject) -> None:
        name, stream = self.some_stream(data)
        count = len(stream.open()) if stream else 1
        target = data.draw(st.integers(1, min(2 * count + 1, MOST_SHARDS)), label="target")
        code = self.refusal_of_change(stream)
        if stream and code is None:
            code = self.refusal_of_count(stream, target)
        answer = self.expect(
            code,
            "UpdateShardCount",
            StreamName=name,
            TargetShardCount=target,
            ScalingType="UNIFORM_SCALING",
        )
        if stream and code is None:
            assert (answer["CurrentShardCount"], answer["TargetShardCount"]) == (count, target)
            stream.updates_ms.append(self.now_ms)
            self.begin(stream, "UPDATING", lambda: self.adopt_equal_shards(stream, target))

    def refusal_of_count(self, stream: Stream, target: int) -> str | None:
        if stream.mode == "ON_DEMAND":
            return VALIDATION
        count = len(stream.open())
        today = [at for at in stream.updates_ms if at > self.now_ms - DAY_MS]
        if len(today) >= 10 or not count <= 2 * target <= 4 * count:
            return LIMIT
        return None

    @rule(mode=st.sampled_from(["PROVISIONED", "PROVISIONED", "ON_DEMAND"]), data=st.data())
    def update_mode(self, mode: str, data: st.DataObject) -> None:
        name, stream = self.some_stream(data)
        code = self.refusal_of_change(stream)
        if stream and stream.mode == mode:
            code = None
        elif stream and code is None:
            today = [at for at in stream.switches_ms if at > self.now_ms - DAY_MS]
            code = LIMIT if len(today) >= 2 else None
        arn = f"arn:aws:kinesis:{self.node.caller.region}:{self.node.caller.account}:stream/{name}"
        self.expect(code, "UpdateStreamMode", StreamARN=arn, StreamModeDetails={"StreamMode": mode})
        if stream and code is None and stream.mode != mode:
            stream.mode = mode
            stream.switches_ms.append(self.now_ms)
            self.begin(stream, "UPDATING")

    # --- reshards that the model does not foresee ----------------------------------------------

    def adopt_equal_shards(self, stream: Stream, target: int) -> None:
        """Take over what UpdateShardCount made, if it is what the API promises."""
        self.adopt_shards(stream)
        widths = [shard.end - shard.start for shard in stream.open()]
        assert len(widths) == target
        assert max(widths) - min(widths) < NEAR

    def adopt_shards(self, stream: Stream) -> None:
        """Take over from ListShards the shards that a stream has got in one reshard, just now.

        They must follow from the ones before by splits and merges, in the order of their numbers.
        """
        for listed in self.listed(stream):
            number = number_of(listed["ShardId"])
            if number < len(stream.shards):
                continue
            parents = [stream.shards[parent] for parent in parents_of(listed)]
            assert parents
            assert all(p.closed_ms is None or p.closed_ms == self.now_ms for p in parents)
            for parent in parents:
                parent.closed_ms = self.now_ms
            start, end = range_of(listed)
            assert parents[0].start <= start <= end <= parents[-1].end
            ids = tuple(parent.number for parent in parents)
            stream.shards.append(Shard(number, start, end, ids, self.now_ms))
        assert_all_hash_keys_once(stream.open())

    # --- what always holds ---------------------------------------------------------------------

    @invariant()
    def shards_agree(self) -> None:
        for stream in self.streams.values():
            listed = self.listed(stream)
            visible = stream.visible(self.now_ms)
            assert [number_of(one["ShardId"]) for one in listed] == [s.number for s in visible]
            for one, shard in zip(listed, visible, strict=True):
                assert range_of(one) == (shard.start, shard.end)
                assert parents_of(one) == shard.parents
                self.check_numbers(stream, shard, one["SequenceNumberRange"])
            if stream.serves:
                assert_all_hash_keys_once([s for s in visible if s.closed_ms is None])

    def check_numbers(self, stream: Stream, shard: Shard, range_: dict[str, str]) -> None:
        """A shard's numbers never change, hold its records, and are above those of its parents."""
        start, end = range_["StartingSequenceNumber"], range_.get("EndingSequenceNumber")
        assert (end is not None) == (shard.closed_ms is not None)
        key = id(stream), shard.number
        before = self.ranges.setdefault(key, (start, end))
        assert before in ((start, end), (start, None))
        self.ranges[key] = start, end
        for parent in shard.parents:
            parents_end = self.ranges.get((id(stream), parent), ("", "0"))[1]
            assert parents_end is not None
            assert int(start) > int(parents_end)
        numbers = [record.number for record in stream.of(shard.number)]
        assert all(int(start) < number for number in numbers)
        assert end is None or all(number < int(end) for number in numbers)


def number_of(shard: str) -> int:
    return int(shard.removeprefix("shardId-"))


def range_of(listed: dict[str, Any]) -> tuple[int, int]:
    range_ = listed["HashKeyRange"]
    return int(range_["StartingHashKey"]), int(range_["EndingHashKey"])


def parents_of(listed: dict[str, Any]) -> tuple[int, ...]:
    members = ("ParentShardId", "AdjacentParentShardId")
    return tuple(number_of(listed[member]) for member in members if member in listed)


def assert_all_hash_keys_once(shards: list[Shard]) -> None:
    ordered = sorted(shards, key=lambda shard: shard.start)
    assert ordered[0].start == 0
    assert ordered[-1].end == HASH_KEYS - 1
    assert all(one.end + 1 == other.start for one, other in pairwise(ordered))
