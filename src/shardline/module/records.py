"""Whether a stream still has records: what `destroy` asks before it deletes them."""

from collections.abc import Iterator

from shardline.module.target import Target
from shardline.module.waiting import Sleep

# GetRecords may be asked five times a second and shard, by all readers together.
_PAUSE_S = 0.25


def has_records(target: Target, name: str, sleep: Sleep) -> bool:
    """Whether any shard, open or closed, has a record inside of the retention.

    The first one that is found ends the search; an empty stream takes a read of each shard.
    """
    return any(_shard_has_records(target, name, shard, sleep) for shard in _shards(target, name))


def _shards(target: Target, name: str) -> Iterator[str]:
    answer = target.kinesis.list_shards(StreamName=name)
    while True:
        yield from (shard["ShardId"] for shard in answer["Shards"])
        token = answer.get("NextToken")
        if token is None:
            return
        answer = target.kinesis.list_shards(NextToken=token)


def _shard_has_records(target: Target, name: str, shard: str, sleep: Sleep) -> bool:
    iterator = target.kinesis.get_shard_iterator(
        StreamName=name, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    while iterator is not None:
        answer = target.kinesis.get_records(ShardIterator=iterator, Limit=1)
        if answer["Records"]:
            return True
        if not answer.get("MillisBehindLatest"):
            return False
        # AWS may answer nothing for a part of a shard and still have something further on.
        iterator = answer.get("NextShardIterator")
        sleep(_PAUSE_S)
    return False
