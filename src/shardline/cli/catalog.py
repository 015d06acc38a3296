"""Opens a catalog, of a data directory or on a server, beside servers that run or without them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from shardline.cli import Failure
from shardline.cli.client import serve_line
from shardline.masterkey import MasterKey, load_master
from shardline.storage.catalog import SqlCatalog
from shardline.storage.catalog_port import Catalog
from shardline.storage.datadir import DataDir
from shardline.storage.postgres import PostgresUrl
from shardline.storage.record_log import StorageError

Result = TypeVar("Result")


def with_catalog(
    path: Path,
    key_file: Path | None,
    catalog_url: str | None,
    work: Callable[[Catalog, MasterKey], Awaitable[Result]],
) -> Result:
    """Do some work with a catalog and its master key.

    They are those of the data directory; a catalog on a server is named by its URL. What is changed
    there every gateway has seen, or serves no more, when this returns. Raises `Failure`.
    """
    data_dir = DataDir(path)
    key_file = key_file or data_dir.master_key

    async def main() -> Result:
        opening = _of_directory(data_dir) if catalog_url is None else _on_server(catalog_url)
        async with opening as catalog:
            needed = await catalog.master_key()
            if catalog_url is not None:
                needed = await catalog.said_for_all("master key") or needed
            master = load_master(key_file, needed=needed)
            if master is None:
                raise Failure(f"there is no master key file {key_file}: start a server once")
            return await work(catalog, master)

    try:
        return asyncio.run(main())
    except StorageError as error:
        raise Failure(str(error)) from error


@asynccontextmanager
async def _of_directory(data_dir: DataDir) -> AsyncIterator[Catalog]:
    if not data_dir.catalog.exists():
        path = data_dir.path
        raise Failure(f"{path} has no catalog: start a server once, `{serve_line(path)}`")
    catalog = await SqlCatalog.open(data_dir.catalog)
    try:
        yield catalog
    finally:
        await catalog.close()


@asynccontextmanager
async def _on_server(url: str) -> AsyncIterator[Catalog]:
    """As a member that holds no lease: it waits for the others, and none waits for it."""
    from shardline.storage.members.postgres import PostgresMembers

    place = PostgresUrl.parse(url)
    members = PostgresMembers(place)
    catalog = await SqlCatalog.connect(place, members, as_it_is=True)
    try:
        await members.join()
        yield catalog
    finally:
        await catalog.close()
        await members.close()
