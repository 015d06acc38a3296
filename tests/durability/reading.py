"""Reading a stream as a consumer does: parents, then children, each to its end."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError

from durability.audit import Found


class CutOff(BotoCoreError):  # type: ignore[misc]
    """botocore takes an answer that a killed server cut off for a good one without members."""

    fmt = "an answer ended early"


def whole(answer: dict[str, Any], member: str) -> dict[str, Any]:
    """The answer, if it has that member. Raises `CutOff`."""
    if member not in answer:
        raise CutOff
    return answer


def list_shards(client: Any, stream: str) -> list[dict[str, Any]]:
    """All shards, parents before children."""
    shards: list[dict[str, Any]] = []
    page = whole(client.list_shards(StreamName=stream), "Shards")
    shards += page["Shards"]
    while token := page.get("NextToken"):
        page = whole(client.list_shards(NextToken=token), "Shards")
        shards += page["Shards"]
    return _parents_first(shards)


def _parents_first(shards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    waiting = {shard["ShardId"]: shard for shard in shards}
    ordered: list[dict[str, Any]] = []

    def place(name: str | None) -> None:
        shard = waiting.pop(name or "", None)
        if shard is not None:
            place(shard.get("ParentShardId"))
            place(shard.get("AdjacentParentShardId"))
            ordered.append(shard)

    for name in list(waiting):
        place(name)
    return ordered


class Follower:
    """Reads a stream again and again, each time from where it stopped, over restarts too."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._last: dict[str, str] = {}  # shard → the sequence number that was read last
        self._ended: set[str] = set()

    def read_new(self, client: Any, shards: list[dict[str, Any]]) -> Iterator[Found]:
        """Everything that was not read before, up to the tail of each shard.

        Raises AssertionError when a closed shard does not end in its children.
        """
        for shard in shards:
            name = shard["ShardId"]
            if name not in self._ended:
                yield from self._read_shard(client, name, shards)

    def _read_shard(self, client: Any, name: str, shards: list[dict[str, Any]]) -> Iterator[Found]:
        iterator = self._iterator(client, name)
        while True:
            page = whole(client.get_records(ShardIterator=iterator, Limit=10_000), "Records")
            for record in page["Records"]:
                self._last[name] = record["SequenceNumber"]
                yield Found(
                    name, int(record["SequenceNumber"]), record["PartitionKey"], record["Data"]
                )
            iterator = page.get("NextShardIterator")
            if iterator is None:
                _check_children(name, page, shards)
                self._ended.add(name)
                return
            if not page["Records"] and page["MillisBehindLatest"] == 0:
                return

    def _iterator(self, client: Any, name: str) -> str:
        where = {"ShardIteratorType": "TRIM_HORIZON"}
        if name in self._last:
            where = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "StartingSequenceNumber": self._last[name],
            }
        answer = client.get_shard_iterator(StreamName=self._stream, ShardId=name, **where)
        iterator: str = whole(answer, "ShardIterator")["ShardIterator"]
        return iterator


def _check_children(name: str, page: dict[str, Any], shards: list[dict[str, Any]]) -> None:
    told = {child["ShardId"] for child in page.get("ChildShards", ())}
    listed = {
        shard["ShardId"]
        for shard in shards
        if name in (shard.get("ParentShardId"), shard.get("AdjacentParentShardId"))
    }
    assert told, f"{name} ended without children"
    # A reader may be told of children that were made after the shards were listed.
    assert listed <= told, f"{name} has the children {listed} and ended with {told}"
