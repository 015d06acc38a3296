"""Identities in an SQL database. The contract is in `shardline.storage.identity_port`."""

from collections.abc import Collection, Mapping, Sequence

from shardline.storage.catalog import identity_statements
from shardline.storage.catalog.sql_store import SqlStore
from shardline.storage.catalog_port import Kept
from shardline.storage.identities import Identities
from shardline.storage.identity_port import IdentityChange


class SqlIdentities(SqlStore):
    """An `IdentityStore`."""

    async def identities(self, accounts: Collection[str] | None = None) -> Sequence[Identities]:
        """The identities of every account, or of these, as of one moment. Raises `StorageError`."""
        return await self._read(lambda db: identity_statements.load_identities(db, accounts))

    async def identity_versions(self) -> Mapping[str, int]:
        """The version of every account. Raises `StorageError`."""
        return await self._read(identity_statements.versions)

    async def change_identities(
        self, before: Identities, change: IdentityChange, *, told: bool = True
    ) -> Identities:
        """Store a change of an account's identities; answers what there is then.

        Raises `Conflict`, `NameTaken`, `OtherMaster`, `WriteFailed`.
        """
        kept: Kept = ("account", before.account.account)
        await self._write(
            lambda db: identity_statements.change(db, before, change), told=kept if told else None
        )
        return identity_statements.changed(before, change)
