"""The stores that a node keeps everything in, the keys to them, and who else uses them.

A *worker* is one of several processes that a parent started on one data directory. The parent owns
the directory and has made what is made once (`owned`); a worker opens what is there, at its place.
A *gateway* is one of several servers, each with a data directory of its own, that have their
catalog on one PostgreSQL server and their records in Kafka.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

from shardline.clock import Clock
from shardline.masterkey import MasterKey
from shardline.node.following import Follow
from shardline.node.keys import open_keys
from shardline.node.records import open_kafka, require_the_records
from shardline.rootkey import RootKey
from shardline.settings import NodeSettings
from shardline.storage.catalog import SqlCatalog
from shardline.storage.catalog_port import Catalog, KeptKind
from shardline.storage.datadir import DataDir
from shardline.storage.members import Alone, Board, Bus, Place
from shardline.storage.members_port import Members, Messages
from shardline.storage.metric_store import MetricStore
from shardline.storage.postgres import PostgresUrl
from shardline.storage.record_log import RecordLog
from shardline.storage.sqlite_log import Sharing, SqliteLog, claimed
from shardline.storage.sqlite_metrics import SqliteMetrics

Memory = Callable[[Clock], tuple[RecordLog, MetricStore]]
"""Makes a log and a metric store for a node that keeps nothing."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Open stores, and the keys: root's access key, and the one that wraps all others.

    `members` are the processes that share the stores; `bus` carries messages between them, if there
    may be several. `follows` are the stores' own followers of what others change.
    """

    root_key: RootKey
    master: MasterKey
    catalog: Catalog
    records: RecordLog
    metrics: MetricStore
    members: Members
    bus: Messages | None = None
    follows: Mapping[KeptKind, Follow] = field(default_factory=dict)


async def open_stores(
    settings: NodeSettings,
    clock: Clock,
    memory: Memory | None,
    stack: contextlib.AsyncExitStack,
    place: Place | None = None,
) -> Stores:
    """Open the stores of a node, or of a worker at its place; `stack` closes them.

    A node without a data directory keeps records and metrics in what `memory` makes. Raises
    `StoreUnusable` or `ValueError` with what would be right.
    """
    if settings.catalog_url is not None and settings.data_dir is None:
        raise ValueError("a node with a catalog on a server needs a data directory for its keys")
    if settings.data_dir is not None and place is not None:
        return await _of_worker(settings, DataDir(settings.data_dir), clock, stack, place)
    if settings.data_dir is not None:
        data_dir = stack.enter_context(DataDir.open(settings.data_dir))
        return await _on_disk(settings, data_dir, clock, stack, Alone())
    if memory is None or place is not None:
        raise ValueError("a node needs a data directory")
    if settings.root_key is None:
        raise ValueError("a node in memory needs a root key")
    records, metrics = memory(clock)
    catalog = await SqlCatalog.open(None)
    for store in (catalog, records, metrics):
        stack.push_async_callback(store.close)
    root_key = RootKey(*settings.root_key)
    return Stores(root_key, MasterKey.random(), catalog, records, metrics, Alone())


@contextlib.asynccontextmanager
async def owned(settings: NodeSettings) -> AsyncIterator[DataDir]:
    """Own the data directory, for workers to be started in: keys and the catalog's tables are made.

    Raises `StoreUnusable`, or `ValueError` without a data directory.
    """
    if settings.data_dir is None:
        raise ValueError("workers need a data directory")
    with DataDir.open(settings.data_dir) as data_dir:
        catalog = await open_catalog(settings, data_dir, Alone())
        try:
            await open_keys(settings, data_dir, catalog)
        finally:
            await catalog.close()
        with claimed(data_dir.path):
            yield data_dir


async def _of_worker(
    settings: NodeSettings,
    data_dir: DataDir,
    clock: Clock,
    stack: contextlib.AsyncExitStack,
    place: Place,
) -> Stores:
    bus = Bus(place)
    bus.open()
    stack.callback(bus.close)
    members = Board(bus, str(data_dir.duties))
    stack.push_async_callback(members.leave)
    return await _on_disk(settings, data_dir, clock, stack, members, bus)


async def _on_disk(
    settings: NodeSettings,
    data_dir: DataDir,
    clock: Clock,
    stack: contextlib.AsyncExitStack,
    members: Members,
    bus: Bus | None = None,
) -> Stores:
    messages: Messages | None = bus
    if settings.catalog_url is None:
        catalog = await open_catalog(settings, data_dir, members)
    else:
        members, catalog, messages = await _on_server(settings, data_dir, stack)
    stack.push_async_callback(catalog.close)
    root_key, master = await open_keys(settings, data_dir, catalog)
    records: RecordLog
    follows: dict[KeptKind, Follow] = {}
    if settings.log_url is None:
        await require_the_records(catalog, settings, data_dir)
        sharing = None if bus is None else Sharing(bus)
        records = await SqliteLog.open(data_dir.path, clock, vfs=settings.log_vfs, sharing=sharing)
    else:
        records = kafka = await open_kafka(settings.log_url, clock, catalog, members)
        follows["ranges"] = kafka.follow
    stack.push_async_callback(records.close)
    metrics = await _metrics(settings, data_dir)
    stack.push_async_callback(metrics.close)
    return Stores(root_key, master, catalog, records, metrics, members, messages, follows)


async def _metrics(settings: NodeSettings, data_dir: DataDir) -> MetricStore:
    """The metrics, which lie where the catalog lies. Raises `StoreUnusable`."""
    if settings.catalog_url is None:
        return await SqliteMetrics.open(data_dir.metrics)
    from shardline.storage.postgres_metrics import PostgresMetrics

    return await PostgresMetrics.open(PostgresUrl.parse(settings.catalog_url))


async def open_catalog(settings: NodeSettings, data_dir: DataDir, members: Members) -> SqlCatalog:
    """The catalog: of the data directory, or on the server that the settings name.

    Raises `StoreUnusable`, and ValueError for an URL that is none.
    """
    if settings.catalog_url is None:
        return await SqlCatalog.open(data_dir.catalog, members)
    return await SqlCatalog.connect(PostgresUrl.parse(settings.catalog_url), members)


async def _on_server(
    settings: NodeSettings, data_dir: DataDir, stack: contextlib.AsyncExitStack
) -> tuple[Members, SqlCatalog, Messages]:
    """The members and the catalog on a server, whose tables come first."""
    from shardline.storage.members.postgres import PostgresMembers

    assert settings.catalog_url is not None
    members = PostgresMembers(PostgresUrl.parse(settings.catalog_url))
    stack.push_async_callback(members.close)
    catalog = await open_catalog(settings, data_dir, members)
    try:
        bus = await members.join()
        members.keep()
    except BaseException:
        await catalog.close()
        raise
    return members, catalog, bus
