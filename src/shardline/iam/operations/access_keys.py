"""CreateAccessKey, ListAccessKeys, UpdateAccessKey, DeleteAccessKey, GetAccessKeyLastUsed.

Without a user's name a call is about the caller's own keys: those of the user, or of the account's
root user. The root key that a node was started with stands in its own file: it is not among these,
and cannot be taken away by a call.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from shardline.gateway.errors import AccessDenied
from shardline.gateway.types import Caller
from shardline.iam import ids
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.identities.keystore import key_context
from shardline.iam.operations import answers, changes, errors, lookups
from shardline.iam.operations.paging import page
from shardline.masterkey import MasterKey
from shardline.storage.identities import AccessKey, User
from shardline.storage.identity_port import IdentityChange

MOST_KEYS = 2

Call = Mapping[str, Any]
Keys = tuple[AccessKey, ...]


class AccessKeys:
    """The operations on access keys."""

    def __init__(self, book: IdentityBook, master: MasterKey) -> None:
        self._book = book
        self._master = master

    async def create_access_key(self, caller: Caller, call: Call) -> dict[str, Any]:
        """Make a key. Its secret is in this answer and never again."""
        key_id, secret = ids.new_access_key_id(), ids.new_secret()
        key = AccessKey(
            id=key_id,
            secret=self._master.wrap(secret.encode(), key_context(key_id)),
            master=self._master.fingerprint,
            active=True,
            created_ms=self._book.clock.now_ms(),
        )

        def added(keys: Keys) -> Keys:
            if len(keys) >= MOST_KEYS:
                raise errors.quota("AccessKeysPerUser", MOST_KEYS)
            return (*keys, key)

        directory = await self._change_keys(caller, call, added)
        user = lookups.own_user(directory, caller, call.get("UserName"))
        return {"AccessKey": {**answers.key_of(key, user), "SecretAccessKey": secret}}

    async def list_access_keys(self, caller: Caller, call: Call) -> dict[str, Any]:
        """The keys of a user, oldest first."""
        directory = self._book.directory(caller.account)
        user = lookups.own_user(directory, caller, call.get("UserName"))
        keys = directory.identities.account.keys if user is None else user.keys
        told, rest = page(call, keys, lambda key: (f"{key.created_ms:020}", key.id))
        return {"AccessKeyMetadata": [answers.key_of(key, user) for key in told], **rest}

    async def update_access_key(self, caller: Caller, call: Call) -> None:
        """Switch a key on or off; one that is off is refused from the answer on."""
        if call["Status"] == "Expired":  # in the model since keys can expire, which these do not
            raise errors.invalid_input("An access key cannot be set to the status Expired.")
        active = call["Status"] == "Active"

        def switched(keys: Keys) -> Keys:
            key = _of_id(keys, call["AccessKeyId"])
            return tuple(replace(each, active=active) if each is key else each for each in keys)

        await self._change_keys(caller, call, switched)

    async def delete_access_key(self, caller: Caller, call: Call) -> None:
        """Remove a key; it is refused from the answer on."""

        def without(keys: Keys) -> Keys:
            key = _of_id(keys, call["AccessKeyId"])
            return tuple(each for each in keys if each is not key)

        await self._change_keys(caller, call, without)

    async def get_access_key_last_used(self, caller: Caller, call: Call) -> dict[str, Any]:
        """When, where and for what a key was used last.

        Of a key that the account does not have AWS says that the caller may not ask.
        """
        known = self._book.key(call["AccessKeyId"])
        if known is None or known.owner.account != caller.account:
            raise AccessDenied(
                f"User: {caller.arn} is not authorized to perform iam:GetAccessKeyLastUsed on "
                f"resource: access key {call['AccessKeyId']}"
            )
        used: dict[str, Any] = {"ServiceName": "N/A", "Region": "N/A"}
        if known.key.last_used is not None:
            when_ms, service, region = known.key.last_used
            used = {
                "LastUsedDate": answers.seconds(when_ms),
                "ServiceName": service,
                "Region": region,
            }
        named = {"UserName": known.owner.name} if isinstance(known.owner, User) else {}
        return {**named, "AccessKeyLastUsed": used}

    async def _change_keys(
        self, caller: Caller, call: Call, changed: Callable[[Keys], Keys]
    ) -> Directory:
        def decide(directory: Directory) -> IdentityChange:
            user = lookups.own_user(directory, caller, call.get("UserName"))
            owner = directory.identities.account if user is None else user
            keys = changed(owner.keys)
            return changes.NOTHING if keys == owner.keys else changes.put(replace(owner, keys=keys))

        return await changes.change(self._book, caller.account, decide)


def _of_id(keys: Keys, key_id: str) -> AccessKey:
    for key in keys:
        if key.id == key_id:
            return key
    raise errors.access_key_not_found(key_id)
