"""What a stream is set to, as its API says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from shardline.copying.cursor import shards_of
from shardline.copying.errors import DENIED
from shardline.copying.records import HashRange, seconds
from shardline.copying.tail import is_closed

DEFAULT_RECORD_KIB = 1024
COPY_TAG = "shardline:copy:"
"""The beginning of the tags by which a destination tells which copies went into it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A stream. `ranges` are those of its open shards, `created` is in seconds since 1970."""

    arn: str
    created: float
    status: str
    mode: str
    ranges: tuple[HashRange, ...]
    retention_hours: int
    max_record_kib: int
    kms_key: str | None
    shard_metrics: tuple[str, ...]
    distribution: str
    consumers: int
    warm_mibps: int | None
    policy: bool
    tags: Mapping[str, str]

    @property
    def is_spread(self) -> bool:
        """Whether the service spreads its records over the shards, whatever their keys."""
        return self.distribution == "AUTO"


def read_settings(client: Any, name: str) -> Settings | None:
    """A stream's settings; None when there is no such stream. Raises what boto3 raises."""
    try:
        answer = client.describe_stream_summary(StreamName=name)
    except client.exceptions.ResourceNotFoundException:
        return None
    found = answer["StreamDescriptionSummary"]
    metrics = found.get("EnhancedMonitoring") or [{}]
    shards = shards_of(client, {"StreamName": name}) if found["StreamStatus"] in READABLE else []
    return Settings(
        arn=found["StreamARN"],
        created=seconds(found["StreamCreationTimestamp"]),
        status=found["StreamStatus"],
        mode=found.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED"),
        ranges=tuple(sorted(HashRange.of(shard) for shard in shards if not is_closed(shard))),
        retention_hours=found["RetentionPeriodHours"],
        max_record_kib=found.get("MaxRecordSizeInKiB") or DEFAULT_RECORD_KIB,
        kms_key=found.get("KeyId") if found.get("EncryptionType") == "KMS" else None,
        shard_metrics=tuple(metrics[0].get("ShardLevelMetrics") or ()),
        distribution=found.get("RecordDistributionStrategy") or "USER_PARTITION_KEY",
        consumers=found.get("ConsumerCount") or 0,
        warm_mibps=(found.get("WarmThroughput") or {}).get("TargetMiBps"),
        policy=_has_policy(client, found["StreamARN"]),
        tags=tags_of(client, name),
    )


READABLE = ("ACTIVE", "UPDATING")


def tags_of(client: Any, name: str) -> dict[str, str]:
    """The tags of a stream; none where the caller may not see them."""
    tags: dict[str, str] = {}
    while True:
        start = {"ExclusiveStartTagKey": list(tags)[-1]} if tags else {}
        try:
            answer = client.list_tags_for_stream(StreamName=name, **start)
        except ClientError as error:
            if error.response["Error"]["Code"] in DENIED:
                return {}
            raise
        tags |= {tag["Key"]: tag["Value"] for tag in answer["Tags"]}
        if not answer["HasMoreTags"]:
            return tags


def _has_policy(client: Any, arn: str) -> bool:
    """Whether a stream has a policy of its own; no where that is not to be found out."""
    try:
        policy: str = client.get_resource_policy(ResourceARN=arn)["Policy"]
    except ClientError:
        return False
    return policy not in ("", "{}")
