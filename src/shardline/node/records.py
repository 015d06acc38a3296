"""Where a node's records are: in its data directory, or in Kafka. Never in two places."""

import os
from typing import TYPE_CHECKING, Final

from shardline.clock import Clock
from shardline.settings import NodeSettings
from shardline.storage.catalog_port import Catalog
from shardline.storage.datadir import DataDir
from shardline.storage.members_port import Members
from shardline.storage.record_log import StoreUnusable

if TYPE_CHECKING:
    from shardline.storage.kafka_log import KafkaLog

_HERE: Final = "its data directory"  # of a catalog that lies there too; migrations say so as well


async def open_kafka(url: str, clock: Clock, catalog: Catalog, members: Members) -> "KafkaLog":
    """The records in Kafka. Raises `StoreUnusable`, and ValueError for a URL that is none."""
    from shardline.storage.kafka_log import KafkaLog
    from shardline.storage.kafka_log.url import parse

    return await KafkaLog.open(parse(url, os.environ), clock, catalog, members)


async def require_the_records(catalog: Catalog, settings: NodeSettings, data_dir: DataDir) -> None:
    """Refuse a directory that does not hold the records of the catalog's streams.

    Raises `StoreUnusable`.
    """
    ours = _HERE if settings.catalog_url is None else f"data directory {data_dir.identity()}"
    where = await catalog.same_for_all("records", ours)
    if where.startswith("Kafka"):
        raise StoreUnusable(
            f"the records of this catalog's streams are in {where}: give --log as before"
        )
    if where != ours:
        raise StoreUnusable(
            f"the records of this catalog's streams are in another data directory than "
            f"{data_dir.path}: one server at a time can serve them, from that directory"
        )
