"""Enhanced fan-out with boto3 as it comes.

Usage: python subscriber.py STREAM, with endpoint, keys and region in the standard AWS_* variables.
Prints one JSON line of figures; any broken expectation ends it with a non-zero exit code.
"""

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.exceptions import ClientError, EventStreamError

RECORDS = 50


def shard_id(number: int) -> str:
    return f"shardId-{number:012d}"


def expect(
    kind: type[ClientError], code: str, call: Callable[..., object], *arguments: object
) -> None:
    """Hold that a call raises an error of that code."""
    try:
        call(*arguments)
    except kind as error:
        found = error.response["Error"]["Code"]
    else:
        found = "no error"
    assert found == code, found


class Scenario:
    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.kinesis = boto3.client("kinesis")

    def run(self) -> dict[str, object]:
        self.kinesis.create_stream(StreamName=self.stream, ShardCount=1)
        self.kinesis.get_waiter("stream_exists").wait(StreamName=self.stream)
        consumer = self.register("reader")

        # Records come as they are put, and the end of the shard after the last one
        opened = self.subscribe(consumer, 0, "TRIM_HORIZON")
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(self.read_to_the_end, opened)
            put = [self.put(number) for number in range(RECORDS)]
            self.kinesis.split_shard(
                StreamName=self.stream, ShardToSplit=shard_id(0), NewStartingHashKey=str(2**127)
            )
            records, children = reading.result(30)
        assert records == put
        found = [(child["ShardId"], child["ParentShards"]) for child in children]
        assert found == [(shard_id(number), [shard_id(0)]) for number in (1, 2)]

        # A second subscription is refused; a consumer that goes ends the first, with an error
        opened = self.subscribe(consumer, 1, "LATEST")
        expect(ClientError, "ResourceInUseException", self.subscribe, consumer, 1, "LATEST")
        self.kinesis.deregister_stream_consumer(ConsumerARN=consumer)
        expect(EventStreamError, "ResourceNotFoundException", self.read_to_the_end, opened)
        self.kinesis.delete_stream(StreamName=self.stream)
        return {"read": len(records), "children": len(children), "http": "1.1"}

    def register(self, name: str) -> str:
        summary = self.kinesis.describe_stream_summary(StreamName=self.stream)
        arn = summary["StreamDescriptionSummary"]["StreamARN"]
        made = self.kinesis.register_stream_consumer(StreamARN=arn, ConsumerName=name)
        consumer = str(made["Consumer"]["ConsumerARN"])
        described = self.kinesis.describe_stream_consumer(ConsumerARN=consumer)
        assert described["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE"
        return consumer

    def subscribe(self, consumer: str, shard: int, kind: str) -> Any:
        return self.kinesis.subscribe_to_shard(
            ConsumerARN=consumer, ShardId=shard_id(shard), StartingPosition={"Type": kind}
        )["EventStream"]

    def put(self, number: int) -> tuple[str, str, bytes]:
        key, data = f"key {number}", b"record %d" % number
        answer = self.kinesis.put_record(StreamName=self.stream, Data=data, PartitionKey=key)
        return answer["SequenceNumber"], key, data

    def read_to_the_end(self, events: Any) -> tuple[list[Any], list[Any]]:
        records, children = [], []
        for event in events:
            found = event["SubscribeToShardEvent"]
            for record in found["Records"]:
                records.append((record["SequenceNumber"], record["PartitionKey"], record["Data"]))
            assert ("ContinuationSequenceNumber" in found) != ("ChildShards" in found)
            children = found.get("ChildShards", [])
        return records, children


if __name__ == "__main__":
    sys.stdout.write(json.dumps(Scenario(sys.argv[1]).run()) + "\n")
