"""What `shardline kafka adopt` does: looks at a topic, and adds a stream to the catalog."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from shardline.cli import Failure
from shardline.cli.client import serve_line
from shardline.clock import SystemClock
from shardline.kinesis.adopted import adopted_stream
from shardline.kinesis.book import new_stream_id
from shardline.node.stores import on_server
from shardline.settings import DEFAULT_ACCOUNT, DEFAULT_REGION
from shardline.storage.catalog import SqlCatalog
from shardline.storage.catalog_port import NameTaken
from shardline.storage.datadir import DataDir
from shardline.storage.kafka_log.topics import Topic, look
from shardline.storage.kafka_log.url import parse
from shardline.storage.postgres import PostgresUrl
from shardline.storage.record_log import StorageError


@dataclass(frozen=True, slots=True)
class Where:
    """Which Kafka and catalog, and whose stream in it; None is what the server here says."""

    log_url: str
    catalog_url: str | None
    data_dir: Path
    account_id: str | None
    region: str | None

    def owner(self) -> tuple[str, str]:
        """The account and region of the stream."""
        node = DataDir(self.data_dir).read_node_file()
        account = self.account_id or (node.account if node else DEFAULT_ACCOUNT)
        return account, self.region or (node.region if node else DEFAULT_REGION)


def adopt_topic(where: Where, topic: str, name: str) -> int:
    """Make a topic a stream; answer how many shards it has. Raises `Failure`."""

    async def main() -> int:
        async with _catalog(where) as catalog:
            found = await look(parse(where.log_url, os.environ), topic)
            await _require_kafka(catalog, found)
            await _adopt(catalog, where, topic, found, name)
        return found.partitions

    try:
        return asyncio.run(main())
    except StorageError as error:
        raise Failure(str(error)) from error


@asynccontextmanager
async def _catalog(where: Where) -> AsyncIterator[SqlCatalog]:
    """The catalog, beside servers that run or without any."""
    async with AsyncExitStack() as stack:
        if where.catalog_url is not None:
            _, catalog, _ = await on_server(PostgresUrl.parse(where.catalog_url), stack)
        else:
            path = DataDir(where.data_dir).catalog
            if not path.exists():
                line = f"{serve_line(where.data_dir)} --log …"
                raise Failure(f"{where.data_dir} has no catalog: start a server once, `{line}`")
            catalog = await SqlCatalog.open(path)
        stack.push_async_callback(catalog.close)
        yield catalog


async def _require_kafka(catalog: SqlCatalog, found: Topic) -> None:
    """Refuse a catalog whose servers do not use this Kafka."""
    said = await catalog.said_for_all("records")
    if said is None:
        raise Failure("no server has used this catalog yet: start one once, with --log")
    if said != found.kafka:
        raise Failure(
            f"the records of this catalog's streams are in {said}, not in {found.kafka}: a topic "
            "can be adopted where serve is told the same --log"
        )


async def _adopt(catalog: SqlCatalog, where: Where, topic: str, found: Topic, name: str) -> None:
    for stream in await catalog.streams():
        if stream.topic == topic:
            raise Failure(
                f"topic {topic} is stream {stream.name} already (account {stream.account}, region "
                f"{stream.region})"
            )
    account, region = where.owner()
    stream = adopted_stream(
        stream_id=new_stream_id(),
        account=account,
        region=region,
        name=name,
        topic=topic,
        topic_id=found.id,
        partitions=found.partitions,
        retention_ms=found.retention_ms,
        now_ms=SystemClock().now_ms(),
    )
    try:
        await catalog.insert(stream)
    except NameTaken as taken:
        raise Failure(
            f"there is a stream {name} already (account {account}, region {region}): give the "
            "topic another name by --stream"
        ) from taken
