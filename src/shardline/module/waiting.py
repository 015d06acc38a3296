"""Waiting for a stream, and trying again what will be right in a moment."""

from collections.abc import Callable, Iterator, Set
from typing import Any

from botocore.exceptions import ClientError

from shardline.module.errors import TakesTooLong
from shardline.module.target import Target

Sleep = Callable[[float], None]
Tell = Callable[[str], None]

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
WAIT_S = 3600.0
"""For a stream: AWS takes half a minute for each shard that a reshard touches."""
RETRY_S = 40.0
"""For a call: longer than IAM takes until what was created is known everywhere."""

GONE = "gone"

# The stream is changing, the account has as many changes under way as it may, IAM does not know yet
# what it has just been told, or somebody else changes the same thing.
PASSING: Set[str] = {
    "ResourceInUseException",
    "LimitExceededException",
    "NoSuchEntity",
    "DeleteConflict",
    "EntityTemporarilyUnmodifiable",
    "ConcurrentModification",
}


def pauses(total_s: float) -> Iterator[float]:
    """Pauses that grow, and that are `total_s` together."""
    pause = FIRST_PAUSE_S
    while total_s > 0:
        yield min(pause, total_s)
        total_s -= pause
        pause = min(pause * 1.6, LONGEST_PAUSE_S)


def status(target: Target, name: str) -> str:
    """The status of a stream: CREATING, ACTIVE, UPDATING, DELETING, or `GONE`."""
    try:
        summary = target.kinesis.describe_stream_summary(StreamName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return GONE
        raise
    return str(summary["StreamDescriptionSummary"]["StreamStatus"])


def settled(target: Target, name: str, sleep: Sleep, tell: Tell) -> str:
    """Wait until a stream is ACTIVE or gone. Raises `TakesTooLong` after an hour."""
    found = ""
    for pause in (0.0, *pauses(WAIT_S)):
        if pause:
            sleep(pause)
        found = status(target, name)
        if found in ("ACTIVE", GONE):
            return found
        tell(f"{name} is {found}")
    raise TakesTooLong(f"{name} is {found} after an hour; run it again to go on from there")


def retried(call: Callable[[], Any], sleep: Sleep, tell: Tell, passing: Set[str] = PASSING) -> Any:
    """Make a call until it is not refused with one of these codes. Raises the last ClientError."""
    for pause in pauses(RETRY_S):
        try:
            return call()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in passing:
                raise
            tell(f"{error.operation_name}: {code}, once more")
            sleep(pause)
    return call()
