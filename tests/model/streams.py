"""Streams come and go: create, delete, create again under the same name."""

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from model.machine import IN_USE, NAMES, NOT_FOUND, OFTEN, Machine
from model.world import Stream

ON_DEMAND_SHARDS = 4


class StreamRules(Machine):
    """CreateStream, DeleteStream; the list and the summary of streams are as the model's."""

    @precondition(lambda self: len(self.streams) < len(NAMES))
    @rule(shards=st.none() | st.integers(1, 4), data=st.data())
    def create(self, shards: int | None, data: st.DataObject) -> None:
        """Make a stream; without shards one on demand."""
        missing = [name for name in NAMES if name not in self.streams]
        name = data.draw(st.sampled_from(missing * OFTEN + list(NAMES)), label="name")
        code = IN_USE if name in self.streams else None
        mode = "PROVISIONED" if shards else "ON_DEMAND"
        count = {"ShardCount": shards} if shards else {}
        self.expect(
            code, "CreateStream", StreamName=name, StreamModeDetails={"StreamMode": mode}, **count
        )
        if code is None:
            self.add_stream(name, shards or ON_DEMAND_SHARDS, mode)

    @precondition(lambda self: any(self.is_old(stream) for stream in self.streams.values()))
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        name, stream = self.some_stream(data)
        code = NOT_FOUND if stream is None else None
        if stream is not None and stream.status == "DELETING":
            code = IN_USE
        self.expect(code, "DeleteStream", StreamName=name)
        if stream is not None and code is None:
            self.begin(stream, "DELETING")

    def is_old(self, stream: Stream) -> bool:
        """Whether there is something to be lost; else histories would be short."""
        return len(stream.shards) > 4 or len(stream.records) > 10

    @invariant()
    def summaries_agree(self) -> None:
        assert self.expect(None, "ListStreams")["StreamNames"] == sorted(self.streams)
        for name, stream in self.streams.items():
            answer = self.expect(None, "DescribeStreamSummary", StreamName=name)
            summary = answer["StreamDescriptionSummary"]
            assert summary["StreamStatus"] == stream.status
            assert summary["StreamModeDetails"] == {"StreamMode": stream.mode}
            assert summary["RetentionPeriodHours"] == stream.retention_hours
            assert summary["OpenShardCount"] == (len(stream.open()) if stream.serves else 0)
