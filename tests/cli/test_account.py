"""`shardline account`, beside a running server and without one."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result

from shardline.cli import group
from shardline.settings import NodeSettings
from shardline.testing import TestServer, running_server

OTHER = "111122223333"
WITHIN_S = 10.0  # a server follows within a second, when its machine has the time


def account(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(group, ["account", *arguments, "--data-dir", str(path)])


def made(path: Path, *arguments: str) -> dict[str, str]:
    """The variables that a command prints as JSON."""
    done = account(path, *arguments, "--json")
    assert done.exit_code == 0, done.output
    variables: dict[str, str] = json.loads(done.stdout)
    return variables


def arn_of(server: TestServer, key: dict[str, str], **settings: Any) -> str:
    sts = server.client(
        "sts",
        aws_access_key_id=key["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=key["AWS_SECRET_ACCESS_KEY"],
        **settings,
    )
    return str(sts.get_caller_identity()["Arn"])


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """The directory of a server that has run once."""
    path = tmp_path / "data"
    with running_server(NodeSettings(data_dir=path, port=0)):
        pass
    return path


def test_an_account_s_root_key_works_and_can_be_renewed(stopped: Path) -> None:
    # When
    first = made(stopped, "create", OTHER)
    # Then
    assert account(stopped, "list").stdout == f"{OTHER}  {first['AWS_ACCESS_KEY_ID']}\n"
    with running_server(NodeSettings(data_dir=stopped, port=0)) as server:
        assert arn_of(server, first) == f"arn:aws:iam::{OTHER}:root"
    second = made(stopped, "renew", OTHER)
    with running_server(NodeSettings(data_dir=stopped, port=0)) as server:
        assert arn_of(server, second) == f"arn:aws:iam::{OTHER}:root"
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            arn_of(server, first)
    files = [path.read_bytes() for path in stopped.rglob("*") if path.is_file()]
    for key in (first, second):
        assert not any(key["AWS_SECRET_ACCESS_KEY"].encode() in content for content in files)


def test_a_running_server_follows(tmp_path: Path) -> None:
    with running_server(NodeSettings(data_dir=tmp_path / "data", port=0)) as server:
        own = account(tmp_path / "data", "create", "000000000000")
        assert (own.exit_code, "is the server's own account" in own.stderr) == (1, True)
        key = made(tmp_path / "data", "create", OTHER)
        ends = time.monotonic() + WITHIN_S
        while not _is_known(server, key):
            assert time.monotonic() < ends
            time.sleep(0.05)


def _is_known(server: TestServer, key: dict[str, str]) -> bool:
    try:
        return arn_of(server, key) == f"arn:aws:iam::{OTHER}:root"
    except ClientError:
        return False


def test_lines_for_a_shell(stopped: Path) -> None:
    lines = account(stopped, "create", OTHER).stdout.splitlines()
    assert [line.partition("=")[0] for line in lines] == [
        "export AWS_ACCESS_KEY_ID",
        "export AWS_SECRET_ACCESS_KEY",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "12"], "'12' is not 12 digits"),
        (["renew", OTHER], f"account {OTHER} is not there: `shardline account create {OTHER}`"),
    ],
)
def test_what_cannot_be_done(stopped: Path, arguments: list[str], said: str) -> None:
    done = account(stopped, *arguments)
    assert (done.exit_code, said in done.stderr) == (1, True)


def test_an_account_is_made_once(stopped: Path) -> None:
    made(stopped, "create", OTHER)
    again = account(stopped, "create", OTHER)
    assert again.exit_code == 1
    assert again.stderr == (
        f"shardline: account {OTHER} is there already: `shardline account renew {OTHER}`\n"
    )


def test_without_a_server_that_ever_ran(tmp_path: Path) -> None:
    done: Any = account(tmp_path, "create", OTHER)
    assert (done.exit_code, "start a server once" in done.stderr) == (1, True)
