"""GetShardIterator and GetRecords: iterators that are kept, and readers that follow the lineage."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from model.machine import INVALID, NOT_FOUND, OFTEN, Machine
from model.reshards import number_of, range_of
from model.world import Record, Stream, shard_id

LIFETIME_MS = 300_000
LIMITS = st.integers(1, 5)
KINDS = ["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"]
MOST_CURSORS = 6


@dataclass
class Cursor:
    """An iterator, and the place in the model's list that it stands for."""

    stream: Stream
    shard: int
    place: int
    token: str
    made_ms: int


class ReaderRules(Machine):
    """Every page is the slice of the shard's list that the model says, whenever it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.cursors: list[Cursor] = []

    # --- iterators -----------------------------------------------------------------------------

    @rule(kind=st.sampled_from(KINDS), data=st.data())
    def get_iterator(self, kind: str, data: st.DataObject) -> None:
        name, stream = self.some_stream(data)
        number = self.some_shard(data, stream)
        code, place, start = self.start_at(data, kind, stream, number)
        if stream is None or stream.find(number, self.now_ms) is None:
            code = NOT_FOUND
        answer = self.expect(
            code,
            "GetShardIterator",
            StreamName=name,
            ShardId=shard_id(number),
            ShardIteratorType=kind,
            **start,
        )
        if stream and answer:
            cursor = Cursor(stream, number, place, answer["ShardIterator"], self.now_ms)
            self.cursors = [*self.cursors, cursor][-MOST_CURSORS:]
            self.read_from(cursor, limit=2, is_kept=True)

    def start_at(
        self, data: st.DataObject, kind: str, stream: Stream | None, number: int
    ) -> tuple[str | None, int, dict[str, Any]]:
        """The error, the place and the members of a kind of start."""
        records = stream.of(number) if stream else []
        if kind in ("TRIM_HORIZON", "LATEST"):
            return None, len(records) if kind == "LATEST" else 0, {}
        if kind == "AT_TIMESTAMP":
            times = [r.arrived_ms for r in records] or [self.now_ms]
            at_ms = data.draw(st.sampled_from(times)) + data.draw(st.sampled_from([-1, 0, 1, 1000]))
            place = sum(record.arrived_ms < at_ms for record in records)
            return INVALID if at_ms > self.now_ms else None, place, {"Timestamp": at_ms / 1000}
        known = stream.records if stream else []
        if not known:
            return INVALID, 0, {}  # a number is needed
        record = data.draw(st.sampled_from(records * OFTEN + known), label="record")
        start = {"StartingSequenceNumber": str(record.number)}
        if record.shard != number:
            return INVALID, 0, start
        return None, records.index(record) + (kind == "AFTER_SEQUENCE_NUMBER"), start

    @precondition(lambda self: self.cursors)
    @rule(limit=LIMITS, is_kept=st.booleans(), data=st.data())
    def read_on(self, limit: int, is_kept: bool, data: st.DataObject) -> None:
        """Read a page; an iterator that is kept is used again later."""
        self.read_from(data.draw(st.sampled_from(self.cursors), label="cursor"), limit, is_kept)

    def read_from(self, cursor: Cursor, limit: int, is_kept: bool) -> None:
        code = self.refusal_of_read(cursor)
        answer = self.expect(code, "GetRecords", ShardIterator=cursor.token, Limit=limit)
        if answer is None:
            self.cursors.remove(cursor)
            return
        place, next_ = self.check_page(cursor.stream, cursor.shard, cursor.place, limit, answer)
        if is_kept:
            return
        self.cursors.remove(cursor)
        if next_ is not None:
            self.cursors.append(Cursor(cursor.stream, cursor.shard, place, next_, self.now_ms))

    def refusal_of_read(self, cursor: Cursor) -> str | None:
        if self.now_ms - cursor.made_ms > LIFETIME_MS:
            return "ExpiredIteratorException"
        if cursor.stream in self.deleted:
            return NOT_FOUND
        return None if cursor.stream.find(cursor.shard, self.now_ms) else NOT_FOUND

    def check_page(
        self, stream: Stream, number: int, place: int, limit: int, answer: dict[str, Any]
    ) -> tuple[int, str | None]:
        """Hold a page against the model; answer the place after it, and the next iterator."""
        shard, records = stream.find(number, self.now_ms), stream.of(number)
        assert shard is not None
        expired = sum(r.arrived_ms < stream.horizon(self.now_ms) for r in records)
        place = max(place, expired)
        expected = records[place : place + limit]
        assert [self.as_record(stream, number, one) for one in answer["Records"]] == expected
        place += len(expected)
        behind_ms = max(1, self.now_ms - records[place].arrived_ms) if records[place:] else 0
        assert answer["MillisBehindLatest"] == behind_ms
        is_end = shard.closed_ms is not None and place == len(records)
        assert ("NextShardIterator" in answer) == (not is_end)
        assert ("ChildShards" in answer) == is_end
        if is_end:
            self.check_children(stream, number, answer["ChildShards"])
        return place, answer.get("NextShardIterator")

    def as_record(self, stream: Stream, number: int, given: dict[str, Any]) -> Record:
        """A record as it was given; the hash key, which is not, from the put."""
        data = given["Data"]
        put = next(record for record in stream.records if record.data == data)
        return Record(
            data,
            given["PartitionKey"],
            put.hash,
            number,
            int(given["SequenceNumber"]),
            round(given["ApproximateArrivalTimestamp"] * 1000),
        )

    def check_children(self, stream: Stream, number: int, given: list[dict[str, Any]]) -> None:
        expected = [
            (child.number, [shard_id(parent) for parent in child.parents], (child.start, child.end))
            for child in stream.children(number)
        ]
        found = [(number_of(c["ShardId"]), c["ParentShards"], range_of(c)) for c in given]
        assert found == expected
        assert found

    # --- following the lineage -----------------------------------------------------------------

    @rule(limit=LIMITS, data=st.data())
    def follow(self, limit: int, data: st.DataObject) -> None:
        """Read all that is there, parents before children, as the KCL does."""
        name, stream = self.some_stream(data)
        if stream is None or not stream.serves:
            return
        first = self.expect(
            None, "ListShards", StreamName=name, ShardFilter={"Type": "AT_TRIM_HORIZON"}
        )
        ready = [number_of(shard["ShardId"]) for shard in first["Shards"]]
        ended: set[str] = set()
        seen: list[bytes] = []
        while ready:
            number = ready.pop(data.draw(st.integers(0, len(ready) - 1)))
            datas, children = self.read_to_the_end(stream, number, limit)
            seen += datas
            ended.add(shard_id(number))
            ready += [
                number_of(child["ShardId"])
                for child in children
                if ended.issuperset(child["ParentShards"])
            ]
        kept = stream.kept(self.now_ms)
        # Every record once
        assert sorted(seen) == sorted(record.data for record in kept)
        # And in order per key
        for hash_key in {record.hash for record in kept}:
            of_key = [record.data for record in kept if record.hash == hash_key]
            assert [one for one in seen if one in of_key] == of_key

    def read_to_the_end(
        self, stream: Stream, number: int, limit: int
    ) -> tuple[list[bytes], list[dict[str, Any]]]:
        """The data of a shard, page by page, and the shards that follow it."""
        token: str | None = self.expect(
            None,
            "GetShardIterator",
            StreamName=stream.name,
            ShardId=shard_id(number),
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        datas: list[bytes] = []
        place = 0
        while True:
            answer = self.expect(None, "GetRecords", ShardIterator=token, Limit=limit)
            place, token = self.check_page(stream, number, place, limit, answer)
            datas += [record["Data"] for record in answer["Records"]]
            if token is None or not answer["MillisBehindLatest"]:
                if token is not None and stream.shards[number].closed_ms is not None:
                    continue
                return datas, answer.get("ChildShards", [])
