"""The changes of what a stream can take: its mode, its number of shards, and who moves that."""

from collections.abc import Iterator

from shardline.module.actual import Actual, ActualStream
from shardline.module.plan.changes import Call, Change, Word
from shardline.module.scaling import rules_tag
from shardline.module.scaling.history import History
from shardline.module.scaling.rules import Rules
from shardline.module.scaling.steps import steps
from shardline.module.spec.wanted import FixedShards, OnDemand, ScaledShards, WantedStream


def shards_after(wanted: WantedStream, actual: Actual) -> int:
    """How many open shards there are once the changes are made; of on-demand streams what is there,
    since AWS owns their number."""
    stream = actual.stream
    capacity = wanted.capacity
    if isinstance(capacity, FixedShards):
        return capacity.count
    if isinstance(capacity, ScaledShards):
        return _within(capacity, stream.shards) if stream else capacity.least
    return stream.shards if stream else 0


def _within(capacity: ScaledShards, shards: int) -> int:
    return min(max(shards, capacity.least), capacity.most)


def capacity_changes(wanted: WantedStream, stream: ActualStream, now_s: int) -> Iterator[Change]:
    """The mode first: only a provisioned stream takes another number of shards.

    A server moves the shards of a stream whose tag says so. It stops before anything else is done,
    and begins when the shards are where they should be.
    """
    scaler = list(_scaler(wanted, stream))
    yield from (each for each in scaler if each.word == "remove")
    yield from _mode(wanted, stream)
    yield from _shard_count(wanted, stream, now_s)
    yield from (each for each in scaler if each.word != "remove")


def scaling_tag(wanted: WantedStream) -> dict[str, str]:
    """The tag by which a server knows that it is to move the shards; none if it is not."""
    capacity = wanted.capacity
    if not isinstance(capacity, ScaledShards):
        return {}
    return rules_tag.tag_of(Rules(capacity.least, capacity.most, capacity.target_utilization))


def _scaler(wanted: WantedStream, stream: ActualStream) -> Iterator[Change]:
    tag, key = scaling_tag(wanted), rules_tag.TAG
    before, after = stream.tags.get(key), tag.get(key)
    if before == after:
        return
    if after is None:
        call = Call(
            "kinesis", "RemoveTagsFromStream", {"StreamName": wanted.name, "TagKeys": [key]}
        )
        yield Change("remove", f"tag {key}", before, None, (call,))
        return
    call = Call("kinesis", "AddTagsToStream", {"StreamName": wanted.name, "Tags": tag})
    word: Word = "create" if before is None else "change"
    yield Change(word, f"tag {key}", before, after, (call,))


def _mode(wanted: WantedStream, stream: ActualStream) -> Iterator[Change]:
    mode = wanted.capacity.mode
    if mode != stream.mode:
        params = {"StreamARN": stream.arn, "StreamModeDetails": {"StreamMode": mode}}
        call = Call("kinesis", "UpdateStreamMode", params)
        note = "AWS allows two changes of mode in 24 hours"
        yield Change(
            "change", "mode", _mode_text(stream.mode), _mode_text(mode), (call,), note=note
        )


def _mode_text(mode: str) -> str:
    return mode.lower().replace("_", " ")


def _shard_count(wanted: WantedStream, stream: ActualStream, now_s: int) -> Iterator[Change]:
    capacity = wanted.capacity
    if isinstance(capacity, OnDemand):
        return
    if isinstance(capacity, FixedShards):
        yield from _scaling(wanted, stream, capacity.count, None, "")
        return
    owner = f"the scaler owns them: {capacity.least} to {capacity.most}"
    target = _within(capacity, stream.shards)
    if target == stream.shards:
        if target != capacity.least:
            yield Change("leave", "shards", str(target), None, note=owner)
        return
    yield from _scaling(wanted, stream, target, (History.of_tags(stream.tags), now_s), owner)


def _scaling(
    wanted: WantedStream,
    stream: ActualStream,
    target: int,
    counted: tuple[History, int] | None,
    note: str,
) -> Iterator[Change]:
    """AWS's steps to a count. What the scaler must know of is written into its history."""
    calls: list[Call] = []
    way = steps(stream.shards, target)
    history, now_s = counted or (None, 0)
    for count in way:
        params = {
            "StreamName": wanted.name,
            "TargetShardCount": count,
            "ScalingType": "UNIFORM_SCALING",
        }
        if history is not None:
            # First, so that a change which was made is never one that was not counted.
            history = history.after(now_s)
            tags = {"StreamName": wanted.name, "Tags": history.tag()}
            calls.append(Call("kinesis", "AddTagsToStream", tags))
        calls.append(Call("kinesis", "UpdateShardCount", params))
    if calls:
        by = f"in steps: {', '.join(map(str, way))}" if len(way) > 1 else ""
        yield Change(
            "scale",
            "shards",
            str(stream.shards),
            str(target),
            tuple(calls),
            note="; ".join(filter(None, (by, note))),
        )


def shards_text(count: int) -> str:
    """`1 shard`, `4 shards`."""
    return f"{count} shard{'' if count == 1 else 's'}"
