"""Makes the changes of a plan, one call after the other.

Nothing is kept between two runs: whatever cuts a run off, the next one reads what is there and
plans the rest. So each call leaves a state that can be planned from, and what is created carries
its owner from the first moment on.
"""

from collections.abc import Callable

from botocore.exceptions import ClientError

from shardline.module.errors import Refused, StepFailed
from shardline.module.plan import Call, Change, Plan
from shardline.module.target import Target
from shardline.module.waiting import GONE, PASSING, RETRY_S, Sleep, Tell, pauses, retried, settled

# What changes the stream's status, or may: the next call has to wait for ACTIVE.
CHANGES_STATUS = {
    "CreateStream",
    "DecreaseStreamRetentionPeriod",
    "DeleteStream",
    "DisableEnhancedMonitoring",
    "EnableEnhancedMonitoring",
    "IncreaseStreamRetentionPeriod",
    "StartStreamEncryption",
    "StopStreamEncryption",
    "UpdateMaxRecordSize",
    "UpdateShardCount",
    "UpdateStreamMode",
}

Starts = Callable[[int, Change], None]


def make(
    target: Target,
    plan: Plan,
    *,
    sleep: Sleep,
    tell: Tell = lambda text: None,
    starts: Starts = lambda number, change: None,
) -> None:
    """Make the changes of a plan. `starts` is told of each, from 1, `tell` of every wait.

    Raises `Refused` when the plan says why nothing may be done, `StepFailed` when the API refuses a
    call, and `TakesTooLong`.
    """
    if plan.refusals:
        raise Refused(plan.name, plan.refusals)
    for number, change in enumerate(plan.to_make, 1):
        starts(number, change)
        for call in change.calls:
            _make_call(target, plan.name, change, call, sleep, tell)
    _wait_for_consumers(target, plan, sleep, tell)


def _make_call(
    target: Target, name: str, change: Change, call: Call, sleep: Sleep, tell: Tell
) -> None:
    try:
        retried(
            lambda: target.call(call.service, call.operation, **call.params),
            sleep,
            tell,
            # A day's reshards do not pass in a moment.
            PASSING
            - ({"LimitExceededException"} if call.operation == "UpdateShardCount" else set()),
        )
    except ClientError as error:
        raise StepFailed(_told(name, change, call, error)) from error
    if call.operation in CHANGES_STATUS:
        tell(f"{name} is changing")
        settled(target, name, sleep, tell)


def _told(name: str, change: Change, call: Call, error: ClientError) -> str:
    said = error.response["Error"]
    message = str(said.get("Message", "")).rstrip(".") or "no message"
    right = "run it again once that is put right: it goes on from there"
    if call.operation == "UpdateShardCount" and said["Code"] == "LimitExceededException":
        right = "AWS allows ten in 24 hours; run it again later: it goes on from there"
    what = f"{change.word} {change.what}"
    return f"{name}: {what}: {call.operation} is refused, {said['Code']}: {message}; {right}"


def _wait_for_consumers(target: Target, plan: Plan, sleep: Sleep, tell: Tell) -> None:
    """A consumer can be read by once it is ACTIVE. One that takes long is not waited for."""
    registered = [
        call.params["ConsumerName"]
        for change in plan.to_make
        for call in change.calls
        if call.operation == "RegisterStreamConsumer"
    ]
    arn = target.place.stream(plan.name)
    for name in registered:
        for pause in pauses(RETRY_S):
            answer = target.kinesis.describe_stream_consumer(StreamARN=arn, ConsumerName=name)
            status = answer["ConsumerDescription"]["ConsumerStatus"]
            if status == "ACTIVE":
                break
            tell(f"consumer {name} is {status}")
            sleep(pause)


def ready(target: Target, name: str, sleep: Sleep, tell: Tell) -> bool:
    """Wait until a stream can be read and planned from. Answers whether there is one."""
    return settled(target, name, sleep, tell) != GONE
