"""Opens a catalog, of a data directory or on a server, beside servers that run or without them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeVar

from shardline.cli import Failure
from shardline.cli.client import serve_line
from shardline.masterkey import MasterKey, load_master
from shardline.settings import DEFAULT_ACCOUNT, DEFAULT_REGION
from shardline.storage.catalog import SqlCatalog
from shardline.storage.catalog_port import Catalog
from shardline.storage.datadir import DataDir
from shardline.storage.postgres import PostgresUrl
from shardline.storage.record_log import StorageError

Result = TypeVar("Result")


def owner_of(path: Path, account_id: str | None, region: str | None) -> tuple[str, str]:
    """An account and region; what is not given is that of the data directory's running server."""
    node = DataDir(path).read_node_file()
    account = account_id or (node.account if node else DEFAULT_ACCOUNT)
    return account, region or (node.region if node else DEFAULT_REGION)


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
    key_file = key_file or DataDir(path).master_key

    async def main() -> Result:
        async with open_catalog(path, catalog_url) as catalog:
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


def open_catalog(
    path: Path, catalog_url: str | None, options: str = ""
) -> AbstractAsyncContextManager[Catalog]:
    """The catalog of a data directory, or on the server that a URL names.

    `options` are those of the `serve` that would make it. Raises `Failure`, `StorageError`.
    """
    return _of_directory(path, options) if catalog_url is None else _on_server(catalog_url)


@asynccontextmanager
async def _of_directory(path: Path, options: str) -> AsyncIterator[Catalog]:
    file = DataDir(path).catalog
    if not file.exists():
        line = f"{serve_line(path)}{options}"
        raise Failure(f"{path} has no catalog: start a server once, `{line}`")
    catalog = await SqlCatalog.open(file)
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
