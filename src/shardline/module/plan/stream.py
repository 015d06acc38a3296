"""The changes of the stream itself: that it is there, its settings, its tags."""

from collections.abc import Iterator
from typing import Any

from shardline.module.actual import RESERVED_TAGS, Actual, ActualStream
from shardline.module.places import owner_tag
from shardline.module.plan.capacity import (
    capacity_changes,
    scaling_tag,
    shards_after,
    shards_text,
)
from shardline.module.plan.changes import Call, Change, Word
from shardline.module.spec.wanted import OnDemand, WantedStream

NEW_RETENTION_HOURS = 24
NEW_RECORD_SIZE_KIB = 1024


def stream_changes(wanted: WantedStream, actual: Actual, now_s: int) -> list[Change]:
    """What makes the stream as it should be, or creates it and then does."""
    if actual.stream is not None:
        return list(_settings(wanted, actual.stream, "change", now_s))
    return [
        _creation(wanted, actual),
        *_settings(wanted, _as_created(wanted, actual), "create", now_s),
    ]


def _creation(wanted: WantedStream, actual: Actual) -> Change:
    params: dict[str, Any] = {
        "StreamName": wanted.name,
        "StreamModeDetails": {"StreamMode": wanted.capacity.mode},
        "Tags": {
            **wanted.tags,
            **scaling_tag(wanted),
            **owner_tag(actual.place, wanted.name),
        },
    }
    after = "on demand"
    if not isinstance(wanted.capacity, OnDemand):
        params["ShardCount"] = shards_after(wanted, actual)
        after = f"provisioned, {shards_text(params['ShardCount'])}"
    if wanted.max_record_size_kib != NEW_RECORD_SIZE_KIB:
        params["MaxRecordSizeInKiB"] = wanted.max_record_size_kib
        after += f", records of up to {wanted.max_record_size_kib} KiB"
    return Change("create", "stream", None, after, (Call("kinesis", "CreateStream", params),))


def _as_created(wanted: WantedStream, actual: Actual) -> ActualStream:
    """The stream as AWS leaves it when it has been created."""
    return ActualStream(
        arn=actual.place.stream(wanted.name),
        status="ACTIVE",
        mode=wanted.capacity.mode,
        shards=shards_after(wanted, actual),
        retention_hours=NEW_RETENTION_HOURS,
        max_record_size_kib=wanted.max_record_size_kib,
        kms_key=None,
        shard_level_metrics=(),
        consumers=(),
        tags={**wanted.tags, **scaling_tag(wanted)},
    )


def _settings(
    wanted: WantedStream, stream: ActualStream, word: Word, now_s: int
) -> Iterator[Change]:
    yield from capacity_changes(wanted, stream, now_s)
    yield from _retention(wanted, stream, word)
    yield from _record_size(wanted, stream)
    yield from _encryption(wanted, stream, word)
    yield from _metrics(wanted, stream, word)
    yield from _tags(wanted, stream)


def _retention(wanted: WantedStream, stream: ActualStream, word: Word) -> Iterator[Change]:
    before, after = stream.retention_hours, wanted.retention_hours
    if before == after:
        return
    direction = "Increase" if after > before else "Decrease"
    params = {"StreamName": wanted.name, "RetentionPeriodHours": after}
    call = Call("kinesis", f"{direction}StreamRetentionPeriod", params)
    loses = f"records older than {after}h" if after < before else ""
    yield Change(word, "retention", f"{before}h", f"{after}h", (call,), loses=loses)


def _record_size(wanted: WantedStream, stream: ActualStream) -> Iterator[Change]:
    before, after = stream.max_record_size_kib, wanted.max_record_size_kib
    if before != after:
        params = {"StreamARN": stream.arn, "MaxRecordSizeInKiB": after}
        call = Call("kinesis", "UpdateMaxRecordSize", params)
        yield Change("change", "largest record", f"{before} KiB", f"{after} KiB", (call,))


def _encryption(wanted: WantedStream, stream: ActualStream, word: Word) -> Iterator[Change]:
    before, after = stream.kms_key, wanted.kms_key
    if before is not None and after is not None and _same_key(before, after, stream.arn):
        return
    if before == after:
        return
    params = {"StreamName": wanted.name, "EncryptionType": "KMS", "KeyId": after or before}
    call = Call("kinesis", f"{'Start' if after else 'Stop'}StreamEncryption", params)
    yield Change(word, "encryption", before or "none", after or "none", (call,))


def _same_key(one: str, other: str, stream_arn: str) -> bool:
    """Whether two names are of one key: `alias/NAME` or an id, and its ARN of the same place."""
    partition, _, region, account = stream_arn.split(":")[1:5]
    home = f"arn:{partition}:kms:{region}:{account}:"

    def short(name: str) -> str:
        return name.removeprefix(home).removeprefix("key/")

    return short(one) == short(other)


def _metrics(wanted: WantedStream, stream: ActualStream, word: Word) -> Iterator[Change]:
    before, after = set(stream.shard_level_metrics), set(wanted.shard_level_metrics)
    calls = []
    for operation, metrics in (("Enable", after - before), ("Disable", before - after)):
        if metrics:
            params = {"StreamName": wanted.name, "ShardLevelMetrics": sorted(metrics)}
            calls.append(Call("kinesis", f"{operation}EnhancedMonitoring", params))
    if calls:
        yield Change(
            word,
            "metrics of each shard",
            ", ".join(sorted(before)) or "none",
            ", ".join(sorted(after)) or "none",
            tuple(calls),
        )


def _tags(wanted: WantedStream, stream: ActualStream) -> Iterator[Change]:
    there = {key: stream.tags[key] for key in stream.tags if not key.startswith(RESERVED_TAGS)}
    for key, value in sorted(wanted.tags.items()):
        if there.get(key) != value:
            params: dict[str, Any] = {"StreamName": wanted.name, "Tags": {key: value}}
            call = Call("kinesis", "AddTagsToStream", params)
            word: Word = "change" if key in there else "create"
            yield Change(word, f"tag {key}", there.get(key), value, (call,))
    for key in sorted(there.keys() - wanted.tags.keys()):
        params = {"StreamName": wanted.name, "TagKeys": [key]}
        call = Call("kinesis", "RemoveTagsFromStream", params)
        yield Change("remove", f"tag {key}", there[key], None, (call,))
