"""RecordDistributionStrategy: AUTO spreads records evenly and ignores their keys."""

import base64
from collections import Counter
from collections.abc import Iterator

import pytest

from kinesis_on_demand import in_region, on_demand, summary
from kinesis_wire import Wire, invalid, new_name, not_active, stream_gone
from shardline.testing import TestServer

UPDATE = "UpdateStreamRecordDistributionStrategy"
AUTO = {"RecordDistributionStrategy": "AUTO"}
BY_KEY = {"RecordDistributionStrategy": "USER_PARTITION_KEY"}
KEY_IS_NULL = "Value null at '{}' failed to satisfy constraint: Member must not be null"


@pytest.fixture
def aws(server: TestServer) -> Iterator[Wire]:
    """A region of each test's own: an account has 50 on-demand streams in one."""
    with in_region(server) as wire:
        yield wire


def shards_of(aws: Wire, name: str, records: list[dict[str, object]]) -> Counter[str]:
    answer = aws.ok("PutRecords", StreamName=name, Records=records)
    assert answer["FailedRecordCount"] == 0
    return Counter(record["ShardId"] for record in answer["Records"])


@pytest.mark.one_node
def test_auto_spreads_one_key_evenly(aws: Wire) -> None:
    name = on_demand(aws, **AUTO)
    assert summary(aws, name)["RecordDistributionStrategy"] == "AUTO"
    record: dict[str, object] = {"Data": b"x", "PartitionKey": "k", "ExplicitHashKey": "0"}
    assert list(shards_of(aws, name, [record] * 400).values()) == [100] * 4
    assert Counter(aws.put(name)["ShardId"] for _ in range(40)).most_common(1)[0][1] == 10


def test_auto_needs_no_key_and_gives_none_back(aws: Wire) -> None:
    # botocore's model: "not returned if the producer did not provide a partition key"
    name = on_demand(aws, **AUTO)
    aws.ok("PutRecord", StreamName=name, Data=b"none")
    aws.ok("PutRecords", StreamName=name, Records=[{"Data": b"some", "PartitionKey": "k"}])
    aws.ok("PutRecords", StreamName=name, Records=[{"Data": b"few"}])
    found = [
        (base64.b64decode(record["Data"]), record.get("PartitionKey"))
        for shard in range(4)
        for record in aws.get(aws.iterator(name, shard))["Records"]
    ]
    assert sorted(found) == [(b"few", None), (b"none", None), (b"some", "k")]


def test_a_key_is_still_held_to_its_constraints(aws: Wire) -> None:
    name = on_demand(aws, **AUTO)
    code, _ = aws.error("PutRecord", StreamName=name, Data=b"", PartitionKey="")
    assert code == "ValidationException"
    code, _ = aws.error("PutRecords", StreamName=name, Records=[{"Data": b"", "PartitionKey": ""}])
    assert code == "ValidationException"


@pytest.mark.one_node
def test_a_switch_takes_effect_at_once_and_moves_nothing(slow_aws: Wire) -> None:
    name = on_demand(slow_aws)
    slow_aws.server.clock.advance(seconds=1)
    before = slow_aws.put(name)
    slow_aws.void(UPDATE, StreamARN=slow_aws.arn(name), **AUTO)
    shown = summary(slow_aws, name)
    assert (shown["StreamStatus"], shown["RecordDistributionStrategy"]) == ("ACTIVE", "AUTO")
    assert len({slow_aws.put(name)["ShardId"] for _ in range(4)}) == 4
    # And back, to the shard of the key, where the first record still is
    slow_aws.void(UPDATE, StreamARN=slow_aws.arn(name), **BY_KEY)
    assert slow_aws.put(name)["ShardId"] == before["ShardId"]
    number = int(before["ShardId"][-1])
    first = slow_aws.get(slow_aws.iterator(name, number))["Records"][0]
    assert first["SequenceNumber"] == before["SequenceNumber"]
    assert slow_aws.error("PutRecord", StreamName=name, Data=b"") == invalid(
        KEY_IS_NULL.format("partitionKey")
    )


def test_a_provisioned_stream_is_shown_none(aws: Wire) -> None:
    assert "RecordDistributionStrategy" not in summary(aws, aws.stream())


def test_setting_what_is_set_already_succeeds(slow_aws: Wire) -> None:
    name = on_demand(slow_aws)  # CREATING, where a change would be refused
    slow_aws.void(UPDATE, StreamARN=slow_aws.arn(name), **BY_KEY)


def test_update_stream_record_distribution_strategy_invalid_argument_exception(aws: Wire) -> None:
    # botocore's model: AUTO on a provisioned stream; the text is not known
    text = "RecordDistributionStrategy AUTO is only supported for streams in ON_DEMAND mode."
    error = aws.error(UPDATE, StreamARN=aws.arn(aws.stream()), **AUTO)
    assert error == ("InvalidArgumentException", text)
    error = aws.error("CreateStream", StreamName=new_name(), ShardCount=1, **AUTO)
    assert error == ("InvalidArgumentException", text)


def test_update_stream_record_distribution_strategy_resource_not_found_exception(
    aws: Wire,
) -> None:
    assert aws.error(UPDATE, StreamARN=aws.arn("nobody"), **AUTO) == stream_gone("nobody")


def test_update_stream_record_distribution_strategy_resource_in_use_exception(
    slow_aws: Wire,
) -> None:
    name = on_demand(slow_aws)
    error = slow_aws.error(UPDATE, StreamARN=slow_aws.arn(name), **AUTO)
    assert error == not_active(name, "CREATING")


@pytest.mark.parametrize("strategy", ["RANDOM", ""])
def test_update_stream_record_distribution_strategy_validation_exception(
    aws: Wire, strategy: str
) -> None:
    code, message = aws.error(UPDATE, StreamARN=aws.arn("s"), RecordDistributionStrategy=strategy)
    assert code == "ValidationException"
    assert "at 'recordDistributionStrategy' failed to satisfy constraint" in message
