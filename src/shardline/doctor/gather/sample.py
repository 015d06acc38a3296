"""Reads a few records, for the sake of their partition keys: only when it is asked for.

Each shard's reading is a GetRecords like any other: it takes one of the five that a shard gives in
a second, and counts in its metrics.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from shardline.doctor.facts import Failed, Sample
from shardline.doctor.gather.attempt import failed

MOST_SHARDS = 20
BACK_S = 300


def sample(kinesis: Any, stream: str, shards: list[str], most: int, now_s: int) -> Sample:
    """At most so many records of the last five minutes, of 20 shards at most."""
    some = shards[:MOST_SHARDS]
    counts: Counter[str] = Counter()
    refused: list[Failed] = []
    for shard in some:
        try:
            counts.update(_keys(kinesis, stream, shard, max(1, most // len(some)), now_s))
        except ClientError as error:
            refused.append(failed("kinesis:GetRecords", error))
    return Sample(counts.total(), len(some), tuple(counts.most_common(10)), tuple(refused))


def _keys(kinesis: Any, stream: str, shard: str, limit: int, now_s: int) -> list[str]:
    iterator = kinesis.get_shard_iterator(
        StreamName=stream,
        ShardId=shard,
        ShardIteratorType="AT_TIMESTAMP",
        Timestamp=datetime.fromtimestamp(now_s - BACK_S, UTC),
    )["ShardIterator"]
    answer = kinesis.get_records(ShardIterator=iterator, Limit=min(limit, 10_000))
    return [each["PartitionKey"] for each in answer["Records"]]
