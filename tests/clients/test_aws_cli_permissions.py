"""Applications with the ordinary `aws` command: one that may write, one that may read, a role."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.timeout(300)]

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream"
WRITE = ("PutRecord", "PutRecords", "ListShards", "DescribeStreamSummary", "DescribeStream")
READ = (
    "DescribeStream",
    "DescribeStreamSummary",
    "ListShards",
    "GetShardIterator",
    "GetRecords",
    "ListStreamConsumers",
)
SHARD = "shardId-000000000000"


class Aws:
    """The `aws` command with one environment."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [Path(sys.executable).with_name("aws"), *arguments, "--output", "json"]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def answer(self, *arguments: str) -> Any:
        done = self.run(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout or "null")

    def denial(self, *arguments: str) -> str:
        """The code that a call is refused with."""
        done = self.run(*arguments)
        assert done.returncode != 0
        return done.stderr.partition("(")[2].partition(")")[0]

    def as_key(self, key: dict[str, str]) -> "Aws":
        """The same command with another access key."""
        own = {
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }
        return Aws({**self.environment, **own})


@pytest.fixture(scope="module")
def root(server: dict[str, str]) -> Aws:
    aws = Aws(server)
    for name in ("orders", "bills"):
        aws.answer("kinesis", "create-stream", "--stream-name", name, "--shard-count", "1")
    return aws


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: tuple[str, ...], resource: str) -> dict[str, Any]:
    named = [action if ":" in action else f"kinesis:{action}" for action in actions]
    return {"Effect": "Allow", "Action": named, "Resource": resource}


def application(root: Aws, name: str, *statements: dict[str, Any]) -> Aws:
    """A user with a managed policy, all made by `aws iam`."""
    root.answer("iam", "create-user", "--user-name", name)
    policy = root.answer(
        "iam",
        "create-policy",
        "--policy-name",
        name,
        "--policy-document",
        document(*statements),
    )["Policy"]["Arn"]
    root.answer("iam", "attach-user-policy", "--user-name", name, "--policy-arn", policy)
    key = root.answer("iam", "create-access-key", "--user-name", name)["AccessKey"]
    return root.as_key(key)


def on(stream: str, operation: str, *more: str) -> tuple[str, ...]:
    return ("kinesis", operation, "--stream-name", stream, *more)


RECORD = ("--partition-key", "k", "--data", "x")
FIRST = ("--shard-id", SHARD, "--shard-iterator-type", "TRIM_HORIZON")
DENIED = "AccessDeniedException"


def test_who_may_write(root: Aws) -> None:
    writer = application(root, "writer", allow(WRITE, f"{ARN}/orders"))
    assert writer.answer(*on("orders", "put-record", *RECORD))["ShardId"] == SHARD
    records = ("--records", "Data=x,PartitionKey=k")
    assert writer.answer(*on("orders", "put-records", *records))["FailedRecordCount"] == 0
    assert writer.answer(*on("orders", "list-shards"))["Shards"]
    assert writer.answer(*on("orders", "describe-stream-summary"))
    for refused in (
        on("bills", "put-record", *RECORD),
        on("orders", "get-shard-iterator", *FIRST),
        on("orders", "delete-stream"),
        on("orders", "add-tags-to-stream", "--tags", "a=b"),
        ("kinesis", "list-streams"),
        ("kinesis", "create-stream", "--stream-name", "mine", "--shard-count", "1"),
    ):
        assert writer.denial(*refused) == DENIED
    assert writer.denial("iam", "list-users") == "AccessDenied"
    assert writer.denial("iam", "create-access-key") == "AccessDenied"


def test_who_may_read(root: Aws) -> None:
    # Given
    reader = application(
        root,
        "reader",
        allow(READ, f"{ARN}/orders"),
        allow(("SubscribeToShard", "DescribeStreamConsumer"), f"{ARN}/orders/consumer/*"),
        allow(("ListStreams", "DescribeLimits"), "*"),
    )
    root.answer(*on("orders", "put-record", *RECORD))
    consumer = root.answer(
        "kinesis",
        "register-stream-consumer",
        "--stream-arn",
        f"{ARN}/orders",
        "--consumer-name",
        "fan",
    )["Consumer"]["ConsumerARN"]
    other = root.answer(*on("bills", "get-shard-iterator", *FIRST))["ShardIterator"]
    # Then
    iterator = reader.answer(*on("orders", "get-shard-iterator", *FIRST))["ShardIterator"]
    read = reader.answer("kinesis", "get-records", "--shard-iterator", iterator)
    assert read["Records"][-1]["Data"] == "eA=="
    described = ("kinesis", "describe-stream-consumer", "--consumer-arn", consumer)
    assert reader.answer(*described)["ConsumerDescription"]["ConsumerName"] == "fan"
    assert "orders" in reader.answer("kinesis", "list-streams")["StreamNames"]
    for refused in (
        ("kinesis", "get-records", "--shard-iterator", other),
        on("bills", "get-shard-iterator", *FIRST),
        on("orders", "put-record", *RECORD),
        ("kinesis", "deregister-stream-consumer", "--consumer-arn", consumer),
        on("orders", "delete-stream"),
    ):
        assert reader.denial(*refused) == DENIED


def test_a_role_by_its_profile(root: Aws, tmp_path: Path) -> None:
    # Given
    may_assume = allow(("sts:AssumeRole",), "*")
    user = application(root, "deployer", may_assume)
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::000000000000:user/deployer"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "ticket-1"}},
    }
    role = root.answer(
        "iam",
        "create-role",
        "--role-name",
        "orders-writer",
        "--assume-role-policy-document",
        document(trust),
    )["Role"]["Arn"]
    policy = ("--policy-name", "write", "--policy-document")
    root.answer(
        "iam",
        "put-role-policy",
        "--role-name",
        "orders-writer",
        *policy,
        document(allow(WRITE, f"{ARN}/orders")),
    )
    config = tmp_path / "config"
    config.write_text(
        f"[profile deployer]\naws_access_key_id = {user.environment['AWS_ACCESS_KEY_ID']}\n"
        f"aws_secret_access_key = {user.environment['AWS_SECRET_ACCESS_KEY']}\n"
        f"[profile writer]\nrole_arn = {role}\nsource_profile = deployer\n"
        "role_session_name = shift-1\nexternal_id = ticket-1\n"
    )
    kept = {k: v for k, v in root.environment.items() if not k.startswith("AWS_ACCESS_KEY")}
    kept.pop("AWS_SECRET_ACCESS_KEY")
    session = Aws({**kept, "AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "writer"})
    session.environment["HOME"] = str(tmp_path)  # where the command keeps sessions
    # Then
    who = session.answer("sts", "get-caller-identity")
    assert who["Arn"] == "arn:aws:sts::000000000000:assumed-role/orders-writer/shift-1"
    assert session.answer(*on("orders", "put-record", *RECORD))["ShardId"] == SHARD
    assert session.denial(*on("bills", "put-record", *RECORD)) == DENIED
    assert user.denial(*on("orders", "put-record", *RECORD)) == DENIED
