"""A consumer that lives for long: it follows the lineage while streams are resharded under it."""

from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import rule

from model.machine import Machine
from model.reshards import number_of, parents_of
from model.world import Record, Stream, shard_id

LIMITS = st.integers(1, 5)


@dataclass
class Follower:
    """What a consumer keeps: its checkpoints, which shards it has ended, and what it was given."""

    checkpoints: dict[int, str] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    seen: list[Record] = field(default_factory=list)


class FollowerRules(Machine):
    """One follower per stream gets every record once, in order per key, unless it expires first.

    It does as the KCL does: a shard is read when its parents that are still listed have ended, from
    the checkpoint on, in the order of sequence numbers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.followers: dict[Stream, Follower] = {}

    @rule(limit=LIMITS, data=st.data())
    def follow_one_page(self, limit: int, data: st.DataObject) -> None:
        _, stream = self.some_stream(data)
        if stream is not None and (ready := self.ready_shards(stream)):
            self.follow_shard(stream, data.draw(st.sampled_from(ready), label="shard"), limit)

    @rule(limit=LIMITS, data=st.data())
    def catch_up(self, limit: int, data: st.DataObject) -> None:
        """Read all ready shards to their ends, and those that become ready by it."""
        _, stream = self.some_stream(data)
        if stream is None or not stream.serves:  # of one that is DELETING no shard is listed
            return
        at_tip: set[int] = set()
        while ready := [n for n in self.ready_shards(stream) if n not in at_tip]:
            number = data.draw(st.sampled_from(ready), label="shard")
            if self.follow_shard(stream, number, limit):
                at_tip.add(number)
        seen = self.follower(stream).seen
        assert all(record in seen for record in stream.kept(self.now_ms))

    def follower(self, stream: Stream) -> Follower:
        return self.followers.setdefault(stream, Follower())

    def ready_shards(self, stream: Stream) -> list[int]:
        """The shards that may be read now: not ended, and no parent of theirs waits to be."""
        ended = self.follower(stream).ended
        listed = self.listed(stream)
        waiting = {number_of(one["ShardId"]) for one in listed} - ended
        return [
            number
            for one in listed
            if (number := number_of(one["ShardId"])) in waiting
            and waiting.isdisjoint(parents_of(one))
        ]

    def follow_shard(self, stream: Stream, number: int, limit: int) -> bool:
        """Read one page on from the checkpoint; answer whether there is nothing left for now."""
        follower = self.follower(stream)
        checkpoint = follower.checkpoints.get(number)
        start = {"ShardIteratorType": "TRIM_HORIZON"}
        if checkpoint is not None:
            start = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "StartingSequenceNumber": checkpoint,
            }
        members = {"StreamName": stream.name, "ShardId": shard_id(number), **start}
        token = self.expect(None, "GetShardIterator", **members)["ShardIterator"]
        answer = self.expect(None, "GetRecords", ShardIterator=token, Limit=limit)
        for given in answer["Records"]:
            follower.checkpoints[number] = given["SequenceNumber"]
            self.take(stream, follower, given["Data"])
        if "NextShardIterator" not in answer:
            follower.ended.add(number)
        return "NextShardIterator" not in answer or answer["MillisBehindLatest"] == 0

    def take(self, stream: Stream, follower: Follower, data: bytes) -> None:
        (record,) = [record for record in stream.records if record.data == data]
        assert record not in follower.seen
        before = [one for one in follower.seen if one.hash == record.hash]
        assert all(one.number < record.number for one in before)
        follower.seen.append(record)
