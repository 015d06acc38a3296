"""A process that is killed loses nothing that it acknowledged, and leaves no half of a change."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest

from shardline.storage.catalog import SqlCatalog
from shardline.storage.entities import Stream

pytestmark = pytest.mark.slow

WRITER = Path(__file__).with_name("catalog_writer.py")
STREAM = Stream(
    id="stream-1",
    account="000000000000",
    region="us-east-1",
    name="flights",
    created_ms=1_700_000_000_000,
    mode="PROVISIONED",
    status="ACTIVE",
    retention_hours=24,
    max_record_kib=1024,
    shards=(),
)


async def only_stream(path: Path) -> Stream:
    catalog = await SqlCatalog.open(path)
    (stream,) = await catalog.streams()
    await catalog.close()
    return stream


def killed_writers_last_word(path: Path, acknowledgements: int) -> int:
    """Kill a writer after so many acknowledgements; answer the last version that it said."""
    command = [sys.executable, str(WRITER), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        try:
            said = [writer.stdout.readline() for _ in range(acknowledgements)]
        finally:
            writer.kill()
        said += writer.stdout.readlines()
    return int([line for line in said if line.endswith(b"\n")][-1])


def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"

    async def make() -> None:
        catalog = await SqlCatalog.open(path)
        await catalog.insert(STREAM)
        await catalog.close()

    asyncio.run(make())
    chance = random.Random(20240229)
    for _ in range(5):
        acknowledged = killed_writers_last_word(path, chance.randint(1, 60))
        stream = asyncio.run(only_stream(path))
        # At most the one change that nobody heard of yet came after the last word
        assert acknowledged <= stream.version <= acknowledged + 1
        # And every row of the stream is of that one change
        assert stream.tags == (("version", str(stream.version)),)
        assert {shard.end for shard in stream.shards} == {stream.version}
        assert stream.shards[-1].number == stream.version
