"""The root access key: who may do everything on this node, kept in a file of the data directory.

The file is JSON, `{"version": 1, "access_key_id": …, "secret_access_key": …}`, readable by its
owner alone from the moment it exists. It is written beside its place, synced and then renamed, so
that a crash leaves the whole file or none.
"""

import contextlib
import hashlib
import json
import os
import re
import secrets
import string
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shardline.storage.files import read_private
from shardline.storage.record_log import StoreUnusable

ACCESS_KEY_VARIABLE = "SHARDLINE_ROOT_ACCESS_KEY_ID"
SECRET_VARIABLE = "SHARDLINE_ROOT_SECRET_ACCESS_KEY"

_VERSION = 1
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_LETTERS_DIGITS = string.ascii_letters + string.digits
# A signature's Credential is cut at slashes, and its header at commas and blanks.
_ACCESS_KEY = re.compile(r"[A-Za-z0-9_.@+-]{1,128}")
_SECRET = re.compile(r"[!-~]{1,256}")


@dataclass(frozen=True, slots=True)
class RootKey:
    """The root user's access key."""

    access_key: str
    secret: str = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Names the key, and says no more of its secret than a guess can be tested by."""
        return hashlib.sha256(f"{self.access_key}/{self.secret}".encode()).hexdigest()[:16]


def given_key(access_key: str | None, secret: str | None) -> tuple[str, str] | None:
    """The root key that the settings give, or None; an empty setting is none.

    Raises ValueError when only one half is given, or one has characters that no signature can
    carry.
    """
    if not access_key and not secret:
        return None
    if not access_key or not secret:
        absent, present = ACCESS_KEY_VARIABLE, SECRET_VARIABLE
        if access_key:
            absent, present = present, absent
        raise ValueError(f"{present} is set but {absent} is not: set both, or neither")
    if not _ACCESS_KEY.fullmatch(access_key):
        raise ValueError(
            f"{ACCESS_KEY_VARIABLE} is {access_key!r}: "
            "it must be 1 to 128 letters, digits and characters of _ . @ + -"
        )
    if not _SECRET.fullmatch(secret):
        raise ValueError(f"{SECRET_VARIABLE} must be 1 to 256 visible ASCII characters")
    return access_key, secret


def load_or_create(path: Path, *, given: tuple[str, str] | None) -> RootKey:
    """The root key of a node whose key file is `path`; its directory has to exist.

    A given key (checked as by `given_key`) is used, and put in place of a stored one. Without one
    the stored key is read, or on the first start a random one made and stored. Raises
    `StoreUnusable` when the file is garbled, readable by others, or cannot be read or written.
    """
    if given is not None:
        checked = given_key(*given)
        if checked is None:
            raise ValueError(f"{ACCESS_KEY_VARIABLE} and {SECRET_VARIABLE} are given but empty")
        key = RootKey(*checked)
        if not _is_stored(path, key):
            _store(path, key)
        return key
    stored = load(path)
    if stored is None:
        stored = random_key()
        _store(path, stored)
    return stored


def load(path: Path) -> RootKey | None:
    """The key stored in `path`, or None when there is no such file. Raises `StoreUnusable`."""
    try:
        content = read_private(path, "root key")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreUnusable(f"cannot read the root key file {path}: {error.strerror}") from error
    return _parse(path, content)


def random_key() -> RootKey:
    """A new key of AWS's form: `AKIA` and 16 base32 characters; a secret of 40 characters."""
    access_key = "AKIA" + "".join(secrets.choice(_BASE32) for _ in range(16))
    return RootKey(access_key, "".join(secrets.choice(_LETTERS_DIGITS) for _ in range(40)))


def _parse(path: Path, content: bytes) -> RootKey:
    try:
        stored: Any = json.loads(content)
        version, access_key, secret = (
            stored[name] for name in ("version", "access_key_id", "secret_access_key")
        )
        if version != _VERSION:
            raise StoreUnusable(
                f"the root key file {path} is of version {version!r}, "
                f"and this Shardline reads version {_VERSION}"
            )
        if _ACCESS_KEY.fullmatch(access_key) and _SECRET.fullmatch(secret):
            return RootKey(access_key, secret)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass  # the one answer below; what was read may be a secret, and is not shown
    raise StoreUnusable(
        f"the root key file {path} is garbled: it must be JSON with version, access_key_id and "
        f"secret_access_key. Restore it, or remove it to have a new root key made, "
        f"or set {ACCESS_KEY_VARIABLE} and {SECRET_VARIABLE}"
    )


def _is_stored(path: Path, key: RootKey) -> bool:
    try:
        return load(path) == key
    except StoreUnusable:
        return False  # the given key takes the place of whatever is there


def _store(path: Path, key: RootKey) -> None:
    content = {
        "version": _VERSION,
        "access_key_id": key.access_key,
        "secret_access_key": key.secret,
    }
    try:
        # mkstemp creates with O_EXCL and mode 0600: at no moment can another user open it.
        descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with open(descriptor, "w") as file:
                json.dump(content, file)
                file.write("\n")
                file.flush()
                os.fsync(descriptor)
            os.replace(beside, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(beside)
            raise
        _sync_directory(path.parent)
    except OSError as error:
        raise StoreUnusable(f"cannot write the root key file {path}: {error.strerror}") from error


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
