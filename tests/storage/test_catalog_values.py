"""Any value of a stream can be stored after any other, by any of the catalogs on one file."""

import asyncio
import dataclasses
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from example_counts import examples
from shardline.storage.catalog import SqlCatalog
from shardline.storage.entities import Consumer, Pending, Shard, Stream, StreamKey

LAST_HASH = 2**128 - 1


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
        shards=(Shard(0, 0, LAST_HASH, 1_700_000_000),),
    )
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


numbers = st.integers(min_value=0, max_value=2**63 - 1)
hashes = st.integers(min_value=0, max_value=LAST_HASH)
small = st.integers(min_value=0, max_value=2**31 - 1)
shards = st.builds(
    Shard,
    number=small,
    hash_start=hashes,
    hash_end=hashes,
    created_s=numbers,
    parent=st.none() | small,
    adjacent_parent=st.none() | small,
    closed_ms=st.none() | numbers,
    end=st.none() | numbers,
)
shard_tuples = st.lists(shards, max_size=6, unique_by=lambda shard: shard.number).map(
    lambda found: tuple(sorted(found, key=lambda shard: shard.number))
)
consumers = st.builds(
    Consumer,
    name=st.text(max_size=5),
    created_ms=numbers,
    status=st.sampled_from(["CREATING", "ACTIVE", "DELETING"]),
    due_ms=numbers,
    tags=st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=2).map(tuple),
    policy=st.none() | st.text(max_size=5),
)
values = st.builds(
    a_stream,
    mode=st.sampled_from(["PROVISIONED", "ON_DEMAND"]),
    status=st.sampled_from(["CREATING", "ACTIVE", "UPDATING", "DELETING"]),
    retention_hours=small,
    max_record_kib=small,
    shards=shard_tuples,
    shard_metrics=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    tags=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=4).map(
        lambda found: tuple(sorted(found.items()))
    ),
    reshards_ms=st.lists(numbers, max_size=3).map(tuple),
    mode_switches_ms=st.lists(numbers, max_size=3).map(tuple),
    distribution=st.sampled_from(["USER_PARTITION_KEY", "AUTO"]),
    warm_mibps=st.none() | small,
    key_id=st.none() | st.text(max_size=5),
    key_changes_ms=st.lists(numbers, max_size=3).map(tuple),
    keys=st.dictionaries(small, st.binary(max_size=5), max_size=3).map(
        lambda found: tuple(StreamKey(n, f"kms-{n}", key) for n, key in sorted(found.items()))
    ),
    policy=st.none() | st.text(max_size=5),
    topic=st.none() | st.text(max_size=5),
    consumers=st.lists(consumers, max_size=4, unique_by=lambda consumer: consumer.name).map(
        lambda found: tuple(sorted(found, key=lambda consumer: consumer.name))
    ),
    pending=st.none()
    | st.builds(
        Pending,
        event=st.text(max_size=9),
        due_ms=numbers,
        parents=st.lists(small, max_size=3).map(tuple),
        children=shard_tuples,
    ),
)


@given(steps=st.lists(st.tuples(values, st.integers(0, 1)), min_size=1, max_size=5))
@settings(max_examples=examples(25), deadline=None)
def test_any_value_follows_any_other(steps: list[tuple[Stream, int]]) -> None:
    neighbour = a_stream(id="stream-0", name="neighbour", tags=(("a", "b"),))

    async def scenario(path: Path) -> None:
        async with AsyncExitStack() as stack:
            # Given two catalogs that write, so that what one remembers may be old, and a reader
            first, second, reader = [await SqlCatalog.open(path) for _ in range(3)]
            for catalog in (first, second, reader):
                stack.push_async_callback(catalog.close)
            await first.insert(neighbour)
            await first.insert(a_stream())
            for version, (value, writer) in enumerate(steps):
                # When one of them stores a value
                stored = await (first, second)[writer].update(
                    dataclasses.replace(value, version=version)
                )
                # Then that is what the reader sees, and its neighbour is as it was
                assert stored == dataclasses.replace(value, version=version + 1)
                found = {stream.id: stream for stream in await reader.streams()}
                assert found == {neighbour.id: neighbour, stored.id: stored}

    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(scenario(Path(directory) / "catalog.db"))
