"""PutRecord and PutRecords: where a record goes, and the numbers that it gets."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from model.machine import INVALID, NOT_FOUND, OFTEN, Machine
from model.world import HASH_KEYS, Record, Stream, hash_of, shard_id

KEYS = st.sampled_from(["k0", "k1", "k2", "k3", "Schlüssel"])
ENTRIES = st.lists(st.tuples(KEYS, st.booleans()), min_size=1, max_size=6)
TOO_LARGE = HASH_KEYS


class RecordRules(Machine):
    """Each record goes to the shard that holds its hash key; numbers grow per shard and per key."""

    def __init__(self) -> None:
        super().__init__()
        self.put_count = 0

    @rule(key=KEYS, is_explicit=st.booleans(), data=st.data())
    def put_one(self, key: str, is_explicit: bool, data: st.DataObject) -> None:
        name, stream = self.some_stream(data)
        entry = self.entry(data, stream, key, is_explicit)
        code = self.refusal_of_put(stream, [entry])
        answer = self.expect(code, "PutRecord", StreamName=name, **entry)
        if stream and answer:
            self.remember(stream, entry, answer)

    @rule(keys=ENTRIES, data=st.data())
    def put_many(self, keys: list[tuple[str, bool]], data: st.DataObject) -> None:
        name, stream = self.some_stream(data)
        entries = [self.entry(data, stream, *key) for key in keys]
        code = self.refusal_of_put(stream, entries)
        answer = self.expect(code, "PutRecords", StreamName=name, Records=entries)
        if stream and answer:
            assert answer["FailedRecordCount"] == 0
            for entry, result in zip(entries, answer["Records"], strict=True):
                self.remember(stream, entry, result)

    def entry(
        self, data: st.DataObject, stream: Stream | None, key: str, is_explicit: bool
    ) -> dict[str, Any]:
        self.put_count += 1
        entry: dict[str, Any] = {"Data": b"%d" % self.put_count, "PartitionKey": key}
        if is_explicit:
            # Mostly the edges of shards; at times a key that is none.
            edges = [e for s in (stream.open() if stream else []) for e in (s.start, s.end)]
            inside = st.integers(0, HASH_KEYS - 1)
            keys = inside | inside | st.sampled_from(edges * OFTEN + [TOO_LARGE])
            entry["ExplicitHashKey"] = str(data.draw(keys, label="explicit hash key"))
        return entry

    def refusal_of_put(self, stream: Stream | None, entries: list[dict[str, Any]]) -> str | None:
        if stream is None or not stream.serves:
            return NOT_FOUND
        explicit = [
            int(entry["ExplicitHashKey"]) for entry in entries if "ExplicitHashKey" in entry
        ]
        return INVALID if TOO_LARGE in explicit else None

    def remember(self, stream: Stream, entry: dict[str, Any], placed: dict[str, str]) -> None:
        key, explicit = entry["PartitionKey"], entry.get("ExplicitHashKey")
        hash_key = hash_of(key) if explicit is None else int(explicit)
        shard = stream.owner(hash_key)
        assert placed["ShardId"] == shard_id(shard.number)
        number = int(placed["SequenceNumber"])
        for record in stream.records:
            if record.shard == shard.number or record.hash == hash_key:
                assert record.number < number
        stream.records.append(
            Record(entry["Data"], key, hash_key, shard.number, number, self.now_ms)
        )
