"""A topic of somebody else, adopted by `shardline kafka adopt`, through two gateways that run."""

import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from node.adopted_support import FIRST, SECOND, adopt, clients, their_topic
from shardline.kinesis.sequence import parse
from shardline.testing import TestServer

pytestmark = pytest.mark.slow


def iterator(client: Any, stream: str, kind: str, shard: str = FIRST, **more: Any) -> str:
    where = {"StreamName": stream, "ShardId": shard, "ShardIteratorType": kind}
    return str(client.get_shard_iterator(**where, **more)["ShardIterator"])


def page(client: Any, at: str, **more: Any) -> Any:
    return client.get_records(ShardIterator=at, **more)


def read(client: Any, stream: str, kind: str, **more: Any) -> list[bytes]:
    records = page(client, iterator(client, stream, kind, **more))["Records"]
    return [record["Data"] for record in records]


def test_a_topic_is_a_stream_for_every_gateway(gateways: TestServer) -> None:
    now_ms = gateways.clock.now_ms()
    topic = their_topic(gateways, partitions=2, config={"retention.ms": str(50 * 3_600_000 + 1)})
    topic.put(b"0", key=b"user", timestamp=now_ms - 5_000)
    topic.put(b"other", partition=1, timestamp=now_ms - 1)
    with topic.transaction(abort=True) as producer:
        topic.put(b"never", producer=producer, timestamp=now_ms - 4_000)
    with topic.transaction() as producer:
        topic.put(b"3", b"4", producer=producer, timestamp=now_ms - 3_000)
    assert adopt(gateways, topic) == f"{topic.name}: 2 shards, read only\n"
    for client in clients(gateways):
        name = topic.name
        assert name in client.list_streams()["StreamNames"]
        summary = client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        assert summary["StreamStatus"] == "ACTIVE"
        assert summary["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
        assert summary["RetentionPeriodHours"] == 51
        assert summary["OpenShardCount"] == 2
        shards = client.list_shards(StreamName=name)["Shards"]
        starts = [shard["HashKeyRange"]["StartingHashKey"] for shard in shards]
        assert starts == ["0", str(2**127)]
        old = {"Type": "AT_TIMESTAMP", "Timestamp": 1}
        assert client.list_shards(StreamName=name, ShardFilter=old)["Shards"] == shards
        # From each of the five positions
        whole = page(client, iterator(client, name, "TRIM_HORIZON"))
        records = whole["Records"]
        assert [record["Data"] for record in records] == [b"0", b"3", b"4"]
        assert [record["PartitionKey"] for record in records] == ["user", "-", "-"]
        arrived = records[0]["ApproximateArrivalTimestamp"]
        assert arrived.timestamp() * 1000 == now_ms - 5_000
        assert whole["MillisBehindLatest"] == 0
        numbers = [record["SequenceNumber"] for record in records]
        assert [parse(number).counter - 1 for number in numbers] == [0, 3, 4]
        assert sorted(numbers, key=int) == numbers
        assert read(client, name, "TRIM_HORIZON", shard=SECOND) == [b"other"]
        assert read(client, name, "LATEST") == []
        first = {"StartingSequenceNumber": numbers[0]}
        assert read(client, name, "AT_SEQUENCE_NUMBER", **first) == [b"0", b"3", b"4"]
        assert read(client, name, "AFTER_SEQUENCE_NUMBER", **first) == [b"3", b"4"]
        since = datetime.datetime.fromtimestamp((now_ms - 3_500) / 1000, datetime.UTC)
        assert read(client, name, "AT_TIMESTAMP", Timestamp=since) == [b"3", b"4"]
        # In pages of one, which say how far behind they are, and end in what was not read
        one = page(client, iterator(client, name, "TRIM_HORIZON"), Limit=1)
        assert one["MillisBehindLatest"] == 3_000
        two = page(client, one["NextShardIterator"], Limit=2)
        assert two["MillisBehindLatest"] == 0


def test_what_comes_is_read_on_and_pushed(gateways: TestServer) -> None:
    topic = their_topic(gateways)
    adopt(gateways, topic, "--stream", "pushed")
    one, two = clients(gateways)
    latest = iterator(two, "pushed", "LATEST")
    arn = one.describe_stream_summary(StreamName="pushed")["StreamDescriptionSummary"]["StreamARN"]
    consumer = one.register_stream_consumer(StreamARN=arn, ConsumerName="app")["Consumer"]
    start = {"Type": "LATEST"}
    subscription = two.subscribe_to_shard(
        ConsumerARN=consumer["ConsumerARN"], ShardId=FIRST, StartingPosition=start
    )["EventStream"]
    events = (event["SubscribeToShardEvent"]["Records"] for event in subscription)
    next(events)  # it has begun
    with topic.transaction() as producer:
        topic.put(b"new", producer=producer)
    assert next(filter(None, events))[0]["Data"] == b"new"
    subscription.close()
    answer = page(one, latest)
    assert [record["Data"] for record in answer["Records"]] == [b"new"]
    topic.put(b"newer")
    answer = page(two, answer["NextShardIterator"])
    assert [record["Data"] for record in answer["Records"]] == [b"newer"]


def test_what_the_topic_removes_is_gone_and_readers_go_on(gateways: TestServer) -> None:
    topic = their_topic(gateways)
    topic.put(*(b"%d" % number for number in range(5)))
    adopt(gateways, topic)
    one, two = clients(gateways)
    at = iterator(one, topic.name, "TRIM_HORIZON")
    number = page(one, at, Limit=1)["Records"][0]["SequenceNumber"]
    topic.remove_before(3)
    answer = page(two, at)
    assert [record["Data"] for record in answer["Records"]] == [b"3", b"4"]
    after = {"StartingSequenceNumber": number}
    assert read(two, topic.name, "AFTER_SEQUENCE_NUMBER", **after) == [b"3", b"4"]


REFUSED: dict[str, dict[str, Any]] = {
    "put_record": {"Data": b"x", "PartitionKey": "k"},
    "put_records": {"Records": [{"Data": b"x", "PartitionKey": "k"}]},
    "split_shard": {"ShardToSplit": FIRST, "NewStartingHashKey": "1000"},
    "merge_shards": {"ShardToMerge": FIRST, "AdjacentShardToMerge": SECOND},
    "update_shard_count": {"TargetShardCount": 4, "ScalingType": "UNIFORM_SCALING"},
    "update_stream_mode": {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}},
    "increase_stream_retention_period": {"RetentionPeriodHours": 8760},
    "decrease_stream_retention_period": {"RetentionPeriodHours": 24},
    "update_max_record_size": {"MaxRecordSizeInKiB": 2048},
    "start_stream_encryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
    "stop_stream_encryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
}
BY_ARN = {"update_stream_mode", "update_max_record_size"}


def test_it_is_only_read_and_what_is_ours_can_be_changed(gateways: TestServer) -> None:
    topic = their_topic(gateways, partitions=2)
    topic.put(b"0")
    before = topic.state()
    adopt(gateways, topic, "--stream", "theirs")
    one, two = clients(gateways)
    summary = one.describe_stream_summary(StreamName="theirs")["StreamDescriptionSummary"]
    arn = summary["StreamARN"]
    for operation, members in REFUSED.items():
        named = {"StreamARN": arn} if operation in BY_ARN else {"StreamName": "theirs"}
        with pytest.raises(ClientError) as refused:
            getattr(two, operation)(**named, **members)
        error = refused.value.response["Error"]
        assert error["Code"] == "InvalidArgumentException", operation
        assert error["Message"] == (
            f"Stream theirs under account 000000000000 is the Kafka topic {topic.name}, which is "
            "only read."
        ), operation
    # What changes nothing is no change, as Terraform's provider relies on
    mode = {"StreamMode": "PROVISIONED"}
    one.update_stream_mode(StreamARN=arn, StreamModeDetails=mode)
    one.increase_stream_retention_period(
        StreamName="theirs", RetentionPeriodHours=summary["RetentionPeriodHours"]
    )
    # Tags, monitoring, policies and consumers are ours
    one.add_tags_to_stream(StreamName="theirs", Tags={"team": "x"})
    assert two.list_tags_for_stream(StreamName="theirs")["Tags"] == [{"Key": "team", "Value": "x"}]
    one.enable_enhanced_monitoring(StreamName="theirs", ShardLevelMetrics=["ALL"])
    one.register_stream_consumer(StreamARN=arn, ConsumerName="app")
    gateways.upkeep()
    now = one.describe_stream_summary(StreamName="theirs")["StreamDescriptionSummary"]
    assert now["ConsumerCount"] == 1
    assert {**now, "ConsumerCount": 0, "EnhancedMonitoring": 0} == {
        **summary,
        "ConsumerCount": 0,
        "EnhancedMonitoring": 0,
    }
    assert read(two, "theirs", "TRIM_HORIZON") == [b"0"]
    assert topic.state() == before


def test_a_stream_that_is_deleted_leaves_its_topic_and_may_come_again(
    gateways: TestServer,
) -> None:
    topic = their_topic(gateways)
    topic.put(b"0", b"1")
    before = topic.state()
    adopt(gateways, topic)
    one, two = clients(gateways)
    records = page(one, iterator(one, topic.name, "TRIM_HORIZON"))["Records"]
    assert read(two, topic.name, "TRIM_HORIZON") == [b"0", b"1"]
    # When it is deleted through one gateway
    one.delete_stream(StreamName=topic.name)
    # Then no gateway has it, and the topic is as it was
    for client in (one, two):
        assert topic.name not in client.list_streams()["StreamNames"]
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            iterator(client, topic.name, "TRIM_HORIZON")
    assert topic.state() == before
    # And adopted again, it has the same sequence numbers
    adopt(gateways, topic)
    after = {"StartingSequenceNumber": records[0]["SequenceNumber"]}
    assert read(two, topic.name, "AFTER_SEQUENCE_NUMBER", **after) == [b"1"]
