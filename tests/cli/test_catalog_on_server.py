"""`shardline account` and `shardline keys` with a catalog on PostgreSQL, beside gateways."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result

from cli.test_account import OTHER, arn_of
from real_postgres import PASSWORD, PostgresServer
from shardline.cli import group
from shardline.node import stores
from shardline.settings import NodeSettings
from shardline.testing import TestServer, running_server

pytestmark = pytest.mark.slow

# A gateway that is not heard of for a second, as on a busy machine, says so and can be asked again.
PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 12})
TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"


class Directory:
    """Runs commands for a catalog on a server, with the keys of a data directory."""

    def __init__(self, path: Path, url: str) -> None:
        self.path = path
        self.url = url

    def run(self, *arguments: str) -> Result:
        where = ("--data-dir", str(self.path), "--catalog", self.url)
        return CliRunner().invoke(group, [*arguments, *where])

    def made(self, *arguments: str) -> dict[str, str]:
        done = self.run("account", *arguments, "--json")
        assert done.exit_code == 0, done.output
        variables: dict[str, str] = json.loads(done.stdout)
        return variables

    def states(self) -> dict[str, tuple[str, int]]:
        """The state of each key, and the number of streams that use it."""
        lines = self.run("keys", "list", "--json").stdout.splitlines()
        return {row["id"]: (row["state"], row["streams"]) for row in map(json.loads, lines)}

    def gateway(self, name: str = "data") -> Any:
        return running_server(
            NodeSettings(
                data_dir=self.path.with_name(name),
                port=0,
                catalog_url=self.url,
                key_file=self.path / "master-key",
            )
        )

    def refusal(self, *arguments: str, exit_code: int = 1) -> str:
        refused = self.run(*arguments)
        assert refused.exit_code == exit_code, refused.output
        assert PASSWORD not in refused.output
        return refused.stderr


@pytest.fixture
def directory(tmp_path: Path, database: str) -> Directory:
    (tmp_path / "data").mkdir(mode=0o700)
    return Directory(tmp_path / "data", database)


@pytest.fixture
def gateways(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[TestServer, TestServer]]:
    """Two of one catalog. Each has records of its own, which are not what is tested here."""

    async def as_if_in_kafka(*_: object) -> None:
        pass

    monkeypatch.setattr(stores, "require_the_records", as_if_in_kafka)
    with directory.gateway() as one, directory.gateway("second") as two:
        yield one, two


def test_every_gateway_knows_an_account_when_the_command_ends(
    directory: Directory, gateways: tuple[TestServer, TestServer]
) -> None:
    first = directory.made("create", OTHER)
    for server in gateways:
        assert arn_of(server, first, config=PATIENT) == f"arn:aws:iam::{OTHER}:root"
    second = directory.made("renew", OTHER)
    for server in gateways:
        assert arn_of(server, second, config=PATIENT) == f"arn:aws:iam::{OTHER}:root"
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            arn_of(server, first, config=PATIENT)
    listed = directory.run("account", "list").stdout
    assert listed == f"{OTHER}  {second['AWS_ACCESS_KEY_ID']}\n"
    assert "is the server's own account" in directory.refusal("account", "create", "0" * 12)


def test_every_gateway_has_followed_what_became_of_a_key_when_the_command_ends(
    directory: Directory, gateways: tuple[TestServer, TestServer]
) -> None:
    # Given streams that are encrypted with a key that was made beside the gateways
    key = directory.run("keys", "create", "--alias", "mine").stdout.strip()
    named = zip(gateways, "st", strict=True)
    streams = [_encrypted(server.client(config=PATIENT), name) for server, name in named]
    # When it is disabled, enabled and marked for deletion, then each gateway does as it is
    for arguments, error in (
        (("disable", "alias/mine"), "KMSDisabledException"),
        (("enable", key), ""),
        (("delete", key), "KMSInvalidStateException"),
    ):
        done = directory.run("keys", *arguments)
        assert (done.exit_code, done.output) == (0, "")
        assert [_error_of_put(*stream) for stream in streams] == [error, error]
    # And it is not deleted while the streams need it
    assert directory.states() == {key: ("PENDING_DELETION", 2)}
    refused = directory.refusal("keys", "delete", key, "--forever")
    assert "records may be under that key, of s, t: --lose-records" in refused


def _encrypted(client: Any, name: str) -> tuple[Any, str]:
    client.create_stream(StreamName=name, ShardCount=1)
    client.start_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId="alias/mine")
    return client, name


def _error_of_put(client: Any, name: str) -> str:
    try:
        client.put_record(StreamName=name, Data=b"d", PartitionKey="k")
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_without_a_gateway_that_runs(directory: Directory, postgres: PostgresServer) -> None:
    with directory.gateway():
        pass
    key = directory.run("keys", "create").stdout.strip()
    assert directory.states() == {key: ("ENABLED", 0)}
    directory.made("create", OTHER)
    # No lease is left for which a gateway would wait
    assert postgres.execute("SELECT count(*) FROM members", directory.url) == [(0,)]
    with directory.gateway() as server:
        client = server.client(config=PATIENT)
        client.create_stream(StreamName="s", ShardCount=1)
        client.start_stream_encryption(StreamName="s", EncryptionType="KMS", KeyId=key)


def test_what_no_server_made_is_not_made(directory: Directory, postgres: PostgresServer) -> None:
    for arguments in (("account", "create", OTHER), ("keys", "create")):
        assert "is not there: start a server with it once" in directory.refusal(*arguments)
    assert postgres.execute(TABLES, directory.url) == [(0,)]


def test_an_older_catalog_is_left_as_it_is(directory: Directory, postgres: PostgresServer) -> None:
    with directory.gateway():
        pass
    postgres.execute("UPDATE alembic_version SET version_num = '0007'", directory.url)
    assert "is of an older Shardline" in directory.refusal("keys", "list")
    revision = "SELECT version_num FROM alembic_version"
    assert postgres.execute(revision, directory.url) == [("0007",)]


def test_the_master_key_is_the_gateways(directory: Directory, tmp_path: Path) -> None:
    with directory.gateway(), running_server(NodeSettings(data_dir=tmp_path / "other", port=0)):
        pass
    for file, said in (
        (tmp_path / "other" / "master-key", "holds another key"),
        (tmp_path / "none", "is missing"),
    ):
        for arguments in (("account", "create", OTHER), ("keys", "create")):
            refused = directory.refusal(*arguments, "--key-file", str(file))
            assert f"the master key file {file} {said}" in refused
    assert directory.run("account", "list").stdout == ""
    assert directory.states() == {}


def test_a_server_that_does_not_let_us_in_is_told_of_without_the_password(
    directory: Directory, postgres: PostgresServer
) -> None:
    directory.url = postgres.url("none")
    assert 'database "none" does not exist' in directory.refusal("keys", "list")
    directory.url = f"mysql://{PASSWORD}@here/database"
    said = directory.refusal("account", "list", exit_code=2)
    assert "Invalid value for --catalog: it is not a URL such as postgresql://" in said
