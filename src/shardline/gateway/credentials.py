"""The port by which the gateway asks for an access key, and the simplest store behind it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key and whose it is. `arn` is the principal's, as AWS writes it in messages.

    A `session_token` belongs to temporary credentials; a request signed with them must carry it.
    `actor` is what the key store knows of the principal; the gateway only hands it on.
    """

    access_key: str
    secret: str = field(repr=False)
    account: str
    arn: str
    is_root: bool
    session_token: str | None = field(default=None, repr=False)
    actor: object = field(default=None, repr=False)


class KeyStore(Protocol):
    """Knows the access keys that may sign. Asked once for every request, on the event loop."""

    def find(self, access_key: str, token: str | None) -> Credential | None:
        """The credential of a key that is valid now, or None. Answers from memory.

        `token` is the session token that came with it; whether it is the key's is the verifier's to
        check. Answers the same object as long as nothing about the key changed: the verifier
        derives a signing key again for an object that it has not seen. Raises
        ExpiredTokenException.
        """
        ...


class FixedKeys:
    """A key store whose keys never change."""

    def __init__(self, credentials: Iterable[Credential]) -> None:
        self._by_access_key = {each.access_key: each for each in credentials}

    def find(self, access_key: str, token: str | None) -> Credential | None:
        """The credential of `access_key`, or None."""
        return self._by_access_key.get(access_key)


def root_credential(access_key: str, secret: str, account: str) -> Credential:
    """The credential of an account's root user, who may do everything in it."""
    return Credential(access_key, secret, account, f"arn:aws:iam::{account}:root", is_root=True)
