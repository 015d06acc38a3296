"""A node's keys: root's access key, and the one that wraps all others."""

from pathlib import Path

from shardline.masterkey import MasterKey, load_or_create_master
from shardline.rootkey import RootKey, load_or_create
from shardline.settings import NodeSettings
from shardline.storage.catalog_port import Catalog
from shardline.storage.datadir import DataDir
from shardline.storage.record_log import StoreUnusable


async def open_keys(
    settings: NodeSettings, data_dir: DataDir, catalog: Catalog
) -> tuple[RootKey, MasterKey]:
    """The keys, which are made where there are none yet. Raises `StoreUnusable`.

    Every gateway of a catalog on a server needs the same ones.
    """
    root_key = load_or_create(data_dir.root_key, given=settings.root_key)
    key_file = settings.key_file or data_dir.master_key
    master = load_or_create_master(key_file, needed=await catalog.master_key())
    if settings.catalog_url is not None:
        await _require_same(catalog, "master key", master.fingerprint, key_file)
        await _require_same(catalog, "root key", root_key.fingerprint, data_dir.root_key)
    return root_key, master


async def _require_same(catalog: Catalog, what: str, ours: str, file: Path) -> None:
    """Refuse a key that is not that of the other gateways. Raises `StoreUnusable`."""
    theirs = await catalog.same_for_all(what, ours)
    if theirs != ours:
        raise StoreUnusable(
            f"the {what} of {file} (fingerprint {ours}) is not the one of the other gateways of "
            f"this catalog ({theirs}): every gateway needs the same {what}; copy theirs"
        )
