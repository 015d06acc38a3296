"""The KMS keys of a node: found by the names that callers use, and put to use.

The catalog holds them, and `shardline keys` changes them there, also while a node runs. So a node
looks again at every StartStreamEncryption, and when it follows the catalog: a key that is disabled
stops working within a second. Who asks between two looks is answered from memory.
"""

import contextlib
import logging
import os
import uuid
from collections.abc import Iterable

from shardline.clock import Clock
from shardline.gateway.types import Caller
from shardline.kinesis.encryption import errors, references
from shardline.masterkey import MasterKey
from shardline.storage.catalog_port import Catalog, NameTaken
from shardline.storage.ciphers import KEY_BYTES, unwrap, wrap
from shardline.storage.entities import KmsKey, StreamKey
from shardline.storage.record_log import Undecipherable

log = logging.getLogger("shardline.kms")


class Kms:
    """The KMS keys. `version` is another one whenever a key was made or has changed."""

    def __init__(self, catalog: Catalog, master: MasterKey, clock: Clock) -> None:
        self.version = 0
        self._catalog = catalog
        self._master = master
        self._clock = clock
        self._keys: dict[str, KmsKey] = {}
        self._asked = 0
        self._answered = 0  # which asking the keys are of

    async def refresh(self) -> None:
        """Look what the keys are by now. Raises `StorageError`."""
        self._asked += 1
        asked = self._asked
        keys = {key.id: key for key in await self._catalog.kms_keys()}
        if asked < self._answered:
            return  # who asked later was answered before
        self._answered = asked
        if keys != self._keys:
            self._keys = keys
            self.version += 1

    async def find(self, caller: Caller, key_id: str) -> KmsKey:
        """The key that a caller's KeyId means, which works. `alias/aws/kinesis` is always there.

        Raises the KMS errors, and `StorageError`.
        """
        reference = references.read(key_id, caller.account, caller.region)
        if reference.region != caller.region:
            raise errors.other_region(reference.region)
        if reference.account != caller.account:
            raise errors.access_denied(caller.arn, reference.arn)
        key = await self.look_up(reference)
        self._material(key)
        return key

    async def look_up(self, reference: references.Reference) -> KmsKey:
        """The key of that name in the catalog, whether it works or not.

        `alias/aws/kinesis` is made when it is first looked up in an account and region. Raises
        KMSNotFoundException, `StorageError`.
        """
        await self.refresh()
        key = references.find(self._keys.values(), reference)
        if key is None and reference.alias == references.DEFAULT_ALIAS:
            with contextlib.suppress(NameTaken):  # another process was first
                await self.create(reference.account, reference.region, reference.alias)
            await self.refresh()
            key = references.find(self._keys.values(), reference)
        if key is None and reference.alias is not None:
            raise errors.alias_not_found(reference.arn)
        if key is None:
            raise errors.key_not_found(reference.arn)
        return key

    def customer_keys(self, data_keys: Iterable[StreamKey]) -> list[KmsKey]:
        """The KMS keys that wrap data keys, whose use needs a permission.

        Not `alias/aws/kinesis`, which all who may use the stream use, nor a key that is gone.
        """
        found: dict[str, KmsKey] = {}
        for each in data_keys:
            key = self._keys.get(each.kms_key)
            if key is not None and key.alias != references.DEFAULT_ALIAS:
                found[key.id] = key
        return list(found.values())

    def wrap(self, key: KmsKey, secret: bytes, context: str) -> bytes:
        """Wrap a data key. Raises the KMS errors."""
        return wrap(self._material(key), secret, context)

    def unwrap(self, reference: references.Reference, wrapped: bytes, context: str) -> bytes:
        """Unwrap a data key by the KMS key of an id, as it is now. Raises the KMS errors."""
        key = self._keys.get(reference.id or "")
        if key is None:
            raise errors.key_not_found(reference.arn)
        try:
            return unwrap(self._material(key), wrapped, context)
        except Undecipherable as error:
            log.error("%s: %s", reference.arn, error)
            raise errors.damaged(reference.arn) from error

    def _material(self, key: KmsKey) -> bytes:
        arn = references.arn_of(key)
        errors.check_usable(key, arn)
        try:
            return self._master.unwrap(key.wrapped, arn)
        except Undecipherable as error:
            log.error("%s: %s", arn, error)
            raise errors.damaged(arn) from error

    async def create(self, account: str, region: str, alias: str | None = None) -> KmsKey:
        """Make a key. Raises `NameTaken`, `OtherMaster`, `StorageError`."""
        key_id = str(uuid.uuid4())
        arn = references.Reference(account, region, key_id, None).arn
        wrapped = self._master.wrap(os.urandom(KEY_BYTES), arn)
        now_ms = self._clock.now_ms()
        key = KmsKey(key_id, account, region, alias, now_ms, "ENABLED", wrapped)
        await self._catalog.insert_kms_key(key, self._master.fingerprint)
        return key
