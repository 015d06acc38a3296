"""`scripts/cluster` starts real services, finds them again, and leaves nothing behind."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import psutil
import psycopg
import pytest
from confluent_kafka.admin import AdminClient

from cluster import Missing
from cluster.kafka import free_ports
from cluster.postgres import Postgres

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROOT = Path(__file__).resolve().parents[1]


def cluster(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "cluster", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def addresses(printed: str) -> dict[str, str]:
    pairs = (line.removeprefix("export ").split("=", 1) for line in printed.splitlines())
    return {name: value.strip("'") for name, value in pairs}


def kinesis(at: dict[str, str], endpoint: str) -> Any:
    return boto3.client(
        "kinesis",
        endpoint_url=endpoint,
        region_name=at["AWS_DEFAULT_REGION"],
        aws_access_key_id=at["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=at["AWS_SECRET_ACCESS_KEY"],
    )


def test_start_status_env_and_stop(tmp_path: Path) -> None:
    directory = Path(f"/tmp/cluster-{os.getpid()}")  # pytest's own is closed to other users
    here = ("--directory", str(directory))
    try:
        Postgres(tmp_path, 1)
    except Missing as missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(missing))
    assert cluster("status", *here).returncode == 2
    try:
        # Given a cluster that was started, below the ports that the kernel gives to others
        port = free_ports(1)[0].clients // 2 + 1024
        started = cluster("start", *here, "--port", str(port))
        assert started.returncode == 0, started.stderr
        at = addresses(started.stdout)
        with psycopg.connect(at["SHARDLINE_CATALOG"]) as connection:
            connection.execute("CREATE TABLE kept (number int)")
        brokers = at["KAFKA_BROKERS"]
        first, second = (kinesis(at, endpoint) for endpoint in at["GATEWAYS"].split())
        first.create_stream(StreamName="kept", ShardCount=1)
        second.put_record(StreamName="kept", Data=b"a record", PartitionKey="key")
        assert len(AdminClient({"bootstrap.servers": brokers}).list_topics(timeout=10).brokers) == 3
        assert cluster("status", *here).returncode == 0
        # When it is stopped with its data and started again, twice
        assert cluster("stop", "--keep", *here).returncode == 0
        assert cluster("status", *here).returncode == 1
        assert cluster("start", *here).returncode == 0
        assert addresses(cluster("start", *here).stdout) == at
        # Then what it had is there, at the same addresses.
        assert addresses(cluster("env", *here).stdout) == at
        with psycopg.connect(at["SHARDLINE_CATALOG"]) as connection:
            connection.execute("SELECT * FROM kept")
        shard = {"StreamName": "kept", "ShardId": "shardId-000000000000"}
        iterator = second.get_shard_iterator(**shard, ShardIteratorType="TRIM_HORIZON")
        (record,) = first.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
        assert record["Data"] == b"a record"
    finally:
        stopped = cluster("stop", *here)
    assert stopped.returncode == 0, stopped.stderr
    assert not directory.exists()
    assert not [
        each for each in psutil.process_iter(["cmdline"])
        if str(directory) in " ".join(each.info["cmdline"] or ()) and each.pid != os.getpid()
    ]  # fmt: skip


def test_a_directory_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    assert cluster("start", "--directory", str(tmp_path)).returncode == 2
    assert cluster("stop", "--directory", str(tmp_path)).returncode == 0
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]
