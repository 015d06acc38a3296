"""The book of identities: every account's directory, and the only way to change one.

The catalog holds the truth. A change is decided over the directory as it is now, stored, and only
then seen here; calls that are authorized after it returned are authorized by what it made. If
another process was first, the catalog refuses, and the change is decided anew over what that one
made.
"""

import asyncio
from collections.abc import Callable, Collection
from typing import NamedTuple

from shardline.clock import Clock
from shardline.iam.identities.directory import Directory
from shardline.storage.catalog_port import Conflict
from shardline.storage.identities import AccessKey, Account, Identities, User
from shardline.storage.identity_port import IdentityChange, IdentityStore
from shardline.uninterrupted import Uninterrupted

MOST_TRIES = 10


class KeyOwner(NamedTuple):
    """A long-term access key and whose it is: a user's, or (an Account) the root user's."""

    owner: User | Account
    key: AccessKey


Decide = Callable[[Directory], IdentityChange]
"""Makes a change of the directory as it is, or raises `ServiceError`. May be called again."""


class IdentityBook:
    """The directories of all accounts. `load` it before use."""

    def __init__(self, store: IdentityStore, clock: Clock) -> None:
        self.clock = clock
        self._store = store
        self._directories: dict[str, Directory] = {}
        self._keys: dict[str, KeyOwner] = {}
        self._lock = asyncio.Lock()
        self._uninterrupted = Uninterrupted()

    async def load(self) -> None:
        """Read every account from the catalog. Raises `StorageError`."""
        for identities in await self._store.identities():
            self._take_over(identities)

    async def follow(self, accounts: Collection[str] | None = None) -> None:
        """Take over what others changed of these accounts, or of any. Raises `StorageError`.

        It waits for no change of this book's: that may be waiting for others to follow, and they
        for us. What is read is taken over only where it is newer than what is known.
        """
        if accounts is None:
            known = {each.account: each.identities.version for each in self.accounts()}
            stored = await self._store.identity_versions()
            accounts = [each for each, version in stored.items() if known.get(each) != version]
        if accounts:
            for identities in await self._store.identities(accounts):
                self._take_over(identities)

    def directory(self, account: str) -> Directory:
        """The identities of an account; an account that nobody knows yet has none."""
        found = self._directories.get(account)
        if found is None:
            found = Directory(Identities(Account(account, self.clock.now_ms())))
            self._directories[account] = found
        return found

    def known(self, account: str) -> Directory | None:
        """The identities of an account that has or had some; None for any other."""
        return self._directories.get(account)

    def accounts(self) -> list[Directory]:
        """The directories of all accounts that are known."""
        return list(self._directories.values())

    def key(self, access_key: str) -> KeyOwner | None:
        """A long-term access key, active or not. The same object until its owner changes."""
        return self._keys.get(access_key)

    async def change(self, account: str, decide: Decide, *, told: bool = True) -> Directory:
        """Change an account's identities; answers its directory with the change.

        Other processes know of it when this returns, unless it is not to be `told`. Raises what
        `decide` raises, `WriteFailed`, and `Conflict` when others were first again and again. Goes
        on if who called is cancelled: what was stored is what is known here.
        """
        return await self._uninterrupted.run(self._change(account, decide, told))

    async def finish(self) -> None:
        """Wait for all changes; to be called when nothing more is changed."""
        await self._uninterrupted.finish()

    async def _change(self, account: str, decide: Decide, told: bool) -> Directory:
        async with self._lock:
            for _ in range(MOST_TRIES):
                before = self.directory(account)
                change = decide(before)
                if not change.put and not change.removed:
                    return before
                try:
                    after = await self._store.change_identities(
                        before.identities, change, told=told
                    )
                except Conflict:
                    await self.follow([account])
                    continue
                known = self._take_over(after)
                # Another process may have changed it again, by the time that all have seen this.
                return known if known.identities is after else Directory(after)
        raise Conflict(f"the identities of account {account} are changed too often")

    def _take_over(self, identities: Identities) -> Directory:
        account = identities.account.account
        before = self._directories.get(account)
        if before is not None:
            if before.identities.version >= identities.version:
                return before  # what was read may have been overtaken while it was on its way
            for known in _keys_of(before.identities):
                self._keys.pop(known.key.id, None)
        after = self._directories[account] = Directory(identities, before)
        for known in _keys_of(identities):
            self._keys[known.key.id] = known
        return after


def _keys_of(identities: Identities) -> list[KeyOwner]:
    owners: tuple[User | Account, ...] = (identities.account, *identities.users)
    return [KeyOwner(owner, key) for owner in owners for key in owner.keys]
