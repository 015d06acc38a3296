"""NextTokens: opaque, signed, and good for 300 seconds (botocore's documentation of ListShards).

A token is standard base64 over: seven zeros and a 2 (an iterator has a 1 there, so that neither
passes for the other, whatever the key), the time it was made in ms (8 bytes), the state as JSON,
and the HMAC-SHA256 (32 bytes) of everything before. The state holds the operation's name: a token
of one operation is none of another.
"""

import hmac
import json
import struct
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from shardline.gateway.errors import ServiceError
from shardline.kinesis import messages

LIFETIME_MS = 300_000

_PREFIX = b"\0\0\0\0\0\0\0\2"
_LAYOUT = struct.Struct(">8sQ")
_MAC_BYTES = sha256().digest_size


def make(key: bytes, operation: str, state: Mapping[str, Any], now_ms: int) -> str:
    """The token that lets `operation` go on from `state`, a small mapping that JSON can hold."""
    content = json.dumps([operation, state], separators=(",", ":")).encode()
    body = _LAYOUT.pack(_PREFIX, now_ms) + content
    return b2a_base64(body + hmac.digest(key, body, "sha256"), newline=False).decode("ascii")


def read(key: bytes, operation: str, token: str, now_ms: int) -> dict[str, Any]:
    """The state in a token.

    Raises InvalidArgumentException for what `make` did not make with this key for this operation,
    and ExpiredNextTokenException. AWS's texts for both are not known.
    """
    try:
        raw = a2b_base64(token, strict_mode=True)
    except ValueError:
        raise _invalid() from None
    body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if not hmac.compare_digest(hmac.digest(key, body, "sha256"), mac):
        raise _invalid()
    prefix, created_ms = _LAYOUT.unpack_from(body)
    if prefix != _PREFIX:
        raise _invalid()
    maker, state = json.loads(body[_LAYOUT.size :])
    if maker != operation:
        raise _invalid()
    if now_ms - created_ms > LIFETIME_MS:
        raise ServiceError(
            "ExpiredNextTokenException",
            f"NextToken expired. The token was created at time {messages.date(created_ms)} "
            f"while right now it is {messages.date(now_ms)} which is further in the future than "
            f"the tolerated delay of {LIFETIME_MS} milliseconds.",
        )
    return dict(state)


def _invalid() -> ServiceError:
    return messages.invalid_argument("Invalid NextToken.")
