"""Reads shards to their ends, and streams in the order of their lineage."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from producer import Record, expect

MOST_CALLS = 100


@dataclass(frozen=True)
class ShardRead:
    """What reading a shard gave: up to its end, or to the tail of an open one."""

    records: list[Record]
    ended: bool
    children: list[dict[str, Any]]


class Reader:
    """Reads one stream."""

    def __init__(self, client: Any, stream: str) -> None:
        self.client = client
        self.stream = stream

    def read_shard(self, shard: str, since: datetime | None = None) -> ShardRead:
        """Read from the horizon, or from a time."""
        start = (
            {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": since}
            if since
            else {"ShardIteratorType": "TRIM_HORIZON"}
        )
        iterator = self.client.get_shard_iterator(StreamName=self.stream, ShardId=shard, **start)[
            "ShardIterator"
        ]
        records: list[Record] = []
        for _ in range(MOST_CALLS):
            answer = self.client.get_records(ShardIterator=iterator, Limit=100)
            records += [_plain(shard, record) for record in answer["Records"]]
            iterator = answer.get("NextShardIterator")
            if iterator is None:
                _check_order(records)
                return ShardRead(records, ended=True, children=answer["ChildShards"])
            expect("ChildShards" in answer, False, "children before the end")
            if answer["MillisBehindLatest"] == 0 and not answer["Records"]:
                _check_order(records)
                return ShardRead(records, ended=False, children=[])
        raise AssertionError(f"{shard}: no end after {MOST_CALLS} calls")

    def read_lineage(self, listed: list[dict[str, Any]]) -> list[Record]:
        """Read parents, then the children that their ends name, once all its parents ended."""
        known = {shard["ShardId"]: shard for shard in listed}
        waiting = deque(shard["ShardId"] for shard in listed if "ParentShardId" not in shard)
        done: set[str] = set()
        records: list[Record] = []
        while waiting:
            name = waiting.popleft()
            read = self.read_shard(name)
            records += read.records
            done.add(name)
            closed = "EndingSequenceNumber" in known[name]["SequenceNumberRange"]
            expect(read.ended, closed, f"{name}: reading it ended")
            for child in read.children:
                _check_child(child, known[child["ShardId"]])
                if done.issuperset(child["ParentShards"]):
                    waiting.append(child["ShardId"])
        expect(done, set(known), "the shards that ChildShards led to")
        return records


def _plain(shard: str, got: dict[str, Any]) -> Record:
    arrived = got["ApproximateArrivalTimestamp"]
    age = datetime.now(UTC) - arrived
    expect(abs(age) < timedelta(seconds=30), True, f"a record arrived {age} ago")
    return Record(shard, got["SequenceNumber"], got["PartitionKey"], got["Data"], arrived)


def _check_order(records: list[Record]) -> None:
    sequences = [int(record.sequence) for record in records]
    expect(sequences, sorted(set(sequences)), "the order in a shard")


def _check_child(child: dict[str, Any], listed: dict[str, Any]) -> None:
    expect(child["HashKeyRange"], listed["HashKeyRange"])
    parents = {listed.get("ParentShardId"), listed.get("AdjacentParentShardId")} - {None}
    expect(set(child["ParentShards"]), parents, f"the parents of {child['ShardId']}")
