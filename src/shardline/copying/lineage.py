"""Which shards may be read next, so that the records of every key stay in order.

A reshard closes a shard and goes on in its children, so a key's records continue from a parent to
a child. A child may be read when all of its parents have been read to their end. Pure: shards in,
ids out; the shards are as ListShards gives them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

_PARENTS = ("ParentShardId", "AdjacentParentShardId")


class Lineage:
    """The shards of a stream, and how far each has been read."""

    def __init__(self) -> None:
        self._parents: dict[str, tuple[str, ...]] = {}
        self._closed: set[str] = set()
        self._begun: set[str] = set()
        self._finished: set[str] = set()

    def learn(self, shards: Iterable[Mapping[str, Any]]) -> None:
        """Take in a whole listing of the shards. A shard that it lacks has expired: finished."""
        listed = {shard["ShardId"]: shard for shard in shards}
        for name, shard in listed.items():
            self._parents.setdefault(name, tuple(shard[p] for p in _PARENTS if p in shard))
            if "EndingSequenceNumber" in shard["SequenceNumberRange"]:
                self._closed.add(name)
        self._finished |= self._parents.keys() - listed.keys()

    def ready(self) -> list[str]:
        """The shards that may be begun now, oldest first; each is given once."""
        ready = [
            name
            for name, parents in self._parents.items()
            if name not in self._begun | self._finished
            # A parent that was never listed had expired before: nothing is left to wait for.
            and all(p in self._finished or p not in self._parents for p in parents)
        ]
        self._begun.update(ready)
        return sorted(ready)

    def finish(self, shard: str) -> None:
        """Note that a shard has been read to its end."""
        self._finished.add(shard)

    def is_closed(self, shard: str) -> bool:
        """Whether the last listing said that nothing more will come into that shard."""
        return shard in self._closed
