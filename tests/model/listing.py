"""ListShards: its six filters, its start, its pages."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from model.machine import IN_USE, NOT_FOUND, Machine
from model.reshards import number_of
from model.world import Shard, Stream, shard_id

PLAIN = ["AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST"]
BY_TIME = ["AT_TIMESTAMP", "FROM_TIMESTAMP"]


class ListingRules(Machine):
    """Each filter gives what botocore's documentation says of it, on any number of pages."""

    @rule(
        kind=st.sampled_from([*PLAIN, *BY_TIME, "AFTER_SHARD_ID"]),
        page=st.none() | st.integers(1, 2),
        data=st.data(),
    )
    def list_shards(self, kind: str, page: int | None, data: st.DataObject) -> None:
        name, stream = self.some_stream(data)
        shard_filter: dict[str, Any] = {"Type": kind}
        at = 0
        if kind in BY_TIME:
            at = self.some_time(data, stream)
            shard_filter["Timestamp"] = at / 1000
        elif kind == "AFTER_SHARD_ID":
            at = self.some_shard(data, stream)
            shard_filter["ShardId"] = shard_id(at)
        sizes = {} if page is None else {"MaxResults": page}
        asked = {"StreamName": name, "ShardFilter": shard_filter, **sizes}
        if stream is None or not stream.serves:
            self.expect(IN_USE if stream else NOT_FOUND, "ListShards", **asked)
            return
        answer = self.expect(None, "ListShards", **asked)
        found = answer["Shards"]
        while token := answer.get("NextToken"):
            assert len(answer["Shards"]) == page
            answer = self.expect(None, "ListShards", NextToken=token, **sizes)
            found += answer["Shards"]
        expected = filtered(stream, kind, at, self.now_ms)
        assert [number_of(shard["ShardId"]) for shard in found] == [s.number for s in expected]

    def some_time(self, data: st.DataObject, stream: Stream | None) -> int:
        """Mostly a time at which something happened, or a millisecond beside it."""
        happened = [self.now_ms]
        if stream is not None:
            happened.append(stream.horizon(self.now_ms))
            happened += [shard.opened_ms for shard in stream.shards]
        return data.draw(st.sampled_from(happened)) + data.draw(st.sampled_from([-1, 0, 1]))


def filtered(stream: Stream, kind: str, at: int, now_ms: int) -> list[Shard]:
    """The shards of a filter; `at` is its time, or its shard."""
    visible = stream.visible(now_ms)
    if kind == "AFTER_SHARD_ID":
        return [shard for shard in visible if shard.number > at]
    if kind == "AT_LATEST":
        return [shard for shard in visible if shard.closed_ms is None]
    if kind == "AT_TRIM_HORIZON":  # the oldest there are: those that follow no other that is there
        numbers = {shard.number for shard in visible}
        return [shard for shard in visible if numbers.isdisjoint(shard.parents)]
    if kind == "FROM_TRIM_HORIZON":
        return visible
    at = max(at, stream.retained_since(now_ms))
    lasted = [shard for shard in visible if shard.closed_ms is None or shard.closed_ms >= at]
    if kind == "FROM_TIMESTAMP":
        return lasted
    # A shard whose parents are gone is the oldest that there is of its hash keys, at any time.
    numbers = {shard.number for shard in visible}
    return [s for s in lasted if s.opened_ms <= at or numbers.isdisjoint(s.parents)]
