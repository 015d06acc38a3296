"""A producer and a consumer with boto3, on shards that have AWS's limits."""

import time
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from shardline.testing import ManualClock, running_server

pytestmark = pytest.mark.slow


def test_boto3_puts_again_what_failed_until_all_is_there() -> None:
    # Given 2,500 records for a shard that takes 1,000 a second
    clock = ManualClock()
    with running_server(clock=clock, limits="aws") as server:
        kinesis = server.client()
        kinesis.create_stream(StreamName="events", ShardCount=1)
        waiting: list[Any] = [
            {"Data": str(number).encode(), "PartitionKey": "k"} for number in range(2500)
        ]
        failures = seconds = 0
        # When a producer puts them in order, again with what failed, and waits a second after that
        while waiting:
            answer = kinesis.put_records(StreamName="events", Records=waiting[:500])
            failed = [
                record
                for record, entry in zip(waiting[:500], answer["Records"], strict=True)
                if "ErrorCode" in entry
            ]
            assert answer["FailedRecordCount"] == len(failed)
            waiting = failed + waiting[500:]
            failures += len(failed)
            if failed:
                clock.advance(seconds=1)
                seconds += 1
        # Then all arrive in their order, in no less time than the rate allows
        assert failures >= 500
        assert seconds == 2
        iterator = kinesis.get_shard_iterator(
            StreamName="events", ShardId="0", ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = kinesis.get_records(ShardIterator=iterator)["Records"]
        assert [int(record["Data"]) for record in records] == list(range(2500))


def test_boto3_tries_a_throttled_read_again_by_itself() -> None:
    # Given time that goes on, as it does on AWS
    with running_server(limits="aws") as server:
        kinesis = server.client(
            config=Config(retries={"mode": "standard", "total_max_attempts": 9})
        )
        kinesis.create_stream(StreamName="events", ShardCount=1)
        iterator = kinesis.get_shard_iterator(
            StreamName="events", ShardId="0", ShardIteratorType="LATEST"
        )["ShardIterator"]
        retries = 0
        began = time.monotonic()
        for _ in range(8):
            answer = kinesis.get_records(ShardIterator=iterator)
            retries += answer["ResponseMetadata"]["RetryAttempts"]
        assert retries > 0
        assert time.monotonic() - began > 0.5  # 8 calls, of which 5 are there at once


def test_boto3_knows_the_errors_by_their_names() -> None:
    once = Config(retries={"total_max_attempts": 1})
    with running_server(clock=ManualClock(), limits="aws") as server:
        kinesis = server.client(config=once)
        kinesis.describe_limits()
        with pytest.raises(kinesis.exceptions.LimitExceededException):
            kinesis.describe_limits()
        kinesis.create_stream(StreamName="events", ShardCount=1)
        large = {"Data": b"x" * (2**20 - 1), "PartitionKey": "k"}
        kinesis.put_record(StreamName="events", **large)
        with pytest.raises(kinesis.exceptions.ProvisionedThroughputExceededException) as refused:
            kinesis.put_record(StreamName="events", **large)
        assert isinstance(refused.value, ClientError)
