"""The runbook's `aws` lines: doctor prints them, and they run as they are printed."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from doctor_server import put
from shardline.cli import group
from shardline.module.places import Place
from shardline.module.policies import document, policy_name
from shardline.testing import ManualClock, TestServer, running_server

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.timeout(300)]

STATUS = "aws kinesis describe-stream --stream-name S --query 'StreamDescription.StreamStatus'"
RETENTION = (
    "aws kinesis describe-stream --stream-name S --query 'StreamDescription.RetentionPeriodHours'"
)
SHARDS = "aws kinesis describe-stream --stream-name S --query 'StreamDescription.Shards'"
METRIC = (
    "aws cloudwatch get-metric-statistics --namespace AWS/Kinesis --metric-name IncomingBytes "
    "--dimensions Name=StreamName,Value=S --start-time $(date -u -d '15 minutes ago' +%FT%TZ) "
    "--end-time $(date -u +%FT%TZ) --period 60 --statistics Sum"
)
POLICIES = "aws iam list-attached-role-policies --role-name R"
RESHARD = (
    "aws kinesis update-shard-count --stream-name S --target-shard-count 2 "
    "--scaling-type UNIFORM_SCALING"
)
ACCOUNT = "000000000000"


@pytest.fixture(scope="module")
def server() -> Iterator[TestServer]:
    """A server whose clock tells the wall's time in the end: `date` is part of the commands."""
    began = ManualClock(time.time_ns() // 1_000_000 - 300_000, running=True)
    with running_server(clock=began, limits="aws") as server:
        kinesis, iam = server.client("kinesis"), server.client("iam")
        kinesis.create_stream(StreamName="S", ShardCount=1)
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}}
        trusted = json.dumps({"Version": "2012-10-17", "Statement": trust})
        iam.create_role(RoleName="R", AssumeRolePolicyDocument=trusted)
        place, name = Place(ACCOUNT, "us-east-1"), policy_name("S", "read")
        iam.create_policy(PolicyName=name, PolicyDocument=document(place, "S", "read"))
        iam.attach_role_policy(RoleName="R", PolicyArn=place.policy(name))
        for _ in range(5):
            put(server, "S", 500)
        server.clock.advance(minutes=5)
        yield server


@pytest.fixture(scope="module")
def environment(server: TestServer) -> dict[str, str]:
    """What a shell has after `eval "$(shardline env)"`, `aws` on its path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": server.region,
        "AWS_DEFAULT_REGION": server.region,
        "AWS_DEFAULT_OUTPUT": "json",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PAGER": "",
    }


@pytest.fixture(scope="module")
def commands(environment: dict[str, str]) -> list[str]:
    """All that doctor prints of a stream that is throttled, and of a role that may only read."""
    arguments = ["doctor", "S", "--json", "--principal", f"arn:aws:iam::{ACCOUNT}:role/R"]
    arguments += ["--needs", "writer"]
    shown = CliRunner().invoke(group, arguments, env=environment)
    assert shown.exit_code == 2, shown.output
    found = [
        command
        for section in json.loads(shown.stdout)["sections"]
        for each in (section, *section["findings"])
        for command in each["commands"]
    ]
    return list(dict.fromkeys(found))


def printed(command: str, environment: dict[str, str]) -> Any:
    """What a command prints, run by a shell as it is."""
    done = subprocess.run(
        ["bash", "-c", command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    try:
        return json.loads(done.stdout or "null")
    except ValueError:  # --output text
        return done.stdout


def test_the_lines_of_the_runbook(commands: list[str], environment: dict[str, str]) -> None:
    # Doctor prints each of them
    for line in (STATUS, RETENTION, SHARDS, METRIC, POLICIES, RESHARD):
        assert line in commands

    # And they print what the runbook says that they print
    assert printed(STATUS, environment) == "ACTIVE"
    assert printed(RETENTION, environment) == 24
    assert [each["ShardId"] for each in printed(SHARDS, environment)] == ["shardId-000000000000"]
    points = printed(METRIC, environment)["Datapoints"]
    assert sum(point["Sum"] for point in points) > 50_000
    assert {point["Unit"] for point in points} == {"Bytes"}
    (attached,) = printed(POLICIES, environment)["AttachedPolicies"]
    assert attached["PolicyName"] == "kinesis-stream-S-read"
    assert printed(RESHARD, environment) == {
        "StreamName": "S",
        "CurrentShardCount": 1,
        "TargetShardCount": 2,
        "StreamARN": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/S",
    }


def test_every_other_line_runs_too(commands: list[str], environment: dict[str, str]) -> None:
    rest = [each for each in commands if each not in (STATUS, RETENTION, SHARDS, METRIC, RESHARD)]
    assert len(rest) > 10
    for command in rest:
        printed(command, environment)
