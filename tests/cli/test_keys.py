"""`shardline keys`, beside a running server and without one."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result

from cli.conftest import Shardline
from shardline.cli import group
from shardline.settings import NodeSettings
from shardline.testing import running_server

pytestmark = pytest.mark.slow

WITHIN_S = 10.0  # a server follows within a second, when its machine has the time


def keys(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(
        group,
        ["keys", *arguments, "--data-dir", str(path)],
        env=dict.fromkeys(("SHARDLINE_REGION", "SHARDLINE_ACCOUNT_ID"), ""),
    )


def listed(path: Path) -> dict[str, dict[str, Any]]:
    """The keys by id."""
    lines = keys(path, "list", "--json").stdout.splitlines()
    return {row["id"]: row for row in map(json.loads, lines)}


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """The directory of a server that has run once."""
    path = tmp_path / "data"
    with running_server(NodeSettings(data_dir=path, port=0)):
        pass
    return path


def test_a_key_from_its_making_to_its_end(stopped: Path) -> None:
    made = keys(stopped, "create", "--alias", "mine")
    assert made.exit_code == 0, made.output
    key = made.stdout.strip()
    arn = f"arn:aws:kms:us-east-1:000000000000:key/{key}"
    row = {"id": key, "arn": arn, "region": "us-east-1", "alias": "alias/mine"}
    assert listed(stopped) == {key: row | {"state": "ENABLED", "streams": 0}}
    assert keys(stopped, "list").stdout == f"{key}  us-east-1  ENABLED  0 streams  alias/mine\n"
    for arguments, state in (
        (["disable", key], "DISABLED"),
        (["enable", "alias/mine"], "ENABLED"),
        (["delete", arn], "PENDING_DELETION"),
        (["enable", key], "ENABLED"),
        (["delete", "arn:aws:kms:us-east-1:000000000000:alias/mine"], "PENDING_DELETION"),
    ):
        assert keys(stopped, *arguments).output == ""
        assert listed(stopped)[key]["state"] == state
    assert keys(stopped, "delete", key, "--forever").exit_code == 0
    assert listed(stopped) == {}


def test_keys_of_other_accounts_and_regions(stopped: Path) -> None:
    where = ("--account-id", "123456789012", "--region", "eu-west-1")
    key = keys(stopped, "create", "--alias", "alias/there", *where).stdout.strip()
    assert listed(stopped)[key]["arn"] == f"arn:aws:kms:eu-west-1:123456789012:key/{key}"
    refused = keys(stopped, "disable", "alias/there")
    assert refused.exit_code == 1
    assert refused.stderr == (
        "shardline: Alias arn:aws:kms:us-east-1:000000000000:alias/there is not found.\n"
    )
    assert keys(stopped, "disable", "alias/there", *where).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "--alias", "aws/mine"], "alias/aws/mine cannot be an alias"),
        (["create", "--alias", "a b"], "alias/a b cannot be an alias"),
        (["create", "--alias", "taken"], "alias/taken is another key's already"),
        (["disable", "nonsense"], "Invalid keyId nonsense"),
        (["enable", "12345678-1234-1234-1234-123456789012"], "does not exist"),
        (["delete", "alias/taken", "--forever"], "only a key that is pending deletion can"),
        (["create", "--key-file", "/none/key"], "the master key file /none/key is missing"),
    ],
)
def test_what_cannot_be_is_one_line(stopped: Path, arguments: list[str], said: str) -> None:
    before = keys(stopped, "create", "--alias", "taken").stdout.strip()
    refused = keys(stopped, *arguments)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("shardline: ")
    assert said in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert listed(stopped)[before]["state"] == "ENABLED"


def test_a_directory_without_a_catalog_or_a_master_key(tmp_path: Path, stopped: Path) -> None:
    refused = keys(tmp_path, "list")
    assert refused.exit_code == 1
    assert f"{tmp_path} has no catalog: start a server once" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    (stopped / "master-key").unlink()
    refused = keys(stopped, "create")
    assert refused.stderr == (
        f"shardline: there is no master key file {stopped / 'master-key'}: start a server once\n"
    )
    assert not (stopped / "master-key").exists()


def test_a_key_that_streams_use_is_not_deleted_by_mistake(stopped: Path) -> None:
    key = keys(stopped, "create").stdout.strip()
    with running_server(NodeSettings(data_dir=stopped, port=0)) as server:
        client = server.client()
        client.create_stream(StreamName="s", ShardCount=1)
        client.start_stream_encryption(StreamName="s", EncryptionType="KMS", KeyId=key)
    assert listed(stopped)[key]["streams"] == 1
    keys(stopped, "delete", key)
    refused = keys(stopped, "delete", key, "--forever")
    assert refused.exit_code == 1
    assert "records may be under that key, of s: --lose-records" in refused.stderr
    assert keys(stopped, "delete", key, "--forever", "--lose-records").exit_code == 0
    assert listed(stopped) == {}


def answer_of(shardline: Shardline, *arguments: str) -> subprocess.CompletedProcess[str]:
    ended = shardline("keys", *arguments)
    assert ended.returncode == 0, ended.stderr
    return ended


def test_a_running_server_follows(shardline: Shardline, kinesis: Any, stream: str) -> None:
    # Given a key that is made while the server runs, and is used at once
    key = answer_of(shardline, "create", "--alias", stream).stdout.strip()
    name = {"StreamName": stream}
    kinesis.start_stream_encryption(**name, EncryptionType="KMS", KeyId=f"alias/{stream}")
    record = {"Data": b"x", "PartitionKey": "k"}
    assert kinesis.put_record(**name, **record)["EncryptionType"] == "KMS"
    # When it is switched off
    answer_of(shardline, "disable", key)
    # Then the server refuses to use it, soon, and takes it up again when it is switched on
    until(lambda: refusal(kinesis, **name, **record) == "KMSDisabledException")
    answer_of(shardline, "enable", key)
    until(lambda: refusal(kinesis, **name, **record) is None)


def refusal(kinesis: Any, **members: Any) -> str | None:
    """The code of a put's error; None when it was taken."""
    try:
        kinesis.put_record(**members)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        assert isinstance(code, str)
        return code
    return None


def until(happened: Any) -> None:
    """Wait for another process."""
    deadline = time.monotonic() + WITHIN_S
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)
