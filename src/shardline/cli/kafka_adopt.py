"""What `shardline kafka adopt` does: looks at a topic, and adds a stream to the catalog."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from shardline.cli import Failure
from shardline.cli.catalog import open_catalog, owner_of
from shardline.clock import SystemClock
from shardline.kinesis.adopted import adopted_stream
from shardline.kinesis.book import new_stream_id
from shardline.storage.catalog_port import Catalog, NameTaken
from shardline.storage.kafka_log.topics import Topic, look
from shardline.storage.kafka_log.url import parse
from shardline.storage.record_log import StorageError


@dataclass(frozen=True, slots=True)
class Where:
    """Which Kafka and catalog, and whose stream in it; None is what the server here says."""

    log_url: str
    catalog_url: str | None
    data_dir: Path
    account_id: str | None
    region: str | None


def adopt_topic(where: Where, topic: str, name: str) -> int:
    """Make a topic a stream; answer how many shards it has. Raises `Failure`."""

    async def main() -> int:
        async with open_catalog(where.data_dir, where.catalog_url, " --log …") as catalog:
            found = await look(parse(where.log_url, os.environ), topic)
            await _require_kafka(catalog, found)
            await _adopt(catalog, where, topic, found, name)
        return found.partitions

    try:
        return asyncio.run(main())
    except StorageError as error:
        raise Failure(str(error)) from error


async def _require_kafka(catalog: Catalog, found: Topic) -> None:
    """Refuse a catalog whose servers do not use this Kafka."""
    said = await catalog.said_for_all("records")
    if said is None:
        raise Failure("no server has used this catalog yet: start one once, with --log")
    if said != found.kafka:
        raise Failure(
            f"the records of this catalog's streams are in {said}, not in {found.kafka}: a topic "
            "can be adopted where serve is told the same --log"
        )


async def _adopt(catalog: Catalog, where: Where, topic: str, found: Topic, name: str) -> None:
    account, region = owner_of(where.data_dir, where.account_id, where.region)
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
