"""Where shards lie in Kafka: every store of it keeps the same promises."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from catalog_support import PLACES, SHARED, Place, open_catalog, place_of
from shardline.storage.catalog import SqlCatalog
from shardline.storage.entities import Shard, Stream
from shardline.storage.range_port import (
    MemoryRanges,
    Range,
    RangesChanged,
    RangeStore,
    StreamRanges,
)

Scenario = Callable[[RangeStore], Awaitable[None]]
A, B = Range(0, 0, 0), Range(1, 5, 7, sealing=True, end=90, last_ms=1_795_700_708_346)


@pytest.fixture(params=["own memory", *PLACES])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Scenario], None]:
    """Run a scenario on an empty store."""
    place = None if request.param == "own memory" else place_of(request, tmp_path)

    def run_scenario(scenario: Scenario) -> None:
        async def on_store() -> None:
            if request.param == "own memory":
                await scenario(MemoryRanges())
                return
            catalog = await open_catalog(place)
            try:
                await scenario(catalog)
            finally:
                await catalog.close()

        asyncio.run(on_store())

    return run_scenario


def test_what_was_kept_is_found(run: Callable[[Scenario], None]) -> None:
    async def scenario(store: RangeStore) -> None:
        assert await store.ranges("s") is None
        assert await store.keep_ranges("s", 0, {0: A, 1: B}) == 1
        assert await store.ranges("s") == StreamRanges(1, {0: A, 1: B})
        sealed = replace(A, sealing=True)
        assert await store.keep_ranges("s", 1, {0: sealed, 2**33: B}) == 2
        assert await store.ranges("s") == StreamRanges(2, {0: sealed, 1: B, 2**33: B})
        assert await store.ranges("t") is None

    run(scenario)


@pytest.mark.parametrize("seen", [0, 1, 3])
def test_who_saw_another_state_changes_nothing(run: Callable[[Scenario], None], seen: int) -> None:
    async def scenario(store: RangeStore) -> None:
        await store.keep_ranges("s", 0, {0: A})
        await store.keep_ranges("s", 1, {1: B})
        kept = await store.ranges("s")
        with pytest.raises(RangesChanged):
            await store.keep_ranges("s", seen, {0: B})
        assert await store.ranges("s") == kept
        with pytest.raises(RangesChanged):
            await store.keep_ranges("t", 1, {0: B})
        assert await store.ranges("t") is None

    run(scenario)


def test_what_was_removed_is_gone(run: Callable[[Scenario], None]) -> None:
    async def scenario(store: RangeStore) -> None:
        await store.keep_ranges("s", 0, {0: A})
        await store.keep_ranges("t", 0, {0: B})
        await store.remove_ranges("s")
        await store.remove_ranges("s")
        assert await store.ranges("s") is None
        assert await store.ranges("t") == StreamRanges(1, {0: B})

    run(scenario)


def test_an_adopted_stream_has_the_partitions_of_its_topic(
    run: Callable[[Scenario], None],
) -> None:
    shards = tuple(Shard(number, 0, 2**128 - 1, 1_700_000_000) for number in range(2))
    stream = Stream(
        id="s",
        account="000000000000",
        region="us-east-1",
        name="orders",
        created_ms=1_700_000_000_123,
        mode="PROVISIONED",
        status="ACTIVE",
        retention_hours=24,
        max_record_kib=1024,
        shards=shards,
        topic="their.orders",
    )

    async def scenario(store: RangeStore) -> None:
        if isinstance(store, SqlCatalog):
            await store.insert(stream)
            await store.insert(replace(stream, id="t", name="ours", topic=None))
        else:
            assert isinstance(store, MemoryRanges)
            store.adopt("s", "their.orders", (0, 1))
        found = await store.ranges("s")
        assert found is not None
        assert found.topic == "their.orders"
        whole = {number: Range(number, 0, 0, sealing=True) for number in range(2)}
        assert dict(found.shards) == whole
        assert found.version > 0
        # Nothing is changed of one, nor is one made of a stream that is there
        with pytest.raises(RangesChanged):
            await store.keep_ranges("s", found.version, {0: A})
        assert await store.ranges("t") is None

    run(scenario)


@pytest.fixture(params=SHARED)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for two catalogs."""
    return place_of(request, tmp_path)


def test_of_many_at_once_one_is_first_and_all_are_told(place: Place) -> None:
    async def scenario() -> None:
        catalogs: list[SqlCatalog] = [await open_catalog(place) for _ in range(2)]
        before = [await each.last_change() for each in catalogs]
        for version in range(4):
            done = await asyncio.gather(
                *(each.keep_ranges("s", version, {n: A}) for n, each in enumerate(catalogs * 3)),
                return_exceptions=True,
            )
            assert sum(isinstance(each, RangesChanged) for each in done) == 5
            changes = [await each.changed_since(0) for each in catalogs]
            assert all(each.number == before[0] + version + 1 for each in changes)
        await catalogs[0].remove_ranges("s")
        changed = await catalogs[1].changed_since(before[1])
        assert changed.ids("ranges") == {"s"}
        for each in catalogs:
            await each.close()

    asyncio.run(scenario())
