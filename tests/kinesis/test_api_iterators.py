"""GetShardIterator: the five types, what they need, and what an iterator is."""

from typing import Any

import pytest

from kinesis_wire import (
    ACCOUNT,
    Wire,
    invalid,
    new_name,
    no_such_shard,
    shard_gone,
    shard_id,
)

HALF = str(2**127)
TYPES = "AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON"


def refused(aws: Wire, name: str, kind: str, shard: str = "0", **members: Any) -> tuple[str, str]:
    return aws.error(
        "GetShardIterator", StreamName=name, ShardId=shard, ShardIteratorType=kind, **members
    )


def three_records(aws: Wire) -> tuple[str, list[str]]:
    """A stream with the records 0, 1, 2, a second apart, and their numbers."""
    name, numbers = aws.stream(), []
    for data in (b"0", b"1", b"2"):
        aws.server.clock.advance(seconds=1)
        numbers.append(aws.put(name, data)["SequenceNumber"])
    return name, numbers


def now_s(aws: Wire) -> float:
    return aws.server.clock.now_ms() / 1000


# --- where each type begins ------------------------------------------------------------------


def test_trim_horizon_and_latest(aws: Wire) -> None:
    name, _ = three_records(aws)
    assert aws.datas(aws.iterator(name)) == [b"0", b"1", b"2"]
    latest = aws.iterator(name, kind="LATEST")
    aws.put(name, b"3")
    aws.put(name, b"4")
    # K:getRecords: LATEST is fixed when it is asked for, and sees what is put after it
    assert aws.datas(latest) == [b"3", b"4"]


def test_at_and_after_a_number(aws: Wire) -> None:
    name, numbers = three_records(aws)
    for place, number in enumerate(numbers):
        here = {"StartingSequenceNumber": number}
        at = aws.iterator(name, kind="AT_SEQUENCE_NUMBER", **here)
        after = aws.iterator(name, kind="AFTER_SEQUENCE_NUMBER", **here)
        assert aws.datas(at) == [b"0", b"1", b"2"][place:]
        assert aws.datas(after) == [b"0", b"1", b"2"][place + 1 :]


def test_the_shards_own_numbers_are_starts_too(aws: Wire) -> None:
    name, _ = three_records(aws)
    aws.void("SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=HALF)
    range_ = aws.describe(name)["Shards"][0]["SequenceNumberRange"]
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        start = {"StartingSequenceNumber": range_["StartingSequenceNumber"]}
        assert aws.datas(aws.iterator(name, kind=kind, **start)) == [b"0", b"1", b"2"]
        end = aws.iterator(name, kind=kind, StartingSequenceNumber=range_["EndingSequenceNumber"])
        assert "NextShardIterator" not in aws.get(end)


def test_at_a_time(aws: Wire) -> None:
    name, _ = three_records(aws)
    last = now_s(aws)

    def at(time_s: float) -> list[bytes]:
        return aws.datas(aws.iterator(name, kind="AT_TIMESTAMP", Timestamp=time_s))

    # Ki: a record of exactly that time is in; B: else the next later one; before all: the horizon
    assert at(last) == [b"2"]
    assert at(last - 0.001) == [b"2"]
    assert at(last - 1) == [b"1", b"2"]
    assert at(last - 1.001) == [b"1", b"2"]
    assert at(last - 0.999) == [b"2"]
    assert at(0) == [b"0", b"1", b"2"]
    assert at(last - 30 * 86400) == [b"0", b"1", b"2"]
    # Later than all records, and not in the future: what will be put
    aws.server.clock.advance(seconds=1)
    iterator = aws.iterator(name, kind="AT_TIMESTAMP", Timestamp=now_s(aws))
    assert aws.datas(iterator) == []
    aws.put(name, b"3")
    assert aws.datas(iterator) == [b"3"]


def test_every_type_on_a_closed_shard(aws: Wire) -> None:
    # K:splitShard: a closed shard still gives iterators
    name, numbers = three_records(aws)
    before_s = now_s(aws)
    aws.server.clock.advance(seconds=5)
    aws.void("SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=HALF)
    assert aws.datas(aws.iterator(name)) == [b"0", b"1", b"2"]
    assert aws.datas(aws.iterator(name, kind="LATEST")) == []
    at = aws.iterator(name, kind="AT_TIMESTAMP", Timestamp=before_s)
    assert aws.datas(at) == [b"2"]
    later = aws.iterator(name, kind="AT_TIMESTAMP", Timestamp=before_s + 1)
    assert "NextShardIterator" not in aws.get(later)
    after = aws.iterator(name, kind="AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[0])
    assert aws.datas(after) == [b"1", b"2"]


# --- what is refused, in AWS's order ---------------------------------------------------------


@pytest.mark.parametrize("shard", ["ABKLFD8", "2.14E4", "2147483648", "shardId-002147483648"])
def test_a_shard_id_that_cannot_be_read_comes_first(aws: Wire, shard: str) -> None:
    name = new_name()  # K:getShardIterator
    assert refused(aws, name, "LATEST", shard) == no_such_shard(name, shard)


@pytest.mark.parametrize("shard", ["5", "shard-5", "foo-5", "-0005", "shardId-5"])
def test_then_the_stream_and_the_shard_with_one_text(aws: Wire, shard: str) -> None:
    name = new_name()  # K:getShardIterator: not E1
    assert refused(aws, name, "LATEST", shard) == shard_gone(name, 5)
    name = aws.stream()
    assert refused(aws, name, "LATEST", shard) == shard_gone(name, 5)


def test_a_type_without_its_number_and_a_number_without_its_type(aws: Wire) -> None:
    name, numbers = three_records(aws)
    text = (  # K:getShardIterator
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
        "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
        "Request specified %s and %s StartingSequenceNumber."
    )
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        assert refused(aws, name, kind) == ("InvalidArgumentException", text % (kind, "no"))
    for kind in ("TRIM_HORIZON", "LATEST"):
        assert refused(aws, name, kind, StartingSequenceNumber=numbers[0]) == (
            "InvalidArgumentException",
            text % (kind, "also a"),
        )


def test_a_time_that_is_missing_or_in_the_future(aws: Wire) -> None:
    name = aws.stream()  # K:getShardIterator
    assert refused(aws, name, "AT_TIMESTAMP") == (
        "InvalidArgumentException",
        "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
        "Current request has no timestamp parameter.",
    )
    now_ms = aws.server.clock.now_ms()
    assert refused(aws, name, "AT_TIMESTAMP", Timestamp=now_ms / 1000 + 2) == (
        "InvalidArgumentException",
        "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
        f"timestampInMillis: {now_ms + 2000}, currentTimestampInMillis: {now_ms}",
    )


def test_a_number_of_another_shard(aws: Wire) -> None:
    name = aws.stream(shards=2)  # K:getShardIterator, G21
    number = aws.put(name, ExplicitHashKey=HALF)["SequenceNumber"]
    assert refused(aws, name, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=number) == (
        "InvalidArgumentException",
        f"Invalid StartingSequenceNumber. It encodes {shard_id(1)}, "
        f"while it was used in a call to a shard with {shard_id(0)}",
    )


def test_a_number_that_cannot_be_read(aws: Wire) -> None:
    name = aws.stream()  # K:getShardIterator
    number = "9" * 60
    assert refused(aws, name, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=number) == (
        "InvalidArgumentException",
        f"StartingSequenceNumber {number} used in GetShardIterator on shard {shard_id(0)} "
        f"in stream {name} under account {ACCOUNT} is invalid.",
    )


def test_a_number_of_an_older_stream_of_that_name(aws: Wire) -> None:
    name, numbers = three_records(aws)  # G21
    aws.void("DeleteStream", StreamName=name)
    aws.void("CreateStream", StreamName=name, ShardCount=1)
    assert refused(aws, name, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[0]) == (
        "InvalidArgumentException",
        f"StartingSequenceNumber {numbers[0]} used in GetShardIterator on shard {shard_id(0)} "
        f"in stream {name} under account {ACCOUNT} is invalid because it did not come "
        "from this stream.",
    )


def test_the_number_zero_trips_aws_up(aws: Wire) -> None:
    name = aws.stream()
    reply = aws.call(  # K:getShardIterator: E8
        "GetShardIterator",
        {
            "StreamName": name,
            "ShardId": "0",
            "ShardIteratorType": "AT_SEQUENCE_NUMBER",
            "StartingSequenceNumber": "0",
        },
    )
    assert (reply.status, reply.body) == (500, b'{"__type":"InternalFailure"}')


def test_a_type_that_is_none(aws: Wire) -> None:
    assert refused(aws, "s", "SOMEWHERE") == invalid(  # K:getShardIterator: in this order
        "Value 'SOMEWHERE' at 'shardIteratorType' failed to satisfy constraint: "
        f"Member must satisfy enum value set: [{TYPES}]"
    )


@pytest.mark.parametrize("number", ["", "01", "-1", "x", "1" * 130])
def test_a_number_that_the_model_refuses(aws: Wire, number: str) -> None:
    code, message = refused(aws, "s", "AT_SEQUENCE_NUMBER", StartingSequenceNumber=number)
    assert code == "ValidationException"
    assert f"Value '{number}' at 'startingSequenceNumber'" in message


def test_a_dry_run(aws: Wire) -> None:
    name = aws.stream()
    assert refused(aws, name, "LATEST", DryRun=True)[0] == "DryRunOperationException"
    assert refused(aws, name, "AT_TIMESTAMP", DryRun=True)[0] == "InvalidArgumentException"
