"""Nodes whose catalog is on PostgreSQL: they share what it holds, and have the same keys."""

import asyncio
import contextlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from real_postgres import PASSWORD, PostgresServer
from shardline.node import Node
from shardline.settings import NodeSettings
from shardline.storage.datadir import DataDir
from shardline.storage.record_log import StoreUnusable

KEY = ("AKIAROOT", "secret")


def settings(path: Path, url: str) -> NodeSettings:
    return NodeSettings(path, port=0, catalog_url=url, root_key=KEY)


async def start_and_stop(wanted: NodeSettings) -> None:
    async with Node.running(wanted):
        pass


def refusal(wanted: NodeSettings) -> str:
    with pytest.raises(StoreUnusable) as refused:
        asyncio.run(start_and_stop(wanted))
    text = str(refused.value)
    assert "\n" not in text
    assert PASSWORD not in text
    assert PASSWORD not in repr(wanted)
    return text


def test_two_nodes_share_a_catalog(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DataDir, "identity", lambda _: "as if they had the same records")

    async def scenario() -> None:
        first = settings(tmp_path / "one", database)
        async with contextlib.AsyncExitStack() as stack:
            one = await stack.enter_async_context(Node.running(first))
            second = replace(
                settings(tmp_path / "other", database), key_file=tmp_path / "one" / "master-key"
            )
            other = await stack.enter_async_context(Node.running(second))
            for node in (one, other):
                await node.follower.renew()
            assert one.members.holds()
            assert other.members.holds()
            assert other.members.count() == 2
            assert await one.catalog.secret("token-key", 32) == await other.catalog.secret(
                "token-key", 32
            )

    asyncio.run(scenario())


def test_another_master_key_is_refused(tmp_path: Path, database: str) -> None:
    asyncio.run(start_and_stop(settings(tmp_path / "one", database)))
    text = refusal(settings(tmp_path / "other", database))
    assert re.search(r"the master key of .*other/master-key .* is not the one of the other", text)


def test_another_root_key_is_refused(tmp_path: Path, database: str) -> None:
    first = settings(tmp_path / "one", database)
    asyncio.run(start_and_stop(first))
    text = refusal(replace(first, root_key=("AKIAROOT", "wrong-secret")))
    assert "the root key of" in text
    assert "wrong-secret" not in text


def test_a_server_that_does_not_let_us_in_is_told_of_without_the_password(
    tmp_path: Path, postgres: PostgresServer, database: str
) -> None:
    for url, said in (
        (postgres.url("none"), 'database "none" does not exist'),
        (database.replace(PASSWORD, "wrong"), "password authentication failed"),
        (database.replace(f":{postgres.port}", ":1"), "Connection refused"),
        (f"{database}?sslmode=require", "does not support SSL"),
    ):
        assert said in refusal(settings(tmp_path / "node", url))


def test_a_database_of_something_else_is_refused(
    tmp_path: Path, postgres: PostgresServer, database: str
) -> None:
    postgres.execute("CREATE TABLE customers (name text)", database)
    assert "is not a catalog of Shardline" in refusal(settings(tmp_path / "node", database))
    # A schema of its own is none of anybody else's
    asyncio.run(start_and_stop(settings(tmp_path / "other", f"{database}?schema=shardline")))
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = "
    assert postgres.execute(f"{tables}'public'", database) == [(1,)]
    assert postgres.execute(f"{tables}'shardline'", database)[0][0] > 10


def test_a_directory_without_the_records_of_the_catalog_is_refused(
    tmp_path: Path, database: str
) -> None:
    asyncio.run(start_and_stop(settings(tmp_path / "one", database)))
    elsewhere = replace(
        settings(tmp_path / "other", database), key_file=tmp_path / "one" / "master-key"
    )
    assert "are in another data directory than" in refusal(elsewhere)
    asyncio.run(start_and_stop(settings(tmp_path / "one", database)))
