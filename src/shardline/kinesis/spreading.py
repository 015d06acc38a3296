"""The AUTO distribution strategy: records go evenly over the shards, whatever their keys.

By botocore's model partition key and ExplicitHashKey are ignored. How AWS spreads is not known
("service-managed algorithms"). Here the shards take turns, and a request is parted in runs of
neighbours: into as many as there are shards, but none shorter than 25 records, so that neither a
large request meets one shard's limit nor a stream of many shards makes a write of each record.
"""

from collections.abc import Sequence

from shardline.kinesis.hashing import Group, RouteTable

SHORTEST_RUN = 25


class Turns:
    """Whose turn it is among the shards of one stream."""

    __slots__ = ("_next",)

    def __init__(self) -> None:
        self._next = 0

    def spread(
        self, table: RouteTable, keys: Sequence[bytes], datas: Sequence[bytes]
    ) -> list[Group]:
        """Part the columns of a request by shard. Each shard comes at most once."""
        shards, count = table.shards, len(keys)
        runs = max(1, min(len(shards), count // SHORTEST_RUN))
        first = self._next % len(shards)
        self._next = first + runs
        groups = []
        for run in range(runs):
            shard = shards[(first + run) % len(shards)]
            begin, end = count * run // runs, count * (run + 1) // runs
            groups.append(Group(shard, keys[begin:end], datas[begin:end], range(begin, end)))
        return groups
