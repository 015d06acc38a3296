"""Runs the engine of scaling on a stream: looks, decides, and does it.

Nothing is kept in the process: the changes of the last 24 hours are in a tag of the stream, and its
load is in CloudWatch. So it may run anywhere, be stopped and started, and two that run at once (a
server runs it for its own streams) only decide the same.
"""

from dataclasses import dataclass

from shardline.module.actual import ActualStream
from shardline.module.apply import make
from shardline.module.errors import StepFailed
from shardline.module.metrics import window
from shardline.module.plan import Call, Change, Plan, grantees
from shardline.module.plan.alarms import alarm_changes
from shardline.module.read import read, read_stream
from shardline.module.scaling.decision import Decision, State, decide
from shardline.module.scaling.history import History
from shardline.module.scaling.rules import Rules
from shardline.module.spec.wanted import ScaledShards, WantedStream
from shardline.module.target import Target
from shardline.module.waiting import Sleep, Tell


@dataclass(frozen=True, slots=True)
class Look:
    """A stream as it was found, and what was decided. No decision: `why` it is none."""

    stream: ActualStream | None
    decision: Decision | None
    why: str = ""


def look(target: Target, wanted: WantedStream, now_s: int) -> Look:
    """Decide on a stream, and do nothing. Raises what boto3 raises."""
    if not isinstance(wanted.capacity, ScaledShards):
        return Look(None, None, f"the shards belong to {wanted.capacity.owner}, not to the scaler")
    stream = read_stream(target, wanted.name)
    if stream is None:
        return Look(None, None, "there is no such stream: `shardline apply` makes it")
    if stream.mode != "PROVISIONED" or stream.status != "ACTIVE":
        mode = stream.mode.lower().replace("_", " ")
        return Look(stream, None, f"the stream is {mode} and {stream.status}")
    rules = Rules(wanted.capacity.least, wanted.capacity.most, wanted.capacity.target_utilization)
    state = State(
        shards=stream.shards,
        age_s=now_s - stream.created_s,
        history=History.of_tags(stream.tags),
        now_s=now_s,
    )
    consumers = [consumer.name for consumer in stream.consumers]
    return Look(stream, decide(state, rules, window(target, wanted.name, consumers, now_s)))


def scale(
    target: Target, wanted: WantedStream, found: Look, now_s: int, *, sleep: Sleep, tell: Tell
) -> None:
    """Do what was decided, wait until it is done, and make the alarms follow.

    Raises `StepFailed` and `TakesTooLong`. The change is counted before it is made, so that none is
    made that was not counted; one that is refused is taken off again. Where somebody else changed
    the stream since it was looked at, the decision is of another stream, and nothing is done.
    """
    stream, decision = found.stream, found.decision
    if stream is None or decision is None or decision.word == "hold":
        return
    if _is_other(stream, read_stream(target, wanted.name)):
        tell(f"{wanted.name} was changed meanwhile: left for the next time")
        return
    before = History.of_tags(stream.tags)
    calls = (
        _remember(wanted.name, before.after(now_s)),
        Call(
            "kinesis",
            "UpdateShardCount",
            {
                "StreamName": wanted.name,
                "TargetShardCount": decision.shards,
                "ScalingType": "UNIFORM_SCALING",
            },
        ),
    )
    change = Change("scale", "shards", str(stream.shards), str(decision.shards), calls)
    try:
        make(target, Plan(wanted.name, (change,)), sleep=sleep, tell=tell)
    except StepFailed:
        target.call("kinesis", "AddTagsToStream", **_remember(wanted.name, before).params)
        raise
    actual = read(target, wanted.name, grantees(wanted))
    alarms = (each for each in alarm_changes(wanted, actual) if each.word == "change")
    make(target, Plan(wanted.name, tuple(alarms)), sleep=sleep, tell=tell)


def _is_other(before: ActualStream, now: ActualStream | None) -> bool:
    if now is None or (now.status, now.mode) != ("ACTIVE", "PROVISIONED"):
        return True
    counted = History.of_tags(before.tags) != History.of_tags(now.tags)
    return counted or before.shards != now.shards


def _remember(stream: str, history: History) -> Call:
    return Call("kinesis", "AddTagsToStream", {"StreamName": stream, "Tags": history.tag()})
