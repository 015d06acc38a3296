"""A server that is told to stop gives clients time to go over to the others, if there are any."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from shardline.node import Node
from shardline.node import node as module
from shardline.settings import NodeSettings

NEVER_S = 1_000.0
Body = Callable[[Node, httpx.AsyncClient], Awaitable[None]]


@pytest.fixture(autouse=True)
def leaving_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAVE_S", NEVER_S)


def on_a_node(directory: Path, body: Body, drain_s: int = 3_600) -> None:
    async def main() -> None:
        settings = NodeSettings(data_dir=directory / "data", port=0, drain_s=drain_s)
        async with (
            Node.running(settings) as node,
            httpx.AsyncClient(base_url=node.endpoint) as client,
        ):
            await body(node, client)

    asyncio.run(main())


def test_one_of_several_says_that_it_ends_and_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body(node: Node, client: httpx.AsyncClient) -> None:
        monkeypatch.setattr(node.members, "count", lambda: 2)
        assert (await client.get("/_shardline/health")).status_code == 200
        # When
        leaving = asyncio.create_task(node.leave_to_others())
        await asyncio.sleep(0)
        # Then
        health, alive, call = [
            await client.request(method, path)
            for method, path in (
                ("GET", "/_shardline/health"),
                ("GET", "/_shardline/alive"),
                ("POST", "/"),
            )
        ]
        assert (health.status_code, health.json()["reason"]) == (503, "it is about to stop")
        assert (alive.status_code, call.status_code) == (200, 400)  # who calls has not signed
        assert call.headers["connection"] == "close"
        assert not leaving.done()
        leaving.cancel()

    on_a_node(tmp_path, body)


def test_it_takes_no_longer_than_requests_have_to_finish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body(node: Node, client: httpx.AsyncClient) -> None:
        monkeypatch.setattr(node.members, "count", lambda: 2)
        await asyncio.wait_for(node.leave_to_others(), 10)

    on_a_node(tmp_path, body, drain_s=0)


def test_one_that_is_alone_stops_at_once(tmp_path: Path) -> None:
    async def body(node: Node, client: httpx.AsyncClient) -> None:
        await asyncio.wait_for(node.leave_to_others(), 10)
        assert (await client.get("/_shardline/health")).status_code == 200

    on_a_node(tmp_path, body)
