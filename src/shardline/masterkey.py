"""The master key: one key in one file, which wraps the KMS keys in the catalog.

The file is JSON, `{"version": 1, "master_key": …}` (32 bytes in base64), readable by its owner
alone from the moment it exists. It is made at the first start, and is the same for every process
that shares a catalog: what the catalog holds names the master key that wraps it by a fingerprint.
Without the file, nothing that was ever encrypted can be read again.
"""

import os
from pathlib import Path

import msgspec

from shardline.storage.ciphers import KEY_BYTES, derive, unwrap, wrap
from shardline.storage.files import read_private, write_atomic
from shardline.storage.record_log import StoreUnusable

_VERSION = 1


class _File(msgspec.Struct, frozen=True):
    version: int
    master_key: bytes


class MasterKey:
    """The master key. `fingerprint` names it, and says nothing about it."""

    def __init__(self, secret: bytes) -> None:
        self._wrapping = derive(secret, b"", "wrapping")
        self.fingerprint = derive(secret, b"", "fingerprint").hex()[:16]

    @classmethod
    def random(cls) -> "MasterKey":
        """A key that is kept nowhere, for a node in memory."""
        return cls(os.urandom(KEY_BYTES))

    def subkey(self, purpose: str) -> bytes:
        """A key of 32 bytes for another purpose than wrapping keys."""
        return derive(self._wrapping, b"", purpose)

    def wrap(self, plain: bytes, context: str) -> bytes:
        """Encrypt a key; `context` says which one it is, and is needed to unwrap it."""
        return wrap(self._wrapping, plain, context)

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """Undo `wrap`. Raises `Undecipherable`."""
        return unwrap(self._wrapping, wrapped, context)


def load_master(path: Path, *, needed: str | None) -> MasterKey | None:
    """The master key stored in `path`; None when there is no file, and `needed` is None too.

    `needed` is the fingerprint of the key that wraps what the catalog holds. Raises `StoreUnusable`
    when the file holds another key, or is missing, and one is needed; and when it is garbled,
    readable by others, or cannot be read.
    """
    try:
        key = _parse(path, read_private(path, "master key"))
    except FileNotFoundError:
        if needed is None:
            return None
        raise StoreUnusable(
            f"the master key file {path} is missing, and what the catalog holds is encrypted by it "
            f"(fingerprint {needed}): restore it, or name where it is with --key-file"
        ) from None
    except OSError as error:
        raise StoreUnusable(f"cannot read the master key file {path}: {error.strerror}") from error
    if needed not in (None, key.fingerprint):
        raise StoreUnusable(
            f"the master key file {path} holds another key (fingerprint {key.fingerprint}) than "
            f"the one by which what the catalog holds is encrypted ({needed}): restore that one, "
            "or name where it is with --key-file"
        )
    return key


def load_or_create_master(path: Path, *, needed: str | None) -> MasterKey:
    """As `load_master`, and on the first start a new key, stored in `path`."""
    key = load_master(path, needed=needed)
    return _create(path) if key is None else key


def _parse(path: Path, content: bytes) -> MasterKey:
    try:
        stored = msgspec.json.decode(content, type=_File)
    except msgspec.MsgspecError:
        stored = None  # what was read may be a secret, and is not shown
    if stored is not None and stored.version != _VERSION:
        raise StoreUnusable(
            f"the master key file {path} is of version {stored.version}, "
            f"and this Shardline reads version {_VERSION}"
        )
    if stored is None or len(stored.master_key) != KEY_BYTES:
        raise StoreUnusable(
            f"the master key file {path} is garbled: it must be JSON with version and master_key. "
            "Restore it from its backup"
        )
    return MasterKey(stored.master_key)


def _create(path: Path) -> MasterKey:
    secret = os.urandom(KEY_BYTES)
    try:
        write_atomic(path, msgspec.json.encode(_File(_VERSION, secret)) + b"\n")
    except OSError as error:
        raise StoreUnusable(f"cannot write the master key file {path}: {error.strerror}") from error
    return MasterKey(secret)
