"""Reads the stream itself: its summary, shards, consumers, tags, and the account's limits."""

from collections.abc import Mapping
from typing import Any

from shardline.doctor.drawing.shard_map import PARENTS
from shardline.doctor.facts import Consumer, Limits, Shard, Stream
from shardline.doctor.sequence import told


def summary(kinesis: Any, name: str) -> Stream:
    """DescribeStreamSummary."""
    found = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    monitoring = found.get("EnhancedMonitoring") or [{}]
    return Stream(
        name=found["StreamName"],
        arn=found["StreamARN"],
        status=found["StreamStatus"],
        mode=found.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED"),
        open_shards=found["OpenShardCount"],
        retention_hours=found["RetentionPeriodHours"],
        key=found.get("KeyId") if found.get("EncryptionType") == "KMS" else None,
        shard_level_metrics=tuple(monitoring[0].get("ShardLevelMetrics") or ()),
        created_s=int(found["StreamCreationTimestamp"].timestamp()),
    )


def shards(kinesis: Any, name: str) -> tuple[Shard, ...]:
    """ListShards: the open ones, and those that were closed within the retention."""
    pages = kinesis.get_paginator("list_shards").paginate(StreamName=name)
    return tuple(_shard(each) for page in pages for each in page["Shards"])


def _shard(found: Mapping[str, Any]) -> Shard:
    numbers = found["SequenceNumberRange"]
    begun = told(numbers["StartingSequenceNumber"])
    ended = numbers.get("EndingSequenceNumber")
    closed = told(ended) if ended is not None else None
    return Shard(
        id=found["ShardId"],
        start=int(found["HashKeyRange"]["StartingHashKey"]),
        end=int(found["HashKeyRange"]["EndingHashKey"]),
        is_open=ended is None,
        created_s=begun.created_s if begun else None,
        closed_s=closed.put_s if closed else None,
        parents=tuple(found[name] for name in PARENTS if name in found),
    )


def consumers(kinesis: Any, arn: str) -> tuple[Consumer, ...]:
    """ListStreamConsumers."""
    pages = kinesis.get_paginator("list_stream_consumers").paginate(StreamARN=arn)
    return tuple(
        Consumer(each["ConsumerName"], each["ConsumerARN"], each["ConsumerStatus"])
        for page in pages
        for each in page["Consumers"]
    )


def tags(kinesis: Any, name: str) -> Mapping[str, str]:
    """ListTagsForStream, page by page."""
    found: dict[str, str] = {}
    more: dict[str, str] = {}
    while True:
        page = kinesis.list_tags_for_stream(StreamName=name, **more)
        found |= {tag["Key"]: tag.get("Value", "") for tag in page["Tags"]}
        if not page["HasMoreTags"]:
            return found
        more = {"ExclusiveStartTagKey": page["Tags"][-1]["Key"]}


def limits(kinesis: Any) -> Limits:
    """DescribeLimits. On AWS, once a second for the whole account."""
    found = kinesis.describe_limits()
    return Limits(
        found["ShardLimit"],
        found["OpenShardCount"],
        found.get("OnDemandStreamCount", 0),
        found.get("OnDemandStreamCountLimit", 0),
    )


def key_state(kms: Any, key: str) -> str:
    """DescribeKey: `Enabled`, `Disabled`, `PendingDeletion`, …"""
    state: str = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    return state
