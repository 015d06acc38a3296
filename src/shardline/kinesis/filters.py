"""ListShards' ShardFilter: which shards each of the six types gives.

The definitions are those of botocore's documentation. A shard lives from the time its parents
closed (the first ones: from the stream's creation) to the time it closed itself.

Decided here, where the documentation is silent: AT_TIMESTAMP before the trim horizon means the
trim horizon, as FROM_TIMESTAMP and GetShardIterator have it, so that the answer always covers all
hash keys; and of a shard that closed exactly at the horizon and its children, AT_TRIM_HORIZON
gives the shard, since a record in it can be that old.
"""

from collections.abc import Callable, Mapping
from typing import Any

from shardline.kinesis import messages
from shardline.kinesis.lineage import horizon_ms, is_visible, read_shard_id, visible
from shardline.storage.entities import Shard, Stream


def filtered(stream: Stream, shard_filter: Mapping[str, Any] | None, now_ms: int) -> list[Shard]:
    """The shards that a ShardFilter gives, by number. None is FROM_TRIM_HORIZON.

    `shard_filter` has AWS's members (Timestamp in seconds). Raises InvalidArgumentException when
    its type needs a member that is not there (AWS's text is not known), ResourceNotFoundException
    for a ShardId that cannot be read.
    """
    shards = visible(stream, now_ms)
    given = shard_filter or {"Type": "FROM_TRIM_HORIZON"}
    kind = given["Type"]
    if kind == "AFTER_SHARD_ID":
        after = read_shard_id(_require(given, "ShardId"), stream.name, stream.account)
        return [shard for shard in shards if shard.number > after]
    if kind == "AT_LATEST":
        return [shard for shard in shards if shard.is_open]
    if kind == "FROM_TRIM_HORIZON":
        return shards
    opened = _opening_times(stream)
    horizon = horizon_ms(stream, now_ms)
    if kind == "AT_TRIM_HORIZON":
        return [shard for shard in shards if opened(shard) < horizon and is_visible(shard, horizon)]
    time_ms = max(round(_require(given, "Timestamp") * 1000), horizon)
    lived = [shard for shard in shards if is_visible(shard, time_ms)]
    if kind == "FROM_TIMESTAMP":
        return lived
    return [shard for shard in lived if opened(shard) <= time_ms]


def _require(given: Mapping[str, Any], member: str) -> Any:
    if given.get(member) is None:
        raise messages.invalid_argument(
            f"ShardFilter of type {given['Type']} must specify {member}."
        )
    return given[member]


def _opening_times(stream: Stream) -> Callable[[Shard], int]:
    """The time each shard opened at, ms; before any horizon for the stream's first shards.

    The create second will not do: it lies up to some seconds after the parents' close.
    """
    closed = {shard.number: shard.closed_ms for shard in stream.shards}

    def opened(shard: Shard) -> int:
        parents = (shard.parent, shard.adjacent_parent)
        return max((closed.get(n) or 0 for n in parents if n is not None), default=0)

    return opened
