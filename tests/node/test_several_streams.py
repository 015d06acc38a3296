"""Streams of several processes over one catalog: what one was told of, all know."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from node.several_support import Worker, described, workers
from shardline.gateway.errors import ServiceError
from shardline.kinesis.shelf import LiveStream
from shardline.storage.catalog import SqlCatalog
from shardline.storage.entities import Stream
from shardline.testing import ManualClock

NAME = "flights"


def live(worker: Worker, name: str = NAME) -> LiveStream:
    found = worker.book.named("000000000000", "us-east-1", name)
    assert found is not None
    return found


def test_a_stream_is_known_everywhere_when_create_returns_and_gone_when_delete_does(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with workers(3, tmp_path) as nodes:
            for number, node in enumerate(nodes):
                name = f"{NAME}-{number}"
                await node.call("CreateStream", StreamName=name, ShardCount=2)
                for each in nodes:
                    assert (await described(each, name))["StreamStatus"] == "ACTIVE"
            told: list[str] = []
            there = [live(each, f"{NAME}-0") for each in nodes]
            for number, each in enumerate(there):
                each.watchers.add(lambda number=number: told.append(str(number)))
            await nodes[1].call("DeleteStream", StreamName=f"{NAME}-0")
            assert [each.gone for each in there] == [True] * 3
            assert {"0", "1", "2"} <= set(told)  # subscriptions end by this
            for each in nodes:
                with pytest.raises(ServiceError, match="ResourceNotFound"):
                    await described(each, f"{NAME}-0")
            # And the name can be used again, through whichever process
            await nodes[2].call("CreateStream", StreamName=f"{NAME}-0", ShardCount=1)
            assert [(await described(each, f"{NAME}-0"))["OpenShardCount"] for each in nodes] == [
                1
            ] * 3

    asyncio.run(scenario())


def test_of_those_who_make_one_stream_at_once_one_does_and_all_find_it(tmp_path: Path) -> None:
    async def create(node: Worker, others: list[Worker]) -> str:
        try:
            await node.call("CreateStream", StreamName=NAME, ShardCount=1)
        except ServiceError as error:
            # Whoever is told that it exists can use it, through any process
            for each in others:
                await described(each, NAME)
            return error.code
        return "made"

    async def scenario() -> None:
        async with workers(3, tmp_path) as nodes:
            outcomes = await asyncio.gather(*(create(node, nodes) for node in nodes))
            assert sorted(outcomes) == ["ResourceInUseException"] * 2 + ["made"]
            assert len({live(node).stream.id for node in nodes}) == 1

    asyncio.run(scenario())


def test_changes_that_meet_are_all_made(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with workers(3, tmp_path) as nodes:
            await nodes[0].call("CreateStream", StreamName=NAME, ShardCount=1)
            await asyncio.gather(
                *(
                    node.call("AddTagsToStream", StreamName=NAME, Tags={f"{number}-{part}": "x"})
                    for number, node in enumerate(nodes)
                    for part in range(4)
                )
            )
            values = {live(node).stream for node in nodes}
            assert len(values) == 1
            (stream,) = values
            assert len(stream.tags) == 12

    asyncio.run(scenario())


def test_a_transition_that_is_due_is_completed_once_whoever_looks(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = ManualClock()
        async with workers(3, tmp_path, clock=clock, transition_ms=1000) as nodes:
            await nodes[0].call("CreateStream", StreamName=NAME, ShardCount=1)
            clock.advance(seconds=1)
            # When all look at a stream that was made, and at one that is split
            for status, shards in (("ACTIVE", 1), ("ACTIVE", 3)):
                found = await asyncio.gather(*(described(node, NAME) for node in nodes))
                assert {each["StreamStatus"] for each in found} == {status}
                values = {live(node).stream for node in nodes}
                assert len(values) == 1
                assert len(values.pop().shards) == shards
                if shards == 1:
                    await nodes[1].call(
                        "SplitShard",
                        StreamName=NAME,
                        ShardToSplit="shardId-000000000000",
                        NewStartingHashKey=str(2**127),
                    )
                    assert (await described(nodes[2], NAME))["StreamStatus"] == "UPDATING"
                    clock.advance(seconds=1)
            # And when all look at one that is deleted, it is gone for all
            await nodes[0].call("DeleteStream", StreamName=NAME)
            clock.advance(seconds=1)
            for answer in await asyncio.gather(
                *(described(node, NAME) for node in nodes), return_exceptions=True
            ):
                assert isinstance(answer, ServiceError)
                assert answer.code == "ResourceNotFoundException"
            assert [node.book.all() for node in nodes] == [[], [], []]

    asyncio.run(scenario())


class Noting:
    """A catalog that notes which streams are read."""

    def __init__(self, catalog: SqlCatalog) -> None:
        self.catalog = catalog
        self.read: list[set[str] | None] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.catalog, name)

    async def streams(self, ids: Any = None) -> list[Stream]:
        self.read.append(None if ids is None else set(ids))
        return list(await self.catalog.streams(ids))


def test_only_what_others_changed_is_read(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with workers(2, tmp_path, catalog_of=Noting) as (mine, theirs):
            for number in range(5):
                await theirs.call("CreateStream", StreamName=f"{NAME}-{number}", ShardCount=1)
            changed = live(mine, f"{NAME}-3").stream.id
            mine.catalog.read.clear()  # type: ignore[attr-defined]
            theirs.catalog.read.clear()  # type: ignore[attr-defined]
            await theirs.call("AddTagsToStream", StreamName=f"{NAME}-3", Tags={"a": "b"})
            await mine.follower.renew()
            await theirs.follower.renew()
            assert mine.catalog.read == [{changed}]  # type: ignore[attr-defined]
            assert theirs.catalog.read == []  # type: ignore[attr-defined]

    asyncio.run(scenario())


def test_who_was_away_for_too_long_looks_at_all_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shardline.storage.catalog.change_statements.REMEMBERED", 2)

    async def scenario() -> None:
        async with workers(2, tmp_path, catalog_of=Noting) as (mine, theirs):
            for name in ("stays", "goes", "changes"):
                await theirs.call("CreateStream", StreamName=name, ShardCount=1)
            await mine.stall()
            await mine.members.leave()  # else the others would wait for it
            await theirs.call("DeleteStream", StreamName="goes")
            await theirs.call("AddTagsToStream", StreamName="changes", Tags={"a": "b"})
            await theirs.call("CreateStream", StreamName="comes", ShardCount=1)
            mine.catalog.read.clear()  # type: ignore[attr-defined]
            await mine.follower.renew()
            names = {each.stream.name for each in mine.book.all()}
            assert names == {"stays", "changes", "comes"}
            assert live(mine, "changes").stream == live(theirs, "changes").stream
            (read,) = mine.catalog.read  # type: ignore[attr-defined]
            assert live(mine, "stays").stream.id not in read

    asyncio.run(scenario())


def test_what_was_read_before_a_stream_ended_does_not_bring_it_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with workers(1, tmp_path, catalog_of=Noting) as (node,):
            await node.call("CreateStream", StreamName=NAME, ShardCount=1)
            old = live(node).stream
            await node.call("AddTagsToStream", StreamName=NAME, Tags={"a": "b"})
            new = live(node).stream
            node.book._following.take_over(old)
            assert live(node).stream == new
            await node.call("DeleteStream", StreamName=NAME)
            node.book._following.take_over(new)
            assert node.book.all() == []

    asyncio.run(scenario())


def test_shards_that_were_made_for_a_stream_that_is_gone_do_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process is slow to complete CREATING, while another does that, and deletes the stream."""

    async def scenario() -> None:
        clock = ManualClock()
        async with workers(2, tmp_path, clock=clock, transition_ms=1000) as (slow, other):
            await other.call("CreateStream", StreamName=NAME, ShardCount=1)
            stream = live(slow).stream
            clock.advance(seconds=1)
            log = slow.records
            create, called = log.create, asyncio.Event()

            async def after_the_end(stream_id: str, shards: Any) -> None:
                if not called.is_set():
                    called.set()
                    await ended.wait()
                await create(stream_id, shards)

            monkeypatch.setattr(log, "create", after_the_end)
            ended = asyncio.Event()
            looking = asyncio.create_task(described(slow, NAME))
            await called.wait()
            await other.call("DeleteStream", StreamName=NAME)
            clock.advance(seconds=1)
            with pytest.raises(ServiceError, match="ResourceNotFound"):
                await described(other, NAME)
            ended.set()
            with pytest.raises(ServiceError, match="ResourceNotFound"):
                await looking
            await slow.book.finish()
            assert stream.id not in log._streams  # type: ignore[attr-defined]

    asyncio.run(scenario())
