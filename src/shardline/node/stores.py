"""The stores that a node keeps everything in, and the keys to them."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from shardline.clock import Clock
from shardline.masterkey import MasterKey, load_or_create_master
from shardline.rootkey import RootKey, load_or_create
from shardline.settings import NodeSettings
from shardline.storage.catalog import SqlCatalog
from shardline.storage.catalog_port import Catalog
from shardline.storage.datadir import DataDir
from shardline.storage.members import Place
from shardline.storage.metric_store import MetricStore
from shardline.storage.record_log import RecordLog
from shardline.storage.sqlite_log import SqliteLog
from shardline.storage.sqlite_metrics import SqliteMetrics

Memory = Callable[[Clock], tuple[RecordLog, MetricStore]]
"""Makes a log and a metric store for a node that keeps nothing."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Open stores, and the keys: root's access key, and the one that wraps all others."""

    root_key: RootKey
    master: MasterKey
    catalog: Catalog
    records: RecordLog
    metrics: MetricStore


async def open_stores(
    settings: NodeSettings,
    clock: Clock,
    memory: Memory | None,
    stack: contextlib.AsyncExitStack,
    place: Place | None = None,
) -> Stores:
    """Open the stores of a node; `stack` closes them. Whoever gave it a `place` owns the directory.

    A node without a data directory keeps records and metrics in what `memory` makes. Raises
    `StoreUnusable` or `ValueError` with what would be right.
    """
    if settings.data_dir is not None:
        if place is None:
            stack.enter_context(DataDir.open(settings.data_dir))
        return await _on_disk(settings, DataDir(settings.data_dir), clock, stack)
    if memory is None:
        raise ValueError("a node needs a data directory")
    if settings.root_key is None:
        raise ValueError("a node in memory needs a root key")
    records, metrics = memory(clock)
    catalog = await SqlCatalog.open(None)
    for store in (catalog, records, metrics):
        stack.push_async_callback(store.close)
    root_key = RootKey(*settings.root_key)
    return Stores(root_key, MasterKey.random(), catalog, records, metrics)


async def _on_disk(
    settings: NodeSettings, data_dir: DataDir, clock: Clock, stack: contextlib.AsyncExitStack
) -> Stores:
    root_key = load_or_create(data_dir.root_key, given=settings.root_key)
    catalog = await SqlCatalog.open(data_dir.catalog)
    stack.push_async_callback(catalog.close)
    key_file = settings.key_file or data_dir.master_key
    master = load_or_create_master(key_file, needed=await catalog.master_key())
    records = await SqliteLog.open(data_dir.path, clock, vfs=settings.log_vfs)
    stack.push_async_callback(records.close)
    metrics = await SqliteMetrics.open(data_dir.metrics)
    stack.push_async_callback(metrics.close)
    return Stores(root_key, master, catalog, records, metrics)
