"""How a stream is addressed: its name, its ARN, its id, and the ids that are given to streams."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from shardline.kinesis import messages

ID_RANDOM_BYTES = 16
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_STREAM_ARN = re.compile(
    r"arn:(?P<partition>aws[^:]*):kinesis:(?P<region>[^:]*):(?P<account>[0-9]{12})"
    r":stream/(?P<name>[a-zA-Z0-9_.-]{1,128})"
)
_CONSUMER_ARN = re.compile(
    # One consumer has one ARN: policies are about ARNs as they are written.
    r"(?P<stream>.*)/consumer/(?P<name>[a-zA-Z0-9_.-]{1,128}):(?P<second>0|[1-9][0-9]{0,17})"
)

_IN_STREAM_ARN = re.compile(r"arn:aws[^:]*:kinesis:[^:]*:[0-9]{12}:stream/(?P<name>[^/:]+)")


class StreamArn(NamedTuple):
    """The parts of a stream's ARN."""

    partition: str
    region: str
    account: str
    name: str


class ConsumerArn(NamedTuple):
    """The parts of a consumer's ARN: its stream's name, its own, and the second that it is from."""

    stream: str
    name: str
    created_s: int


class Address(NamedTuple):
    """Which stream a call means: at least one of the two is there; both must fit if both are."""

    name: str | None
    stream_id: str | None = None


def stream_arn(region: str, account: str, name: str) -> str:
    """The ARN of a stream."""
    return f"arn:aws:kinesis:{region}:{account}:stream/{name}"


@lru_cache(maxsize=1024)
def parse_stream_arn(text: str) -> StreamArn | None:
    """The parts of a stream's ARN; None for anything else (also for a consumer's ARN)."""
    match = _STREAM_ARN.fullmatch(text)
    return StreamArn(**match.groupdict()) if match else None


def stream_name_in(arn: str) -> str | None:
    """The stream's name in the ARN of a stream or of something that belongs to one."""
    match = _IN_STREAM_ARN.match(arn)
    return match["name"] if match else None


def account_in(arn: str) -> str | None:
    """The account in the ARN of a stream or of a consumer; None for anything else."""
    parts = parse_stream_arn(arn.partition("/consumer/")[0])
    return parts.account if parts is not None else None


def make_stream_id(random: bytes) -> str:
    """A stream id of AWS's form (`[a-z0-9]{20}-[a-z0-9]{3}`) from 16 random bytes."""
    value = int.from_bytes(random[:ID_RANDOM_BYTES], "big")
    letters = []
    for _ in range(23):
        value, letter = divmod(value, len(_ALPHABET))
        letters.append(_ALPHABET[letter])
    text = "".join(letters)
    return f"{text[:20]}-{text[20:]}"


def resolve(
    account: str,
    region: str,
    *,
    name: str | None = None,
    arn: str | None = None,
    stream_id: str | None = None,
) -> Address:
    """The stream that StreamName, StreamARN and StreamId mean together.

    Raises InvalidArgumentException when none is given, when name and ARN disagree, and for an ARN
    that is not of a stream of this account and region. AWS's texts for these are not known.
    """
    if arn is not None:
        named = name_in_arn(arn, account, region)
        if name is not None and name != named:
            raise messages.invalid_argument(
                f"StreamName {name} and StreamARN {arn} do not name the same stream."
            )
        name = named
    if name is None and stream_id is None:
        raise messages.invalid_argument("Either StreamName or StreamARN should be provided.")
    return Address(name, stream_id)


def name_in_call(account: str, region: str, call: Mapping[str, Any]) -> str:
    """The stream that a call names, for AWS's messages: its name if the call says it, else its id.

    Raises as `resolve`.
    """
    address = resolve(
        account,
        region,
        name=call.get("StreamName"),
        arn=call.get("StreamARN"),
        stream_id=call.get("StreamId"),
    )
    return address.name or address.stream_id or ""


def name_in_arn(arn: str, account: str, region: str) -> str:
    """The name in the ARN of a stream of this account and region (also a ResourceARN).

    Raises InvalidArgumentException for any other.
    """
    parts = parse_stream_arn(arn)
    if parts is None or parts.partition != "aws":
        raise messages.invalid_argument(f"{arn} is not the ARN of a stream.")
    if (parts.account, parts.region) != (account, region):
        raise messages.invalid_argument(
            f"The stream of {arn} is not in account {account} and region {region}."
        )
    return parts.name


def in_consumer_arn(arn: str, account: str, region: str) -> ConsumerArn | None:
    """What names a consumer of this account and region; None for what is no consumer's ARN.

    Raises InvalidArgumentException for a consumer of another account or region.
    """
    match = _CONSUMER_ARN.fullmatch(arn)
    if match is None:
        return None
    stream = name_in_arn(match["stream"], account, region)
    return ConsumerArn(stream, match["name"], int(match["second"]))
