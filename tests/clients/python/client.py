"""The scenario of every client test, with boto3 as it comes.

Usage: python client.py STREAM, with endpoint, keys and region in the standard AWS_* variables.
Prints one JSON line of figures; any broken expectation ends it with exit code 1.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import ClientError
from producer import LAST_HASH_KEY, Producer, expect
from reader import Reader

POLL = {"Delay": 0.1, "MaxAttempts": 600}
QUARTER = 2**126


def main(stream: str) -> None:
    """Run the scenario."""
    client = boto3.client("kinesis")
    wire = _record_the_wire(client)
    scenario = Scenario(client, stream)
    scenario.create()
    scenario.put_singles()
    for _ in range(3):
        scenario.producer.put_batch(100)
    scenario.check_everything_came_back()
    scenario.check_reading_from_a_time()

    scenario.double_the_shards()
    scenario.put_singles()
    scenario.producer.put_batch(100)
    shards = scenario.list_shards()
    read = scenario.reader.read_lineage(shards)
    scenario.producer.check(read)

    scenario.check_unknown_stream()
    scenario.delete()
    figures = {
        "sdk": f"boto3 {boto3.__version__}",
        "written": len(scenario.producer.written),
        "read": len(read),
        "shards": len(shards),
        **wire,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _record_the_wire(client: Any) -> dict[str, str]:
    """Note what the SDK sends and the HTTP version of the answers."""
    seen: dict[str, str] = {}
    session = client._endpoint.http_session
    send = session.send

    def noting_send(request: Any) -> Any:
        answer = send(request)
        seen["http"] = {10: "1.0", 11: "1.1", 20: "2"}[answer.raw.version]
        seen["content_type"] = request.headers["Content-Type"].decode()
        return answer

    session.send = noting_send
    return seen


class Scenario:
    """The steps that are about the stream as a whole."""

    def __init__(self, client: Any, stream: str) -> None:
        self.client = client
        self.stream = stream
        self.producer = Producer(client, stream)
        self.reader = Reader(client, stream)

    def create(self) -> None:
        """Create the stream and check what describes it."""
        self.client.create_stream(
            StreamName=self.stream, ShardCount=2, StreamModeDetails={"StreamMode": "PROVISIONED"}
        )
        self._until_active()
        summary = self._describe()
        expect(summary["StreamName"], self.stream)
        expect(summary["StreamStatus"], "ACTIVE")
        expect(summary["StreamModeDetails"]["StreamMode"], "PROVISIONED")
        expect(summary["OpenShardCount"], 2)
        expect(summary["RetentionPeriodHours"], 24)
        age = datetime.now(UTC) - summary["StreamCreationTimestamp"]
        expect(abs(age) < timedelta(minutes=1), True, f"created {age} ago")
        self.producer.shards = self.list_shards()
        lower, upper = (shard["HashKeyRange"] for shard in self.producer.shards)
        expect(int(lower["StartingHashKey"]), 0)
        expect(int(lower["EndingHashKey"]) + 1, int(upper["StartingHashKey"]))
        expect(int(upper["EndingHashKey"]), LAST_HASH_KEY)

    def put_singles(self) -> None:
        """Put 20 records, one a call."""
        for _ in range(20):
            self.producer.put()

    def check_everything_came_back(self) -> None:
        """Read the open shards to their tails."""
        back = []
        for shard in self.producer.shards:
            read = self.reader.read_shard(shard["ShardId"])
            expect(read.ended, False, "the end of an open shard")
            back += read.records
        self.producer.check(back)

    def check_reading_from_a_time(self) -> None:
        """Read what arrived in the last record's millisecond, and nothing before it."""
        for shard in self.producer.shards:
            everything = self.reader.read_shard(shard["ShardId"]).records
            since = everything[-1].arrived
            expected = [record for record in everything if record.arrived >= since]
            expect(len(expected) < len(everything), True, "all arrived in the same millisecond")
            read = self.reader.read_shard(shard["ShardId"], since)
            expect(read.records, expected)

    def double_the_shards(self) -> None:
        """From 2 shards to 4 of equal size."""
        answer = self.client.update_shard_count(
            StreamName=self.stream, TargetShardCount=4, ScalingType="UNIFORM_SCALING"
        )
        expect((answer["CurrentShardCount"], answer["TargetShardCount"]), (2, 4))
        self._until_active()
        expect(self._describe()["OpenShardCount"], 4)
        self.producer.shards = [
            shard
            for shard in self.list_shards()
            if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
        ]
        starts = [int(shard["HashKeyRange"]["StartingHashKey"]) for shard in self.producer.shards]
        expect(sorted(starts), [QUARTER * i for i in range(4)])

    def check_unknown_stream(self) -> None:
        """A modelled error, with AWS's code and message."""
        account = self._describe()["StreamARN"].split(":")[4]
        unknown = f"{self.stream}-unknown"
        try:
            self.client.describe_stream_summary(StreamName=unknown)
        except self.client.exceptions.ResourceNotFoundException as error:
            message = f"Stream {unknown} under account {account} not found."
            expect(error.response["Error"]["Message"], message)
            expect(error.response["Error"]["Code"], "ResourceNotFoundException")
            expect(error.response["ResponseMetadata"]["HTTPStatusCode"], 400)
        except ClientError as error:
            raise AssertionError(
                f"another error than ResourceNotFoundException: {error}"
            ) from error
        else:
            raise AssertionError("an unknown stream was described")

    def delete(self) -> None:
        """Delete the stream, and wait until it is gone."""
        self.client.delete_stream(StreamName=self.stream)
        waiter = self.client.get_waiter("stream_not_exists")
        waiter.wait(StreamName=self.stream, WaiterConfig=POLL)

    def list_shards(self) -> list[dict[str, Any]]:
        """All shards, which fit on one page."""
        answer = self.client.list_shards(StreamName=self.stream)
        expect("NextToken" in answer, False, "a token for a few shards")
        return answer["Shards"]

    def _describe(self) -> dict[str, Any]:
        answer = self.client.describe_stream_summary(StreamName=self.stream)
        return answer["StreamDescriptionSummary"]

    def _until_active(self) -> None:
        waiter = self.client.get_waiter("stream_exists")
        waiter.wait(StreamName=self.stream, WaiterConfig=POLL)


if __name__ == "__main__":
    main(sys.argv[1])
