"""What `catalog_port` promises, over every implementation of it."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from catalog_support import PLACES, Place, open_catalog, place_of
from shardline.storage.catalog_port import (
    Catalog,
    CatalogError,
    Conflict,
    NameTaken,
    TopicTaken,
)
from shardline.storage.entities import Consumer, Pending, Shard, Stream, StreamKey
from shardline.storage.record_log import StorageError

Scenario = Callable[[Catalog], Awaitable[None]]
LAST_HASH = 2**128 - 1
WHOLE = Shard(0, 0, LAST_HASH, 1_700_000_000)


def a_stream(**changes: object) -> Stream:
    plain = Stream(
        id="stream-1",
        account="000000000000",
        region="us-east-1",
        name="flights",
        created_ms=1_700_000_000_123,
        mode="PROVISIONED",
        status="ACTIVE",
        retention_hours=24,
        max_record_kib=1024,
        shards=(WHOLE,),
    )
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


FULL = a_stream(
    mode="ON_DEMAND",
    status="UPDATING",
    shards=(
        dataclasses.replace(WHOLE, closed_ms=1_700_000_500_000, end=2**63 - 1),
        Shard(1, 0, 2**127 - 1, 1_700_000_001, parent=0),
        Shard(2, 2**127, LAST_HASH, 1_700_000_001, parent=0, adjacent_parent=1),
    ),
    shard_metrics=("IncomingBytes", "OutgoingBytes"),
    tags=(("", "empty key"), ("Team", "x"), ("owner", "Łódź ✈")),
    reshards_ms=(1, 2),
    mode_switches_ms=(3,),
    distribution="AUTO",
    warm_mibps=100,
    key_id="alias/aws/kinesis",
    key_changes_ms=(4, 5),
    keys=(StreamKey(1, "kms-1", b"\x00wrapped"), StreamKey(2, "kms-2", b"")),
    policy='{"Version": "2012-10-17"}',
    topic="orders",
    consumers=(
        Consumer("analytics", 1_700_000_000_500, "ACTIVE", 0, (("team", "Łódź"),), "{}"),
        Consumer("billing", 1_700_000_001_000, "CREATING", 1_700_000_002_000),
    ),
    pending=Pending("reshard", 5, parents=(1, 2), children=(Shard(3, 0, LAST_HASH, 9, 1, 2),)),
    version=7,
)


@pytest.fixture(params=PLACES)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Scenario], None]:
    """Run a scenario on an empty catalog."""
    place = place_of(request, tmp_path)

    def run_scenario(scenario: Scenario) -> None:
        async def on_catalog() -> None:
            catalog = await open_catalog(place)
            try:
                await scenario(catalog)
            finally:
                await catalog.close()

        asyncio.run(on_catalog())

    return run_scenario


def test_a_new_catalog_is_empty(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        assert list(await catalog.streams()) == []

    run(scenario)


@pytest.mark.parametrize("stream", [a_stream(), FULL], ids=["plain", "full"])
def test_an_inserted_stream_comes_back_whole(
    run: Callable[[Scenario], None], stream: Stream
) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.insert(stream)
        assert list(await catalog.streams()) == [stream]

    run(scenario)


def test_shards_and_tags_come_back_sorted(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        # Given a stream whose shards and tags are in another order
        mixed = dataclasses.replace(FULL, shards=FULL.shards[::-1], tags=FULL.tags[::-1], version=0)
        await catalog.insert(mixed)
        # When it is read, or changed
        (read,) = await catalog.streams()
        changed = await catalog.update(mixed)
        # Then they are sorted
        assert (read.shards, read.tags) == (FULL.shards, FULL.tags)
        assert (changed.shards, changed.tags) == (FULL.shards, FULL.tags)

    run(scenario)


def test_a_name_is_taken_once_per_account_and_region(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.insert(a_stream())
        with pytest.raises(NameTaken):
            await catalog.insert(a_stream(id="stream-2"))
        await catalog.insert(a_stream(id="stream-3", region="eu-west-1"))
        await catalog.insert(a_stream(id="stream-4", account="111111111111"))
        assert {stream.id for stream in await catalog.streams()} == {
            "stream-1",
            "stream-3",
            "stream-4",
        }

    run(scenario)


def test_a_topic_is_one_stream_at_a_time(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.insert(a_stream(topic="their.orders"))
        await catalog.insert(a_stream(id="stream-2", name="other", topic="their.Orders"))
        taken = "topic their.orders is stream flights already .account 000000000000, region us-east"
        for more in ({}, {"name": "again"}, {"region": "eu-west-1"}, {"account": "111111111111"}):
            with pytest.raises(TopicTaken, match=taken):
                await catalog.insert(a_stream(id="stream-3", topic="their.orders", **more))
        # Streams that are no topics are as many as they like, and what is gone may come again
        for number in range(3):
            await catalog.insert(a_stream(id=f"ours-{number}", name=f"ours-{number}"))
        await catalog.remove("stream-1")
        await catalog.insert(a_stream(id="stream-3", topic="their.orders"))
        assert len(await catalog.streams()) == 5

    run(scenario)


def test_of_many_that_take_a_topic_at_once_one_has_it(shared: Place) -> None:
    async def scenario() -> None:
        catalogs = [await open_catalog(shared) for _ in range(3)]
        for topic in ("first", "second", "third"):
            done = await asyncio.gather(
                *(
                    each.insert(a_stream(id=f"{topic}-{n}", name=f"{topic}-{n}", topic=topic))
                    for n, each in enumerate(catalogs * 2)
                ),
                return_exceptions=True,
            )
            (name,) = [s.name for s in await catalogs[0].streams() if s.topic == topic]
            assert done.count(None) == 1
            refused = [each for each in done if each is not None]
            assert [type(each) for each in refused] == [TopicTaken] * 5
            assert all(f"is stream {name} already" in str(each) for each in refused)
        for each in catalogs:
            await each.close()

    asyncio.run(scenario())


def test_a_refused_insert_leaves_nothing_behind(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        with pytest.raises(StorageError):
            await catalog.insert(a_stream(shards=(WHOLE, WHOLE)))
        assert list(await catalog.streams()) == []

    run(scenario)


def test_an_id_is_never_used_twice(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.insert(a_stream())
        with pytest.raises(StorageError) as refusal:
            await catalog.insert(a_stream(name="another"))
        assert not isinstance(refusal.value, CatalogError)

    run(scenario)


def test_an_update_replaces_everything_and_counts(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.insert(a_stream(version=7))
        stored = await catalog.update(FULL)
        assert stored == dataclasses.replace(FULL, version=8)
        assert list(await catalog.streams()) == [stored]
        # When it goes back to what it was
        back = await catalog.update(a_stream(version=8))
        assert list(await catalog.streams()) == [back] == [a_stream(version=9)]

    run(scenario)


def test_an_update_from_an_old_version_does_nothing(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.insert(a_stream())
        stored = await catalog.update(a_stream(retention_hours=48))
        with pytest.raises(Conflict):
            await catalog.update(a_stream(tags=(("a", "b"),), shards=()))
        assert list(await catalog.streams()) == [stored]

    run(scenario)


def test_an_update_of_a_removed_stream_is_a_conflict(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.insert(a_stream())
        await catalog.remove("stream-1")
        with pytest.raises(Conflict):
            await catalog.update(a_stream())
        assert list(await catalog.streams()) == []

    run(scenario)


def test_a_removed_stream_is_gone_with_its_shards_and_tags(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario(catalog: Catalog) -> None:
        other = a_stream(id="stream-2", name="other", tags=(("keep", "me"),))
        await catalog.insert(FULL)
        await catalog.insert(other)
        # When it is removed, twice
        await catalog.remove(FULL.id)
        await catalog.remove(FULL.id)
        # Then nothing of it is met by a later stream of that name, and the other one stands
        again = a_stream(name=FULL.name)
        await catalog.insert(again)
        assert {stream.id: stream for stream in await catalog.streams()} == {
            other.id: other,
            again.id: again,
        }

    run(scenario)


def test_a_secret_is_made_once(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        first, second = await asyncio.gather(
            catalog.secret("iterators", 32), catalog.secret("iterators", 32)
        )
        other = await catalog.secret("other", 16)
        assert first == second == await catalog.secret("iterators", 64)
        assert (len(first), len(other)) == (32, 16)
        assert other not in first

    run(scenario)


def test_a_closed_catalog_says_so_and_closes_again(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.insert(a_stream())
        await catalog.close()
        await catalog.close()
        with pytest.raises(StorageError, match="closed"):
            await catalog.streams()

    run(scenario)


def test_a_close_lets_earlier_calls_finish(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.insert(a_stream())
        calls = [asyncio.ensure_future(catalog.update(a_stream(version=n))) for n in range(5)]
        await asyncio.sleep(0)  # lets the calls start
        await catalog.close()
        assert [stream.version for stream in await asyncio.gather(*calls)] == [1, 2, 3, 4, 5]

    run(scenario)
