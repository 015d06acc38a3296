"""A node that is a worker: what its parent has made and owns, it uses and leaves alone."""

import asyncio
import contextlib
import itertools
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shardline.node import Node
from shardline.node.stores import owned
from shardline.settings import NodeSettings, StreamAtStart
from shardline.storage.members import Place, make_places
from shardline.storage.record_log import StoreUnusable

STREAM = (StreamAtStart("flights", 2),)


@contextlib.asynccontextmanager
async def a_place() -> AsyncIterator[Place]:
    (place,) = make_places(1)
    try:
        yield place
    finally:
        for descriptor in {*place.descriptors()}:
            os.close(descriptor)


def test_a_worker_uses_what_its_parent_owns(tmp_path: Path) -> None:
    async def scenario() -> None:
        settings = NodeSettings(data_dir=tmp_path / "data", port=0, streams=STREAM)
        async with a_place() as place, owned(settings) as data_dir:
            made = {each: each.read_bytes() for each in (data_dir.root_key, data_dir.master_key)}
            async with Node.running(settings, place=place) as node:
                assert node.root_key.access_key in made[data_dir.root_key].decode()
                assert not data_dir.node_file.exists()
                assert node.members.holds()
                assert node.members.is_on_duty()
                assert node.book.named(settings.account, settings.region, "flights") is not None
            assert not node.members.holds()
            assert {each: each.read_bytes() for each in made} == made
            # The directory is still the parent's
            with pytest.raises(StoreUnusable, match="in use by another server"):
                async with Node.running(settings):
                    pass
            # And a worker that takes the place finds what the first one left
            async with Node.running(settings, place=place) as node:
                assert node.book.named(settings.account, settings.region, "flights") is not None

    asyncio.run(scenario())


def test_a_worker_without_a_lease_refuses_and_goes_on_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        settings = NodeSettings(data_dir=tmp_path / "data", port=0)
        async with (
            a_place() as place,
            owned(settings),
            Node.running(settings, place=place) as node,
            httpx.AsyncClient(base_url=node.endpoint) as client,
        ):
            for holds, expected in ((True, 200), (False, 503), (True, 200)):
                with monkeypatch.context() as patch:
                    if not holds:
                        # Each look at the clock is two seconds after the last: no lease holds.
                        clock = itertools.count(1 << 62, 2_000_000_000)
                        patch.setattr(node.members, "_now_ns", clock.__next__)
                    health = await client.get("/_shardline/health")
                    alive = await client.get("/_shardline/alive")
                    metrics = await client.get("/_shardline/metrics")
                assert (health.status_code, alive.status_code) == (expected, 200)
                assert f"\nshardline_serving {float(holds)}\n" in metrics.text

    asyncio.run(scenario())


def test_without_a_data_directory_there_are_no_workers(tmp_path: Path) -> None:
    async def scenario() -> None:
        settings = NodeSettings(data_dir=None, port=0, root_key=("AKIA", "secret"))
        with pytest.raises(ValueError, match="workers need a data directory"):
            async with owned(settings):
                pass
        async with a_place() as place:
            with pytest.raises(ValueError, match="a node needs a data directory"):
                async with Node.running(settings, place=place):
                    pass

    asyncio.run(scenario())
