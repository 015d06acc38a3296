"""Three gateways over one Kafka and PostgreSQL: what one did, the others know, and it adds up."""

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

from many_nodes import endpoints_of
from node_kinds import running_nodes
from shardline.testing import ManualClock, TestServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def gateways() -> Iterator[TestServer]:
    with running_nodes("kafka:3", clock=ManualClock()) as server:
        yield server


def clients(server: TestServer, service: str = "kinesis", **settings: Any) -> list[Any]:
    """A client of each gateway."""
    return [
        server.client(service, endpoint_url=endpoint, **settings)
        for endpoint in endpoints_of(server)
    ]


def read(client: Any, stream: str, shard: str) -> list[bytes]:
    where = {"StreamName": stream, "ShardId": shard}
    iterator = client.get_shard_iterator(**where, ShardIteratorType="TRIM_HORIZON")
    page = client.get_records(ShardIterator=iterator["ShardIterator"])
    return [record["Data"] for record in page["Records"]]


def test_what_one_writes_and_seals_the_others_know(gateways: TestServer) -> None:
    one, two, three = clients(gateways)
    one.create_stream(StreamName="shared", ShardCount=1)
    put = {"StreamName": "shared", "PartitionKey": "k"}
    numbers = [
        int(client.put_record(Data=b"%d" % at, **put)["SequenceNumber"])
        for at, client in enumerate((one, two, three, one))
    ]
    assert numbers == sorted(numbers)
    two.update_shard_count(StreamName="shared", TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    child = three.put_record(Data=b"4", **put)
    assert int(child["SequenceNumber"]) > numbers[-1]
    for client in (one, two, three):
        assert read(client, "shared", "shardId-000000000000") == [b"0", b"1", b"2", b"3"]
        assert read(client, "shared", child["ShardId"]) == [b"4"]
    three.delete_stream(StreamName="shared")
    for client in (one, two):
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.put_record(Data=b"5", **put)


def test_a_deleted_key_is_dead_everywhere(gateways: TestServer) -> None:
    one, two, _ = clients(gateways, "iam")
    one.create_user(UserName="reader")
    key = two.create_access_key(UserName="reader")["AccessKey"]
    secret = {"aws_secret_access_key": key["SecretAccessKey"]}
    others = clients(gateways, "sts", aws_access_key_id=key["AccessKeyId"], **secret)
    assert {each.get_caller_identity()["Arn"].rpartition("/")[2] for each in others} == {"reader"}
    one.delete_access_key(UserName="reader", AccessKeyId=key["AccessKeyId"])
    for each in others:
        with pytest.raises(each.exceptions.ClientError, match="InvalidClientTokenId"):
            each.get_caller_identity()


def test_metrics_that_all_counted_add_up_at_whoever_is_asked(gateways: TestServer) -> None:
    one, two, three = clients(gateways)
    one.create_stream(StreamName="counted", ShardCount=1)
    for client in (one, two, two, three, three, three):
        client.put_record(StreamName="counted", Data=b"12345", PartitionKey="k")
    gateways.clock.advance(minutes=2)
    now = datetime.datetime.fromtimestamp(gateways.clock.now_ms() / 1000, datetime.UTC)
    asked = {
        "Namespace": "AWS/Kinesis",
        "MetricName": "IncomingRecords",
        "Dimensions": [{"Name": "StreamName", "Value": "counted"}],
        "StartTime": now - datetime.timedelta(minutes=10),
        "EndTime": now,
        "Period": 600,
        "Statistics": ["Sum"],
    }
    for cloudwatch in clients(gateways, "cloudwatch"):
        points = cloudwatch.get_metric_statistics(**asked)["Datapoints"]
        assert sum(point["Sum"] for point in points) == 6


def test_a_subscription_is_taken_over_through_another_gateway(gateways: TestServer) -> None:
    one, two, _ = clients(gateways)
    one.create_stream(StreamName="fanned", ShardCount=1)
    arn = one.describe_stream_summary(StreamName="fanned")["StreamDescriptionSummary"]["StreamARN"]
    consumer = two.register_stream_consumer(StreamARN=arn, ConsumerName="app")["Consumer"]
    wanted = {
        "ConsumerARN": consumer["ConsumerARN"],
        "ShardId": "shardId-000000000000",
        "StartingPosition": {"Type": "TRIM_HORIZON"},
    }
    first = one.subscribe_to_shard(**wanted)["EventStream"]
    with pytest.raises(two.exceptions.ResourceInUseException):
        two.subscribe_to_shard(**wanted)
    gateways.clock.advance(seconds=6)
    second = two.subscribe_to_shard(**wanted)["EventStream"]
    one.put_record(StreamName="fanned", Data=b"to the second", PartitionKey="k")
    events = (event["SubscribeToShardEvent"]["Records"] for event in second)
    assert next(filter(None, events))[0]["Data"] == b"to the second"
    with pytest.raises(one.exceptions.ClientError, match="ResourceInUseException"):
        list(first)
    for each in (first, second):
        each.close()


def test_a_rate_holds_for_all_together_a_moment_later(gateways: TestServer) -> None:
    one, two, _ = clients(gateways)
    one.create_stream(StreamName="strict", ShardCount=1, Tags={"shardline:limits": "aws"})
    megabyte = {"StreamName": "strict", "Data": bytes(2**20 - 1), "PartitionKey": "k"}
    one.put_record(**megabyte)
    told = gateways.node.together.chores()[-1][0]
    gateways.run(told())
    heard = gateways.node.all_nodes[1].together.meters
    while not heard:  # the message is on its way
        gateways.run(gateways.node.together.flush())
    with pytest.raises(two.exceptions.ProvisionedThroughputExceededException):
        two.put_record(**megabyte)
    gateways.clock.advance(seconds=1)
    two.put_record(**megabyte)
