"""Where a caller wants to begin or to order by: checks of sequence numbers and times it hands in.

Conditions, their order and texts are AWS's, as kinesalite's suite and public issues recorded them.
"""

from shardline.gateway.errors import ServiceError
from shardline.kinesis import messages
from shardline.kinesis.lineage import shard_id
from shardline.kinesis.sequence import UndecodableNumberError, parse
from shardline.storage.entities import Shard, Stream

_BY_NUMBER = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


def check_ordering(text: str, name: str, account: str, *, now_ms: int) -> None:
    """Check PutRecord's SequenceNumberForOrdering.

    It changes nothing else here: numbers of one shard always grow. Raises
    InvalidArgumentException for a number that cannot be read or that was put in the future.
    """
    try:
        # A time in the future, to the second: one that is now is fine.
        fits = parse(text).put_s * 1000 <= now_ms
    except UndecodableNumberError:
        fits = False
    if not fits:
        raise messages.invalid_argument(
            f"ExclusiveMinimumSequenceNumber {text} used in PutRecord on stream {name} "
            f"under account {account} is invalid."
        )


def check_start(
    kind: str, number: str | None, timestamp: float | None, *, now_ms: int
) -> int | None:
    """Check that a ShardIteratorType has what it needs; answer AT_TIMESTAMP's time in ms.

    A timestamp is in seconds. Raises InvalidArgumentException.
    """
    if kind == "AT_TIMESTAMP":
        return _start_time(timestamp, now_ms)
    if (number is not None) != (kind in _BY_NUMBER):
        found = "no" if number is None else "also a"
        raise messages.invalid_argument(
            "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
            "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
            f"Request specified {kind} and {found} StartingSequenceNumber."
        )
    return None


def _start_time(timestamp: float | None, now_ms: int) -> int:
    if timestamp is None:
        raise messages.invalid_argument(
            "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
            "Current request has no timestamp parameter."
        )
    start_ms = round(timestamp * 1000)
    if start_ms > now_ms:
        raise messages.invalid_argument(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            f"timestampInMillis: {start_ms}, currentTimestampInMillis: {now_ms}"
        )
    return start_ms


def start_offset(kind: str, text: str, stream: Stream, shard: Shard, *, tail: int) -> int:
    """The offset that AT_ or AFTER_SEQUENCE_NUMBER begins at, with the number `text`.

    `tail` is the offset after the shard's last record; a number beyond it (the
    EndingSequenceNumber is one) begins at the tail. Raises InvalidArgumentException for a number
    of another shard or stream or of none, and InternalFailure for an old number of version 0.
    """
    try:
        number = parse(text)
    except UndecodableNumberError:
        raise _invalid_start(text, stream, shard) from None
    if number.shard != shard.number:
        raise messages.invalid_argument(
            f"Invalid StartingSequenceNumber. It encodes {shard_id(number.shard)}, "
            f"while it was used in a call to a shard with {shard_id(shard.number)}"
        )
    if number.version == 0:
        raise messages.internal_failure()
    if number.version != 2 or number.created_s != shard.created_s:
        raise _invalid_start(text, stream, shard, " because it did not come from this stream")
    offset = number.counter if kind == "AFTER_SEQUENCE_NUMBER" else max(number.counter - 1, 0)
    return min(offset, tail)


def _invalid_start(text: str, stream: Stream, shard: Shard, why: str = "") -> ServiceError:
    return messages.invalid_argument(
        f"StartingSequenceNumber {text} used in GetShardIterator on shard "
        f"{shard_id(shard.number)} in stream {stream.name} under account {stream.account} "
        f"is invalid{why}."
    )
