"""AES-256-GCM as it is used here: for records in bulk, and for wrapping one key by another.

GCM gives everything away when a nonce is used twice under one key, and random nonces of 12 bytes
meet after some billions. So records are never encrypted under a data key itself: every `DataKey`
object (one per stream, process and start) derives a key of its own from it, with HKDF and a random
salt of 16 bytes that is stored with the record, and counts its nonces from 0. A process that is
forked derives anew.

Wrapping is rare (once for each key), and takes random nonces.
"""

import os
from functools import lru_cache, partial
from itertools import count

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shardline.storage.encrypted import FORMAT, HEADER
from shardline.storage.record_log import Undecipherable

KEY_BYTES = 32
SALT_BYTES = 16
_NONCE_BYTES = 12
_KNOWN_SALTS = 64  # salts whose derived key is kept for reading: one per start of a writer


def derive(secret: bytes, salt: bytes, purpose: str) -> bytes:
    """A key of 32 bytes that says nothing about `secret` nor about keys for other purposes."""
    return HKDF(SHA256(), KEY_BYTES, salt, f"shardline {purpose}".encode()).derive(secret)


def wrap(secret: bytes, plain: bytes, context: str) -> bytes:
    """Encrypt a key under another one; `context` says what it is, and is needed to unwrap."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(secret).encrypt(nonce, plain, context.encode())


def unwrap(secret: bytes, wrapped: bytes, context: str) -> bytes:
    """Undo `wrap`. Raises `Undecipherable` for another secret or context, or altered bytes."""
    nonce, body = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
    try:
        return AESGCM(secret).decrypt(nonce, body, context.encode())
    except (InvalidTag, ValueError) as error:
        raise Undecipherable(
            f"{context} cannot be unwrapped: it is another's, or damaged"
        ) from error


class DataKey:
    """A data key in use: the `Cipher` of records. Thread-safe."""

    def __init__(self, number: int, secret: bytes) -> None:
        self._number = number
        self._secret = secret
        self._writer: _Writer | None = None
        self._reader = lru_cache(_KNOWN_SALTS)(partial(_record_key, secret))

    @property
    def number(self) -> int:
        """What it is called within its stream."""
        return self._number

    def encrypt(self, plain: bytes, place: bytes) -> bytes:
        """Encrypt with the next nonce; see `encrypted` for the layout."""
        writer = self._writer
        if writer is None or writer.process != os.getpid():
            writer = self._writer = _Writer(self._secret)
        nonce = next(writer.nonces)
        header = HEADER.pack(FORMAT, self._number, writer.salt, nonce)
        return header + writer.aead.encrypt(_bytes_of(nonce), plain, header + place)

    def decrypt(self, blob: bytes, place: bytes) -> bytes:
        """Undo `encrypt`. Raises `Undecipherable`."""
        header = blob[: HEADER.size]
        _, _, salt, nonce = HEADER.unpack(header)
        body = memoryview(blob)[HEADER.size :]
        try:
            return self._reader(salt).decrypt(_bytes_of(nonce), body, header + place)
        except InvalidTag as error:
            where = place.decode().replace("\0", " ")
            raise Undecipherable(f"{where} is damaged, or was moved there") from error


class _Writer:
    """What one process encrypts with: a key that no other has, and its nonces."""

    __slots__ = ("aead", "nonces", "process", "salt")

    def __init__(self, secret: bytes) -> None:
        self.process = os.getpid()
        self.salt = os.urandom(SALT_BYTES)
        self.aead = _record_key(secret, self.salt)
        self.nonces = count()  # counting is one step of the interpreter: no two threads share one


def _record_key(secret: bytes, salt: bytes) -> AESGCM:
    return AESGCM(derive(secret, salt, "records"))


def _bytes_of(nonce: int) -> bytes:
    return nonce.to_bytes(_NONCE_BYTES, "big")
