"""Limits on numbers, per account and region: shards, streams, and what DescribeLimits says of them.

The figures are AWS's quotas of 2025. They count an account, so that the node's setting says whether
they hold, and no stream's tag.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from shardline.gateway.types import Caller
from shardline.kinesis import consumers, lineage, messages
from shardline.kinesis.limit_modes import LimitsMode
from shardline.kinesis.resharding import ShardQuota
from shardline.storage.entities import Stream, StreamMode

# What protects the server when no limit is wanted: to make this many shards keeps a node from all
# else for some seconds, and each costs it a kilobyte or two.
MOST_SHARDS = 30_000
NO_LIMIT = 1_000_000  # the largest number that DescribeLimits can answer (botocore's model)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of each there may be."""

    shards: int = 20_000
    on_demand_streams: int = 50
    streams_changing: int = 5
    consumers: int = 20  # of one stream
    advantage_consumers: int = 50  # the same, with On-demand Advantage
    consumers_creating: int = 5

    @classmethod
    def of(cls, mode: LimitsMode) -> "Limits":
        """The limits of a node with that setting."""
        if mode != "off":
            return cls()
        return cls(MOST_SHARDS, *[NO_LIMIT] * (len(fields(cls)) - 1))

    def check_new_stream(
        self, mine: Sequence[Stream], caller: Caller, *, shards: int, mode: StreamMode
    ) -> None:
        """Refuse a stream that would be one too many beside `mine`, the caller's streams.

        Raises LimitExceededException.
        """
        changing = sum(stream.status in ("CREATING", "DELETING") for stream in mine)
        if changing >= self.streams_changing:
            raise messages.too_many_streams_changing(self.streams_changing)
        if mode == "ON_DEMAND":
            self.check_on_demand(mine, caller)
        quota = self.quota(mine)
        if quota.used + shards > quota.limit:
            raise messages.shard_limit_exceeded(
                caller.account,
                caller.region,
                current=quota.used,
                limit=quota.limit,
                additional=shards,
            )

    def check_new_consumer(
        self, stream: Stream, *, now_ms: int, creating_elsewhere: int, advantage: bool
    ) -> None:
        """Refuse a consumer that would be one too many.

        `creating_elsewhere` counts those in CREATING of the account's other streams. Raises
        LimitExceededException; AWS's texts are not known.
        """
        there = consumers.present(stream, now_ms)
        limit = self.advantage_consumers if advantage else self.consumers
        if len(there) >= limit:
            raise messages.limit_exceeded(
                f"This request would exceed the limit of {limit} consumers for the stream "
                f"{stream.name} under account {stream.account}."
            )
        creating = creating_elsewhere + consumers.creating(there)
        if creating >= self.consumers_creating:
            raise messages.limit_exceeded(
                "This request would exceed the limit on the number of consumers that can "
                f"simultaneously be in CREATING. Limit: {self.consumers_creating}"
            )

    def check_on_demand(self, mine: Sequence[Stream], caller: Caller) -> None:
        """Refuse an on-demand stream that would be one too many. AWS's own text is not known.

        Raises LimitExceededException.
        """
        if _on_demand(mine) >= self.on_demand_streams:
            raise messages.limit_exceeded(
                f"This request would exceed the limit of {self.on_demand_streams} on-demand "
                f"streams for the account {caller.account} in {caller.region}."
            )

    def quota(self, mine: Sequence[Stream]) -> ShardQuota:
        """Open shards of an account's streams in a region, and how many there may be."""
        used = sum(len(lineage.open_shards(stream.shards)) for stream in mine)
        return ShardQuota(used, self.shards)

    def describe(self, mine: Sequence[Stream]) -> dict[str, Any]:
        """DescribeLimits' answer."""
        return {
            "ShardLimit": self.shards,
            "OpenShardCount": self.quota(mine).used,
            "OnDemandStreamCount": _on_demand(mine),
            "OnDemandStreamCountLimit": self.on_demand_streams,
        }


def _on_demand(streams: Sequence[Stream]) -> int:
    return sum(stream.mode == "ON_DEMAND" for stream in streams)
