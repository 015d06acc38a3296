"""The throughput of shards: what is put and read beyond it, with AWS's limits, and without."""

from collections.abc import Callable
from typing import Any

import pytest

from kinesis_store import Store
from kinesis_wire import ACCOUNT, Wire, shard_id

MIB = 1024 * 1024
THROTTLED = "ProvisionedThroughputExceededException"
HALF = str(2**127)


def too_fast(name: str, shard: int = 0) -> tuple[str, str]:
    return (  # E6
        THROTTLED,
        f"Rate exceeded for shard {shard_id(shard)} in stream {name} under account {ACCOUNT}.",
    )


def read_too_fast(name: str, shard: int = 0) -> tuple[str, str]:
    # G10: risingwave#7453 (2023), amazon-kinesis-client#1521 (2025)
    return THROTTLED, f"Rate exceeded for Shard - {ACCOUNT}/{name}/{shard_id(shard)}"


def record(size: int, key: str = "k", **members: Any) -> dict[str, Any]:
    """A record of so many bytes with its key."""
    return {"Data": b"x" * (size - len(key)), "PartitionKey": key, **members}


def put_many(aws: Wire, name: str, records: list[dict[str, Any]]) -> Any:
    return aws.ok("PutRecords", StreamName=name, Records=records)


def fill(aws: Wire, name: str) -> None:
    """Use up the second's worth of bytes of a stream of one shard."""
    aws.ok("PutRecord", StreamName=name, **record(MIB))


def test_put_record_provisioned_throughput_exceeded_exception(limited: Wire) -> None:
    # Given a shard whose megabyte of this second is used
    name = limited.stream()
    fill(limited, name)
    # Then nothing more is taken, until time has brought as much as is asked for
    assert limited.error("PutRecord", StreamName=name, **record(1024)) == too_fast(name)
    limited.server.clock.advance(milliseconds=1)
    limited.ok("PutRecord", StreamName=name, **record(1024))
    assert limited.error("PutRecord", StreamName=name, **record(MIB)) == too_fast(name)
    limited.server.clock.advance(seconds=1)
    limited.ok("PutRecord", StreamName=name, **record(MIB))
    # And what was refused was not written
    limited.server.clock.advance(seconds=1)
    iterator = limited.iterator(name)
    assert [len(data) for data in limited.datas(iterator)] == [MIB - 1, 1023, MIB - 1]


def test_put_record_counts_records_too(limited: Wire) -> None:
    name = limited.stream()
    for _ in range(2):
        assert put_many(limited, name, [record(2)] * 500)["FailedRecordCount"] == 0
    assert limited.error("PutRecord", StreamName=name, **record(2)) == too_fast(name)
    limited.server.clock.advance(milliseconds=1)
    limited.ok("PutRecord", StreamName=name, **record(2))
    assert limited.error("PutRecord", StreamName=name, **record(2)) == too_fast(name)


def test_put_records_provisioned_throughput_exceeded_exception(limited: Wire) -> None:
    # Given two shards, one of them used up
    name = limited.stream(shards=2)
    limited.ok("PutRecord", StreamName=name, **record(MIB, ExplicitHashKey="0"))
    # When records go to both, in turn
    records = [record(10, ExplicitHashKey=at) for at in ("0", HALF, "0", HALF)]
    answer = put_many(limited, name, records)
    # Then those of the other one are written, and each that was not says why
    assert answer["FailedRecordCount"] == 2
    code, text = too_fast(name)
    assert answer["Records"][0] == answer["Records"][2]
    assert answer["Records"][0] == {"ErrorCode": code, "ErrorMessage": text}
    assert [set(entry) for entry in answer["Records"][1::2]] == [{"SequenceNumber", "ShardId"}] * 2
    assert {entry["ShardId"] for entry in answer["Records"][1::2]} == {shard_id(1)}


def test_put_records_takes_a_shards_records_in_order_as_many_as_fit(limited: Wire) -> None:
    # Given records of which the third does not fit beside the first two, and the fourth would
    name = limited.stream()
    sizes = [MIB // 2, MIB // 4, MIB // 2, 10]
    answer = put_many(limited, name, [record(size) for size in sizes])
    assert ["ErrorCode" in entry for entry in answer["Records"]] == [False, False, True, True]
    assert answer["FailedRecordCount"] == 2
    # When the failed ones are put again, a second later
    limited.server.clock.advance(seconds=1)
    answer = put_many(limited, name, [record(size) for size in sizes[2:]])
    # Then all are there, in the order of the first try
    assert answer["FailedRecordCount"] == 0
    assert [len(data) + 1 for data in limited.datas(limited.iterator(name))] == sizes


def test_put_records_of_which_nothing_fits_fail_one_by_one(limited: Wire) -> None:
    name = limited.stream()
    fill(limited, name)
    answer = put_many(limited, name, [record(100)] * 3)
    code, text = too_fast(name)
    assert answer == {
        "FailedRecordCount": 3,
        "Records": [{"ErrorCode": code, "ErrorMessage": text}] * 3,
    }


@pytest.mark.exact_rates
def test_put_records_that_are_throttled_beside_some_that_cannot_be_stored(
    aws: Wire, store: Store
) -> None:
    # Given two shards, one of them used up, and a disk that is full
    name = aws.stream(shards=2, Tags={"shardline:limits": "aws"})
    aws.ok("PutRecord", StreamName=name, **record(MIB, ExplicitHashKey="0"))
    store.fail("append")
    # When records go to both
    answer = put_many(aws, name, [record(10, ExplicitHashKey=at) for at in ("0", HALF)])
    # Then each says what became of it
    assert answer["FailedRecordCount"] == 2
    assert [entry["ErrorCode"] for entry in answer["Records"]] == [THROTTLED, "InternalFailure"]


def test_a_stream_of_larger_records_has_a_burst_of_one(limited: Wire) -> None:
    # Given a stream of records up to 10 MiB: the shard still takes 1 MiB/s (AWS's large records)
    name = limited.stream(MaxRecordSizeInKiB=10_240)
    largest = record(10 * MIB)
    limited.ok("PutRecord", StreamName=name, **largest)
    assert limited.error("PutRecord", StreamName=name, **record(MIB)) == too_fast(name)
    limited.server.clock.advance(seconds=1)
    limited.ok("PutRecord", StreamName=name, **record(MIB))
    limited.server.clock.advance(seconds=9)
    assert limited.error("PutRecord", StreamName=name, **largest) == too_fast(name)
    limited.server.clock.advance(seconds=1)
    limited.ok("PutRecord", StreamName=name, **largest)


def test_a_stream_that_is_made_for_larger_records_takes_one_at_once(limited: Wire) -> None:
    name = limited.stream()
    fill(limited, name)
    arn = limited.arn(name)
    limited.void("UpdateMaxRecordSize", StreamARN=arn, MaxRecordSizeInKiB=10_240)
    limited.ok("PutRecord", StreamName=name, **record(9 * MIB))


def test_shards_of_a_stream_on_demand_are_limited_alike(limited: Wire) -> None:
    name = limited.stream(StreamModeDetails={"StreamMode": "ON_DEMAND"})
    hashed = {"ExplicitHashKey": "0"}
    limited.ok("PutRecord", StreamName=name, **record(MIB, **hashed))
    refused = limited.error("PutRecord", StreamName=name, **record(MIB, **hashed))
    assert refused == too_fast(name)


def test_get_records_provisioned_throughput_exceeded_exception(limited: Wire) -> None:
    name = limited.stream()
    iterator = limited.iterator(name)
    for _ in range(5):
        limited.get(iterator)
    assert limited.error("GetRecords", ShardIterator=iterator) == read_too_fast(name)
    limited.server.clock.advance(milliseconds=200)
    limited.get(iterator)
    assert limited.error("GetRecords", ShardIterator=iterator) == read_too_fast(name)


def test_get_records_after_an_answer_of_10_mib(limited: Wire) -> None:
    # AWS's quotas page: calls within the next 5 seconds fail
    name = limited.stream()
    for _ in range(11):
        fill(limited, name)
        limited.server.clock.advance(seconds=1)
    iterator = limited.iterator(name)
    assert len(limited.datas(iterator)) == 10
    for _ in range(5):
        assert limited.error("GetRecords", ShardIterator=iterator) == read_too_fast(name)
        limited.server.clock.advance(seconds=1)
    limited.server.clock.advance(milliseconds=1)
    assert len(limited.datas(iterator)) == 10


def test_get_records_of_2_mib_a_second_go_on_without_end(limited: Wire) -> None:
    name = limited.stream()
    for _ in range(4):
        fill(limited, name)
        limited.server.clock.advance(seconds=1)
    iterator = limited.iterator(name)
    for _ in range(2):
        answer = limited.get(iterator, Limit=2)
        assert len(answer["Records"]) == 2
        iterator = answer["NextShardIterator"]
        limited.server.clock.advance(seconds=1)


def test_get_shard_iterator_provisioned_throughput_exceeded_exception(limited: Wire) -> None:
    name = limited.stream(shards=2)
    for _ in range(5):
        limited.iterator(name)
    members = {"StreamName": name, "ShardIteratorType": "LATEST"}
    refused = limited.error("GetShardIterator", ShardId=shard_id(0), **members)
    assert refused == too_fast(name)
    limited.iterator(name, shard=1)
    limited.server.clock.advance(milliseconds=200)
    limited.iterator(name)


def test_a_dry_run_takes_nothing(limited: Wire) -> None:
    name = limited.stream()
    iterator = limited.iterator(name)
    place = {"StreamName": name, "ShardId": "0", "ShardIteratorType": "LATEST"}
    for _ in range(6):
        for operation, members in (
            ("PutRecord", {"StreamName": name, **record(MIB)}),
            ("GetRecords", {"ShardIterator": iterator}),
            ("GetShardIterator", place),
        ):
            code, _ = limited.error(operation, DryRun=True, **members)
            assert code == "DryRunOperationException"
    fill(limited, name)
    limited.get(iterator)
    limited.iterator(name)


def put_more(aws: Wire, name: str) -> None:
    for _ in range(3):
        fill(aws, name)


def put_more_records(aws: Wire, name: str) -> None:
    for _ in range(5):
        assert put_many(aws, name, [record(2)] * 500)["FailedRecordCount"] == 0


def read_more(aws: Wire, name: str) -> None:
    iterator = aws.iterator(name)
    for _ in range(20):
        aws.get(iterator)


def take_iterators(aws: Wire, name: str) -> None:
    for _ in range(20):
        aws.iterator(name)


@pytest.mark.parametrize("use", [put_more, put_more_records, read_more, take_iterators])
@pytest.mark.parametrize("mode", ["counts", "off"])
def test_without_aws_limits_a_shard_gives_what_the_machine_does(
    aws: Wire, unlimited: Wire, mode: str, use: Callable[[Wire, str], None]
) -> None:
    wire = aws if mode == "counts" else unlimited
    use(wire, wire.stream())
