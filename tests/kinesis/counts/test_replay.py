"""The sums of AWS/Kinesis over a replay of real flights, against what boto3 put and got."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from kinesis_metrics import Published
from shardline.cli.demo.flights import flights, flights_file
from shardline.testing import TestServer

FLIGHTS = 336_776


def batches(count: int) -> Iterator[list[dict[str, Any]]]:
    every = ({"PartitionKey": key, "Data": data} for key, data in flights(flights_file()))
    records = islice(every, count)
    while batch := list(islice(records, 500)):
        yield batch


def size_of(record: dict[str, Any]) -> int:
    return len(record["Data"]) + len(record["PartitionKey"].encode())


def read_all(kinesis: Any, stream: str) -> Iterator[list[dict[str, Any]]]:
    """The records of each GetRecords, of every shard from its beginning to its tip."""
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        behind = 1
        while behind:
            answer = kinesis.get_records(ShardIterator=iterator, Limit=7_000)
            iterator, behind = answer["NextShardIterator"], answer["MillisBehindLatest"]
            yield answer["Records"]


ALL_OF_THEM = pytest.param(FLIGHTS, marks=[pytest.mark.full, pytest.mark.timeout(900)])


@pytest.mark.parametrize("count", [pytest.param(15_001, marks=pytest.mark.slow), ALL_OF_THEM])
def test_the_sums_are_what_was_put_and_what_was_read(shardline: TestServer, count: int) -> None:
    # Given a stream with enhanced monitoring, and flights that are replayed while minutes pass
    kinesis = shardline.client("kinesis")
    kinesis.create_stream(StreamName="flights", ShardCount=4)
    kinesis.enable_enhanced_monitoring(StreamName="flights", ShardLevelMetrics=["ALL"])
    put: list[int] = []
    sizes: list[int] = []
    for number, batch in enumerate(batches(count)):
        kinesis.put_records(StreamName="flights", Records=batch)
        put.append(len(batch))
        sizes.append(sum(map(size_of, batch)))
        if number % 10 == 9:
            shardline.clock.advance(seconds=30)
    one = {"PartitionKey": "ü", "Data": b"alone"}
    kinesis.put_record(StreamName="flights", **one)
    # When all of it is read
    got = list(read_all(kinesis, "flights"))
    # Then the metrics have it to the record and to the byte
    metrics = Published(shardline, "flights")
    assert metrics.sum("IncomingRecords") == sum(put) + 1 == count + 1
    assert metrics.sum("IncomingBytes") == sum(sizes) + 7
    assert metrics.sum("PutRecords.Bytes") == sum(sizes)
    assert metrics.sum("PutRecord.Bytes") == 7
    assert metrics.sum("PutRecords.TotalRecords") == metrics.sum("PutRecords.Records") == sum(put)
    assert metrics.all("IncomingRecords").count == len(put) + 1
    assert metrics.all("IncomingBytes").maximum == max(sizes)
    assert metrics.sum("GetRecords.Records") == count + 1
    assert metrics.sum("GetRecords.Bytes") == sum(sizes) + 7
    assert metrics.all("GetRecords.Bytes").count == len(got)
    assert metrics.all("GetRecords.Records").maximum == max(map(len, got))
    assert len(metrics.datapoints("IncomingRecords")) > 1
    # And so have those of the shards together
    shards = [shard["ShardId"] for shard in kinesis.list_shards(StreamName="flights")["Shards"]]
    for name, expected in {
        "IncomingRecords": count + 1,
        "IncomingBytes": sum(sizes) + 7,
        "OutgoingRecords": count + 1,
        "OutgoingBytes": sum(sizes) + 7,
        "WriteProvisionedThroughputExceeded": 0,
        "ReadProvisionedThroughputExceeded": 0,
    }.items():
        assert sum(metrics.sum(name, ShardId=shard) for shard in shards) == expected, name
