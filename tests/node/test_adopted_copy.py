"""`shardline copy` from an adopted topic to a stream of our own."""

import itertools
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from many_nodes import endpoints_of
from node.adopted_support import adopt, clients, their_topic
from shardline.cli import group
from shardline.testing import TestServer
from their_topics import TheirTopic

pytestmark = pytest.mark.slow

KEYS = {b"user": "user", None: "-", b"\xff\x00": "0xff00"}


def fill(topic: TheirTopic) -> dict[str, dict[int, list[bytes]]]:
    """Messages of each kind of key in each partition, between aborted ones; what is to be read."""
    wanted: dict[str, dict[int, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    for number in range(60):
        partition = number % topic.partitions
        for key, shown in KEYS.items():
            value = b"%d of %s" % (number, shown.encode())
            topic.put(value, key=key, partition=partition, timestamp=1_700_000_000_000 + number)
            wanted[shown][partition].append(value)
        if number % 20 == 0:
            with topic.transaction(abort=True) as producer:
                topic.put(b"never", key=b"user", partition=partition, producer=producer)
            with topic.transaction() as producer:
                topic.put(None, key=b"user", partition=partition, producer=producer)
            wanted["user"][partition].append(b"")
    return wanted


def copy(server: TestServer, state: Path, *arguments: str) -> Any:
    """Copy from one gateway to the other; answer the one stream of the JSON that is printed."""
    one, two = endpoints_of(server)
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    where = ["--from", one, "--to", two, "--state", str(state), "--verify", "--json"]
    env = {**keys, "AWS_REGION": "us-east-1"}
    done = CliRunner().invoke(group, ["copy", *where, *arguments], env=env)
    assert done.exit_code == 0, done.output
    (found,) = json.loads(done.stdout)["streams"]
    return found


def records_by_key(client: Any, stream: str) -> dict[str, list[bytes]]:
    """The data of every shard, by key, each key's in its order."""
    found: dict[str, list[bytes]] = defaultdict(list)
    for shard in client.list_shards(StreamName=stream)["Shards"]:
        at = client.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        for record in client.get_records(ShardIterator=at)["Records"]:
            found[record["PartitionKey"]].append(record["Data"])
    return found


@pytest.mark.parametrize("shards", [None, 2, 5])
def test_an_adopted_topic_is_copied_in_order_and_once(
    gateways: TestServer, tmp_path: Path, shards: int | None
) -> None:
    topic = their_topic(gateways, partitions=3)
    wanted = fill(topic)
    adopt(gateways, topic)
    one, _ = clients(gateways)
    new = f"copied-{shards}"
    if shards is not None:  # a stream that is there, whose shards have other borders
        one.create_stream(StreamName=new, ShardCount=shards)
        arn = one.describe_stream_summary(StreamName=new)["StreamDescriptionSummary"]["StreamARN"]
        one.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=10240)
    outcome = copy(gateways, tmp_path, f"{topic.name}={new}")
    count = 60 * len(KEYS) + 3
    assert (outcome["complete"], outcome["exact"], outcome["records"]) == (True, True, count)
    assert outcome["verified"]["source"] == outcome["verified"]["destination"] == count
    found = records_by_key(one, new)
    assert found.keys() == wanted.keys()
    for key, partitions in wanted.items():
        assert sorted(found[key]) == sorted(itertools.chain(*partitions.values()))
        for values in partitions.values():  # the order of each partition is kept
            kept = [value for value in found[key] if value and value in values]
            assert kept == [value for value in values if value]
    # What comes later is copied by the next run, and nothing else
    topic.put(b"later", key=b"user")
    again = copy(gateways, tmp_path, f"{topic.name}={new}")
    assert (again["records_of_this_run"], again["records"]) == (1, count + 1)
    summary = one.describe_stream_summary(StreamName=new)["StreamDescriptionSummary"]
    if shards is None:
        assert summary["OpenShardCount"] == 3
        one.put_record(StreamName=new, Data=b"ours", PartitionKey="k")  # it is a stream like others
