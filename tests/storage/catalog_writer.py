"""Changes a stream for ever, saying each version that was acknowledged; made to be killed."""

import asyncio
import dataclasses
import os
import sys
from pathlib import Path

from shardline.storage.catalog import SqlCatalog
from shardline.storage.entities import Shard


async def main(path: Path) -> None:
    catalog = await SqlCatalog.open(path)
    (stream,) = await catalog.streams()
    while True:
        version = stream.version + 1
        # Every shard is changed, one is added, and an old one falls away
        shards = [dataclasses.replace(shard, end=version) for shard in stream.shards[-19:]]
        shards.append(Shard(version, 0, 0, 0, end=version))
        stream = await catalog.update(
            dataclasses.replace(stream, shards=tuple(shards), tags=(("version", str(version)),))
        )
        os.write(sys.stdout.fileno(), f"{version}\n".encode())


asyncio.run(main(Path(sys.argv[1])))
