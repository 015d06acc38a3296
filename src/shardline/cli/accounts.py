"""What `shardline account` does: changes the identities in the catalog."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from shardline.cli import Failure, names
from shardline.cli.catalog import with_catalog
from shardline.clock import SystemClock
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.identities.keystore import key_context
from shardline.masterkey import MasterKey
from shardline.rootkey import RootKey, random_key
from shardline.storage.catalog_port import Catalog
from shardline.storage.datadir import DataDir
from shardline.storage.identities import AccessKey
from shardline.storage.identity_port import IdentityChange

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Where:
    """Which catalog, and the files of the server that has it."""

    data_dir: Path
    key_file: Path | None
    catalog_url: str | None


def create_account(account_id: str, where: Where) -> dict[str, str]:
    """Make an account; the variables that hold its root key. Raises `Failure`."""
    return _set_root_key(account_id, where, is_new=True)


def renew_root_key(account_id: str, where: Where) -> dict[str, str]:
    """Give an account another root key; the variables that hold it. Raises `Failure`."""
    return _set_root_key(account_id, where, is_new=False)


def list_accounts(where: Where) -> list[tuple[str, str]]:
    """The accounts that have a root key in the catalog, each with its access key."""

    async def work(book: IdentityBook, _: MasterKey) -> list[tuple[str, str]]:
        accounts = [each.identities.account for each in book.accounts()]
        return [(each.account, key.id) for each in accounts for key in each.keys]

    return _with_book(where, work)


def _set_root_key(account_id: str, where: Where, *, is_new: bool) -> dict[str, str]:
    if not names.is_account(account_id):
        raise Failure(f"{account_id!r} is not 12 digits")
    node = DataDir(where.data_dir).read_node_file()
    if node is not None and node.account == account_id:
        raise Failure(f"{account_id} is the server's own account: `shardline env` has its root key")

    async def work(book: IdentityBook, master: MasterKey) -> RootKey:
        key = random_key()
        secret = master.wrap(key.secret.encode(), key_context(key.access_key))
        stored = AccessKey(
            key.access_key, secret, master.fingerprint, active=True, created_ms=book.clock.now_ms()
        )

        def decide(directory: Directory) -> IdentityChange:
            account = directory.identities.account
            if is_new == bool(account.keys):
                there = "there already" if is_new else "not there"
                other = "renew" if is_new else "create"
                raise Failure(
                    f"account {account_id} is {there}: `shardline account {other} {account_id}`"
                )
            return IdentityChange(put=(replace(account, keys=(stored,)),))

        await book.change(account_id, decide)
        return key

    made = _with_book(where, work)
    return {"AWS_ACCESS_KEY_ID": made.access_key, "AWS_SECRET_ACCESS_KEY": made.secret}


def _with_book(
    where: Where, work: Callable[[IdentityBook, MasterKey], Awaitable[Result]]
) -> Result:
    async def with_loaded(catalog: Catalog, master: MasterKey) -> Result:
        book = IdentityBook(catalog, SystemClock())
        await book.load()
        return await work(book, master)

    return with_catalog(where.data_dir, where.key_file, where.catalog_url, with_loaded)
