"""Shard iterators: opaque tokens that say where to read on, which nobody else can make.

A token is standard base64 over these bytes, big-endian:

     8  00 00 00 00 00 00 00 01, as on AWS
     1  the version of this layout, 1
     8  the time it was made, ms
     8  a nonce, so that the next iterator always differs from the one before
     4  the shard's number
     8  the offset to read from
    24  the stream's id, ASCII
     1  the length of the stream's name
     n  the stream's name, ASCII: a read of a deleted stream answers with its name
     z  zeros, up to AWS's length: 152 + floor((n + 2) / 16) * 16 bytes in all
    32  HMAC-SHA256 of everything before

The first eight bytes and the length are what kinesalite's suite recorded of AWS's iterators. The
longest name gives 376 characters; AWS allows 512.
"""

import hmac
import struct
from binascii import a2b_base64, b2a_base64
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from shardline.gateway.errors import ServiceError
from shardline.kinesis import messages

LIFETIME_MS = 300_000

_PREFIX = b"\0\0\0\0\0\0\0\1"
_VERSION = 1
_LAYOUT = struct.Struct(">8sBQQIQ24sB")
_MAC_BYTES = sha256().digest_size
_LEAST_BYTES = 152


class ShardIterator(NamedTuple):
    """A place to read from: the offset in a shard of a stream, and when that was asked for."""

    stream_id: str
    name: str
    shard: int
    offset: int
    created_ms: int


def make(key: bytes, at: ShardIterator, nonce: int) -> str:
    """The token of an iterator. `nonce` is 64 bits that no other iterator of the stream has."""
    name = at.name.encode("ascii")
    size = _LEAST_BYTES + (len(name) + 2) // 16 * 16 - _MAC_BYTES
    body = _LAYOUT.pack(
        _PREFIX,
        _VERSION,
        at.created_ms,
        nonce,
        at.shard,
        at.offset,
        at.stream_id.encode("ascii"),
        len(name),
    )
    body = (body + name).ljust(size, b"\0")
    return b2a_base64(body + hmac.digest(key, body, "sha256"), newline=False).decode("ascii")


def read(key: bytes, token: str, now_ms: int) -> ShardIterator:
    """Read a token. One inside literal double quotes is accepted, as on AWS (localstack's tests).

    Raises InvalidArgumentException for what `make` did not make with this key, and
    ExpiredIteratorException when it is more than 300,000 ms old.
    """
    at = verified(key, token)
    if now_ms - at.created_ms > LIFETIME_MS:
        raise _expired(at.created_ms, now_ms)
    return at


@lru_cache(maxsize=256)  # a call that is authorized by its iterator reads it twice
def verified(key: bytes, token: str) -> ShardIterator:
    """As `read`, whatever its age. Raises InvalidArgumentException."""
    try:
        raw = a2b_base64(token.strip('"'), strict_mode=True)
    except ValueError:
        raise _invalid() from None
    body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(raw) < _LEAST_BYTES or not hmac.compare_digest(hmac.digest(key, body, "sha256"), mac):
        raise _invalid()
    prefix, version, created_ms, _, shard, offset, stream_id, length = _LAYOUT.unpack_from(body)
    if prefix != _PREFIX or version != _VERSION:
        raise _invalid()
    name = body[_LAYOUT.size : _LAYOUT.size + length]
    return ShardIterator(stream_id.decode(), name.decode(), shard, offset, created_ms)


def _invalid() -> ServiceError:
    return messages.invalid_argument("Invalid ShardIterator.")


def _expired(created_ms: int, now_ms: int) -> ServiceError:
    return ServiceError(
        "ExpiredIteratorException",
        f"Iterator expired. The iterator was created at time {messages.date(created_ms)} "
        f"while right now it is {messages.date(now_ms)} which is further in the future than the "
        f"tolerated delay of {LIFETIME_MS} milliseconds.",
    )
