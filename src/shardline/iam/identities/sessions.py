"""Temporary credentials: a session token holds all that is to be known of its session, sealed.

Nothing is stored, so that every process that has the master key knows every session. A token is
standard base64 over: the version of this layout, 1 (1 byte); a nonce (12); and, encrypted by
AES-256-GCM under a subkey of the master key, the length of the session (4, big-endian), the session
as MessagePack, deflated, and zeros up to the size that was asked for.

The access key's id holds the account, as AWS's do: `ASIA` and 80 bits in base32, of which bits 1 to
40 are the account's number (which GetAccessKeyInfo reads).
"""

import base64
import secrets
import struct
import zlib

import msgspec

from shardline.masterkey import MasterKey
from shardline.storage.ciphers import unwrap, wrap
from shardline.storage.record_log import Undecipherable

ROOT = ""
"""The holder of a root user's session."""

_VERSION = b"\x01"
_LENGTH = struct.Struct(">I")
_MOST_BYTES = 65_536  # of a session, inflated: tags and policies are within 30 KB
_MOST_CHARACTERS = 16_384  # of a token
_PREFIX = "ASIA"
_ACCOUNT_SHIFT = 39


class Session(msgspec.Struct, frozen=True, array_like=True):
    """What a session is. `holder` is the unique id of the role or user, or `ROOT`.

    `name` is a role session's. `policy` is its inline session policy, `policy_arns` those of
    managed ones. `tags` are the session's own, not the role's; those of `transitive_keys` go on to
    the sessions that are made from this one.
    """

    access_key: str
    secret: str
    account: str
    holder: str
    issued_ms: int
    expires_ms: int
    name: str = ""
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    transitive_keys: tuple[str, ...] = ()
    source_identity: str | None = None

    @property
    def is_limited(self) -> bool:
        """Whether session policies say what it may do at most."""
        return self.policy is not None or bool(self.policy_arns)


class Sealer:
    """Makes tokens of sessions, and sessions of tokens."""

    def __init__(self, master: MasterKey) -> None:
        self._key = master.subkey("session tokens")
        self._decoder = msgspec.msgpack.Decoder(Session)

    def seal(self, session: Session, *, least_bytes: int = 0) -> str:
        """The token of a session, of at least so many bytes."""
        packed = packed_session(session)
        least = max(0, least_bytes // 4 * 3 - 40)
        plain = (_LENGTH.pack(len(packed)) + packed).ljust(least, b"\0")
        token = base64.b64encode(_VERSION + wrap(self._key, plain, "session token"))
        while len(token) < least_bytes:
            plain += b"\0\0\0"
            token = base64.b64encode(_VERSION + wrap(self._key, plain, "session token"))
        return token.decode()

    def unseal(self, token: str) -> Session | None:
        """The session of a token; None for what this key did not seal."""
        if len(token) > _MOST_CHARACTERS or not token.isascii():
            return None
        try:
            raw = base64.b64decode(token, validate=True)
            if raw[:1] != _VERSION:
                return None
            plain = unwrap(self._key, raw[1:], "session token")
            (length,) = _LENGTH.unpack_from(plain)
            inflated = zlib.decompressobj().decompress(
                plain[_LENGTH.size : _LENGTH.size + length], _MOST_BYTES
            )
            return self._decoder.decode(inflated)
        except (ValueError, Undecipherable, zlib.error, struct.error, msgspec.MsgspecError):
            return None


def packed_session(session: Session) -> bytes:
    """A session as a token holds it, without what is done so that nobody can read it."""
    return zlib.compress(msgspec.msgpack.encode(session))


def new_access_key(account: str) -> str:
    """An id for temporary credentials of an account."""
    bits = secrets.randbits(80)
    bits &= ~(((1 << 40) - 1) << _ACCOUNT_SHIFT)
    bits |= int(account) << _ACCOUNT_SHIFT
    return _PREFIX + base64.b32encode(bits.to_bytes(10, "big")).decode()


def account_in(access_key: str) -> str | None:
    """The account that the id of temporary credentials holds; None for another kind of key."""
    if not access_key.startswith(_PREFIX) or len(access_key) != len(_PREFIX) + 16:
        return None
    try:
        bits = int.from_bytes(base64.b32decode(access_key[len(_PREFIX) :]), "big")
    except ValueError:
        return None
    account = (bits >> _ACCOUNT_SHIFT) & ((1 << 40) - 1)
    return f"{account:012d}" if account < 10**12 else None
