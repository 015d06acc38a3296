"""When access keys and roles were used last: noted at every call, stored now and then.

A call costs an entry of a dictionary. What was noted is stored once a minute and when the node
stops, so a crash may lose a minute of it; AWS is some minutes behind as well.
"""

import logging
from dataclasses import replace
from functools import partial

from msgspec import Struct

from shardline.clock import Clock
from shardline.gateway.types import Caller
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.storage.identities import AccessKey, Account, Identity, Role, User
from shardline.storage.identity_port import IdentityChange
from shardline.storage.record_log import StorageError

log = logging.getLogger("shardline.iam")

_SESSION = ":assumed-role/"


class Use(Struct, frozen=True):
    """Who made a call, when, of which service."""

    caller: Caller
    when_ms: int
    service: str


class LastUsed:
    """Notes who called, and stores it.

    Other processes are not told, since nobody waits for it: they look when they store their own.
    """

    def __init__(self, book: IdentityBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock
        self._uses: dict[str, Use] = {}  # by access key: the last one

    def note(self, caller: Caller, service: str) -> None:
        """A call was signed by an access key."""
        self._uses[caller.access_key] = Use(caller, self._clock.now_ms(), service)

    async def run_once(self) -> None:
        """Store what was noted. What cannot be stored is logged and given up."""
        uses, self._uses = self._uses, {}
        for account in {use.caller.account for use in uses.values()}:
            of_account = [use for use in uses.values() if use.caller.account == account]
            try:
                await self._book.change(account, partial(_noted, of_account), told=False)
            except StorageError as error:
                log.error("when keys were used last could not be stored: %s", error)
        try:
            await self._book.follow()
        except StorageError as error:
            log.error("when keys were used last could not be looked up: %s", error)


def _noted(uses: list[Use], directory: Directory) -> IdentityChange:
    """The users, root users and roles that were used, with when that was."""
    by_key = {use.caller.access_key: use for use in uses}
    by_role: dict[str, Use] = {}
    for use in uses:
        role = directory.role(use.caller.arn.partition(_SESSION)[2].partition("/")[0])
        if role is not None:
            by_role[role.id] = max(use, by_role.get(role.id, use), key=lambda each: each.when_ms)
    owners: list[User | Account] = [directory.identities.account, *directory.identities.users]
    changed: list[Identity] = [
        _with_use(owner, by_key) for owner in owners if any(key.id in by_key for key in owner.keys)
    ]
    changed += [
        _role_with_use(role, by_role[role.id])
        for role in directory.identities.roles
        if role.id in by_role
    ]
    return IdentityChange(put=tuple(changed))


def _with_use(owner: User | Account, by_key: dict[str, Use]) -> User | Account:
    return replace(owner, keys=tuple(_key_with_use(key, by_key.get(key.id)) for key in owner.keys))


def _key_with_use(key: AccessKey, use: Use | None) -> AccessKey:
    if use is None or (key.last_used is not None and key.last_used[0] > use.when_ms):
        return key  # another process was asked later
    return replace(key, last_used=(use.when_ms, use.service, use.caller.region))


def _role_with_use(role: Role, use: Use) -> Role:
    if role.last_used is not None and role.last_used[0] > use.when_ms:
        return role
    return replace(role, last_used=(use.when_ms, use.caller.region))
