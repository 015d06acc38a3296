"""Opens the catalog of a data directory, beside a server that runs or without one."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from shardline.cli import Failure
from shardline.cli.client import serve_line
from shardline.masterkey import MasterKey, load_master
from shardline.storage.catalog import SqlCatalog
from shardline.storage.catalog_port import Catalog
from shardline.storage.datadir import DataDir
from shardline.storage.record_log import StorageError

Result = TypeVar("Result")


def with_catalog(
    path: Path, key_file: Path | None, work: Callable[[Catalog, MasterKey], Awaitable[Result]]
) -> Result:
    """Do some work with the catalog and the master key of a data directory. Raises `Failure`."""

    async def main() -> Result:
        data_dir = DataDir(path)
        if not data_dir.catalog.exists():
            raise Failure(f"{path} has no catalog: start a server once, `{serve_line(path)}`")
        catalog = await SqlCatalog.open(data_dir.catalog)
        try:
            master_file = key_file or data_dir.master_key
            master = load_master(master_file, needed=await catalog.master_key())
            if master is None:
                raise Failure(f"there is no master key file {master_file}: start a server once")
            return await work(catalog, master)
        finally:
            await catalog.close()

    try:
        return asyncio.run(main())
    except StorageError as error:
        raise Failure(str(error)) from error
