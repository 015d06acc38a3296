"""A gateway whose brokers do not answer says so within seconds, refuses at once, and finds back."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

from cluster.kafka import KafkaCluster
from node_kinds import kafka_url
from real_kafka import kafka_cluster
from shardline.settings import NodeSettings
from shardline.testing import ManualClock, TestServer, running_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
SOON_S = 30.0  # on a busy machine; alone it takes 4
AT_ONCE_S = 5.0  # far more than a machine needs that waits for nobody
ONE_TRY = Config(retries={"total_max_attempts": 1}, read_timeout=60)
RECORD = {"StreamName": "s", "Data": b"x", "PartitionKey": "k"}


@pytest.fixture(scope="module")
def kafka() -> Iterator[KafkaCluster]:
    with kafka_cluster(brokers=1) as cluster:
        yield cluster


@pytest.fixture
def server(kafka: KafkaCluster, tmp_path: Path) -> Iterator[TestServer]:
    """A gateway with a stream, whose catalog is in a file."""
    url = f"{kafka_url(kafka)}&prefix={tmp_path.name}-"
    settings = NodeSettings(data_dir=tmp_path / "data", port=0, log_url=url)
    with running_server(settings, clock=ManualClock()) as running:
        running.client().create_stream(StreamName="s", ShardCount=1)
        yield running
        kafka.thaw(1)


def health(server: TestServer, page: str = "health") -> tuple[int, str]:
    """The status, and the reason if there is one."""
    try:
        with urllib.request.urlopen(f"{server.endpoint}/_shardline/{page}", timeout=10) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, msgspec.json.decode(error.read())["reason"]


def until(is_so: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SOON_S
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def refused(call: Callable[..., Any], **members: Any) -> None:
    """A call that is refused at once, with what SDKs try again."""
    began = time.monotonic()
    with pytest.raises(ClientError) as refusal:
        call(**members)
    assert time.monotonic() - began < AT_ONCE_S
    assert refusal.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503


def test_it_says_so_refuses_at_once_and_finds_back(server: TestServer, kafka: KafkaCluster) -> None:
    client = server.client(config=ONE_TRY)
    client.put_record(**RECORD)
    where = {"StreamName": "s", "ShardId": "shardId-000000000000"}
    latest = {**where, "ShardIteratorType": "LATEST"}
    iterator = client.get_shard_iterator(**where, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    arn = client.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
    consumer = client.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]
    events = client.subscribe_to_shard(
        ConsumerARN=consumer["ConsumerARN"],
        ShardId=where["ShardId"],
        StartingPosition={"Type": "LATEST"},
    )["EventStream"]
    # When no broker answers any more
    kafka.freeze(1)
    until(lambda: health(server)[0] == 503, "health does not say that Kafka cannot be reached")
    # Then health says why
    assert health(server)[1].startswith("cannot reach Kafka: no broker has answered for ")
    assert health(server, "alive") == (200, "")
    with urllib.request.urlopen(f"{server.endpoint}/_shardline/metrics") as page:
        assert b"\nshardline_serving 0.0\n" in page.read()
    # And what needs the records is refused, what waited for them ends
    refused(client.put_record, **RECORD)
    refused(client.get_records, ShardIterator=iterator)
    refused(client.get_shard_iterator, **latest)
    with pytest.raises(EventStreamError, match="InternalFailure"):
        list(events)
    # And all else is answered, also where a reshard is due that waits for Kafka
    client.split_shard(StreamName="s", ShardToSplit=where["ShardId"], NewStartingHashKey="5")
    server.client("iam").create_user(UserName="u")
    with ThreadPoolExecutor(8) as threads:
        began = time.monotonic()
        answers = threads.map(lambda _: client.list_shards(StreamName="s")["Shards"], range(32))
        assert {len(each) for each in answers} == {1}
        assert time.monotonic() - began < AT_ONCE_S
    refused(client.put_record, **RECORD)
    # When one answers again, then it finds back by itself, and the reshard is done
    kafka.thaw(1)
    until(lambda: health(server) == (200, ""), "it does not find back")
    assert len(client.list_shards(StreamName="s")["Shards"]) == 3
    client.put_record(**RECORD)
    assert len(client.get_records(ShardIterator=iterator)["Records"]) == 1


def test_a_reshard_under_way_when_contact_is_lost_holds_nobody_up(
    server: TestServer, kafka: KafkaCluster
) -> None:
    client = server.client(config=ONE_TRY)
    client.put_record(**RECORD)
    kafka.freeze(1)
    # Given a reshard that has begun before anybody knows
    client.split_shard(StreamName="s", ShardToSplit="shardId-000000000000", NewStartingHashKey="5")
    # Then who asked for it is answered as soon as that is known
    assert health(server)[0] == 503
    assert len(client.list_shards(StreamName="s")["Shards"]) == 1
    kafka.thaw(1)
    until(lambda: health(server) == (200, ""), "it does not find back")
    until(lambda: len(client.list_shards(StreamName="s")["Shards"]) == 3, "it is not done")
    client.put_record(**RECORD)


def test_it_stops_in_order_while_no_broker_answers(kafka: KafkaCluster, tmp_path: Path) -> None:
    url = f"{kafka_url(kafka)}&prefix={tmp_path.name}-"
    settings = NodeSettings(data_dir=tmp_path / "data", port=0, log_url=url)
    with running_server(settings, clock=ManualClock()) as running:
        running.client().create_stream(StreamName="s", ShardCount=1)
        kafka.freeze(1)
        until(lambda: health(running)[0] == 503, "health does not say it")
        began = time.monotonic()
    kafka.thaw(1)
    assert time.monotonic() - began < SOON_S
