"""`shardline kafka adopt`, beside a running server with its catalog in a file, and without one."""

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from click.testing import CliRunner, Result

from cluster.kafka import KafkaCluster
from real_kafka import kafka_cluster
from shardline.cli import Failure, group
from shardline.cli.kafka_adopt import Where, adopt_topic
from shardline.settings import NodeSettings
from shardline.storage.kafka_log import reach
from shardline.testing import TestServer, running_server
from their_topics import TheirTopic

pytestmark = pytest.mark.slow

WITHIN_S = 20.0  # a server follows within a second, when its machine has the time
SHARD = "shardId-000000000000"
_numbers = itertools.count()


@pytest.fixture(scope="module")
def kafka() -> Iterator[KafkaCluster]:
    """A broker that makes topics that somebody asks for, as Kafka does by default."""
    with kafka_cluster(brokers=1, settings={"auto.create.topics.enable": "true"}) as cluster:
        yield cluster


@pytest.fixture
def settings(kafka: KafkaCluster, tmp_path: Path) -> NodeSettings:
    """A server with a prefix of its own, which has run once."""
    url = f"kafka://{kafka.bootstrap_servers}/?replication=1&prefix=ours-{next(_numbers)}-"
    settings = NodeSettings(data_dir=tmp_path / "data", port=0, log_url=url)
    with running_server(settings):
        pass
    return settings


def adopt(settings: NodeSettings, *arguments: str, **variables: str) -> Result:
    clean = dict.fromkeys(("SHARDLINE_REGION", "SHARDLINE_ACCOUNT_ID", "SHARDLINE_CATALOG"), "")
    where = {"SHARDLINE_DATA_DIR": str(settings.data_dir), "SHARDLINE_LOG": settings.log_url or ""}
    return CliRunner().invoke(group, ["kafka", "adopt", *arguments], env=clean | where | variables)


def read(server: TestServer, name: str, client: Any = None) -> list[bytes]:
    client = client or server.client()
    at = {"StreamName": name, "ShardId": SHARD, "ShardIteratorType": "TRIM_HORIZON"}
    iterator = client.get_shard_iterator(**at)["ShardIterator"]
    return [record["Data"] for record in client.get_records(ShardIterator=iterator)["Records"]]


def streams(server: TestServer) -> list[str]:
    return list(server.client().list_streams()["StreamNames"])


def until(happened: Any) -> None:
    """Wait for another process."""
    deadline = time.monotonic() + WITHIN_S
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_server_has_it_while_it_runs_and_when_it_starts_again(
    kafka: KafkaCluster, settings: NodeSettings
) -> None:
    topic, late = TheirTopic(kafka, partitions=3), TheirTopic(kafka)
    topic.put(b"0")
    late.put(b"late")
    done = adopt(settings, topic.name, "--stream", "theirs")
    assert (done.exit_code, done.output) == (0, "theirs: 3 shards, read only\n")
    with running_server(settings) as server:
        assert read(server, "theirs") == [b"0"]
        done = adopt(settings, late.name)
        assert (done.exit_code, done.output) == (0, f"{late.name}: 1 shard, read only\n")
        until(lambda: late.name in streams(server))
        assert read(server, late.name) == [b"late"]
    with running_server(settings) as server:
        assert set(streams(server)) == {"theirs", late.name}
        assert read(server, "theirs") == [b"0"]
        topic.put(b"1")
        assert read(server, "theirs") == [b"0", b"1"]
        tail = ["tail", "theirs", "--data-dir", str(settings.data_dir)]
        lines = CliRunner().invoke(group, tail).stdout.splitlines()
        assert [line.split()[-1] for line in lines] == ["0", "1"]
        server.client().delete_stream(StreamName="theirs")
    with running_server(settings) as server:
        assert streams(server) == [late.name]
    assert topic.bounds() == (0, 2)


def test_a_stream_that_is_being_deleted_leaves_its_topic_alone(
    kafka: KafkaCluster, settings: NodeSettings, caplog: pytest.LogCaptureFixture
) -> None:
    topic = TheirTopic(kafka)
    topic.put(b"0")
    before = topic.state()
    assert adopt(settings, topic.name).exit_code == 0
    with running_server(replace(settings, transition_ms=200)) as server:
        assert read(server, topic.name) == [b"0"]
        server.client().delete_stream(StreamName=topic.name)
        until(lambda: streams(server) == [])
    assert topic.state() == before
    assert not [each for each in caplog.records if each.name.startswith("shardline")]


def test_a_topic_whose_owner_removes_it_does_not_come_back(
    kafka: KafkaCluster, settings: NodeSettings
) -> None:
    topic = TheirTopic(kafka)
    topic.put(b"0")
    assert adopt(settings, topic.name).exit_code == 0
    with running_server(settings) as server:
        assert read(server, topic.name) == [b"0"]
        topic.remove()
        once = server.client(config=Config(retries={"total_max_attempts": 1}))
        with pytest.raises(once.exceptions.ClientError, match="InternalFailure"):
            read(server, topic.name, once)
        assert topic.state() is None
        server.client().delete_stream(StreamName=topic.name)
        assert streams(server) == []
    assert topic.state() is None


def refused(result: Result, code: int = 1) -> str:
    """What one line says."""
    assert result.exit_code == code, result.output
    if code == 1:
        assert result.stderr.startswith("shardline: ")
        assert result.stderr.count("\n") == 1
    return result.stderr


def test_topics_that_cannot_be_adopted(kafka: KafkaCluster, settings: NodeSettings) -> None:
    topic = TheirTopic(kafka)
    prefix = (settings.log_url or "").rpartition("=")[2]
    assert "Kafka has no topic nowhere" in refused(adopt(settings, "nowhere"))
    assert "nowhere" not in topic.admin.list_topics(timeout=10).topics
    own = refused(adopt(settings, f"{prefix}_owner"))
    assert f"one of this cluster's own topics ({prefix}*)" in own
    with topic.transaction():  # so that Kafka has that topic
        internal = "__transaction_state"
    assert "keeps for itself" in refused(adopt(settings, internal))
    assert adopt(settings, topic.name).exit_code == 0
    again = refused(adopt(settings, topic.name, "--stream", "other"))
    assert f"topic {topic.name} is stream {topic.name} already (account 000000000000" in again
    taken = refused(adopt(settings, TheirTopic(kafka).name, "--stream", topic.name))
    assert f"there is a stream {topic.name} already" in taken
    # of other accounts and regions they are others
    where = ("--account-id", "111122223333", "--region", "eu-west-1")
    assert adopt(settings, TheirTopic(kafka).name, "--stream", topic.name, *where).exit_code == 0
    with running_server(settings) as server:
        assert streams(server) == [topic.name]


@pytest.mark.parametrize("kept", ["in a file", "in PostgreSQL"])
def test_of_those_who_adopt_a_topic_at_once_one_has_it(
    kafka: KafkaCluster,
    settings: NodeSettings,
    tmp_path: Path,
    kept: str,
    request: pytest.FixtureRequest,
) -> None:
    catalog = None if kept == "in a file" else request.getfixturevalue("database")
    if catalog is not None:
        other = tmp_path / "other"
        settings = replace(
            settings, data_dir=other, catalog_url=catalog, log_url=f"{settings.log_url}other-"
        )
        with running_server(settings):
            pass
    topics = [TheirTopic(kafka) for _ in range(3)]
    where = Where(settings.log_url or "", catalog, settings.data_dir or Path("/no"), None, None)

    def take(topic: TheirTopic, name: str) -> str:
        together.wait(30)
        try:
            return f"{adopt_topic(where, topic.name, name)} shard"
        except Failure as failure:
            return str(failure)

    for topic in topics:
        names = [f"{topic.name}-{number}" for number in range(4)]
        together = threading.Barrier(len(names))
        with ThreadPoolExecutor(len(names)) as threads:
            said = dict(zip(names, threads.map(take, [topic] * len(names), names), strict=True))
        (winner,) = [name for name, each in said.items() if each == "1 shard"]
        taken = f"topic {topic.name} is stream {winner} already (account 000000000000, region "
        assert all(said[name].startswith(taken) for name in names if name != winner)


def test_a_mistake_of_usage(settings: NodeSettings) -> None:
    assert "is no stream name" in refused(adopt(settings, "t" * 129), 2)
    assert "is no stream name" in refused(adopt(settings, "t", "--stream", "a b"), 2)
    assert "'--log'" in refused(adopt(settings, "t", SHARDLINE_LOG=""), 2)
    assert "kafka://" in refused(adopt(settings, "t", "--log", "broker:9092"), 2)
    assert "postgresql://" in refused(adopt(settings, "t", "--catalog", "mysql://x"), 2)
    assert "12 digits" in refused(adopt(settings, "t", "--account-id", "me"), 2)
    assert "not a region" in refused(adopt(settings, "t", "--region", "Here!"), 2)


def test_a_store_whose_records_are_elsewhere(
    kafka: KafkaCluster, settings: NodeSettings, tmp_path: Path
) -> None:
    name = TheirTopic(kafka).name
    url = settings.log_url or ""
    other = refused(adopt(settings, name, SHARDLINE_LOG=f"{url}other-"))
    assert "the records of this catalog's streams are in Kafka " in other
    assert "where serve is told the same --log" in other
    embedded = NodeSettings(data_dir=tmp_path / "embedded", port=0)
    with running_server(embedded):
        pass
    said = refused(adopt(embedded, name, SHARDLINE_LOG=url))
    assert "the records of this catalog's streams are in its data directory" in said
    missing = NodeSettings(data_dir=tmp_path / "missing", log_url=url)
    assert "has no catalog: start a server once" in refused(adopt(missing, name))
    assert not (tmp_path / "missing").exists()


def test_nobody_is_there(settings: NodeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "_WITHIN_S", 1.5)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"kafka://127.0.0.1:{port}/?replication=1"
    assert "look at its addresses" in refused(adopt(settings, "t", SHARDLINE_LOG=url))
