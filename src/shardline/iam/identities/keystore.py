"""The access keys that may sign: root users', users', and temporary credentials.

A credential is kept as long as nothing of its account changed, and looked up anew after any change.
A key that was disabled or deleted, and whatever a user or role that was deleted had, is found no
more from the moment that the change returns.
"""

from collections import OrderedDict
from typing import NamedTuple

from shardline.gateway import sigv4_errors
from shardline.gateway.credentials import Credential
from shardline.iam.identities import actors
from shardline.iam.identities.actors import Actor
from shardline.iam.identities.book import IdentityBook, KeyOwner
from shardline.iam.identities.directory import Directory
from shardline.iam.identities.sessions import Sealer, Session
from shardline.masterkey import MasterKey
from shardline.rootkey import RootKey
from shardline.storage.identities import User
from shardline.storage.record_log import Undecipherable

_MOST_SESSIONS = 4096


def key_context(access_key: str) -> str:
    """What a long-term key's secret is wrapped with, besides the master key."""
    return f"access-key {access_key}"


class _Known(NamedTuple):
    """A long-term key's credential, and what it was made from."""

    owner: KeyOwner
    directory: Directory
    credential: Credential


class _Unsealed(NamedTuple):
    """A token's session; its credential was made from this directory."""

    session: Session
    directory: Directory | None
    credential: Credential | None


class IdentityKeys:
    """`KeyStore` over the node's root key, the book's keys, and sessions."""

    def __init__(
        self, root_key: RootKey, account: str, book: IdentityBook, master: MasterKey
    ) -> None:
        self._root = _credential(root_key.access_key, root_key.secret, actors.of_root(account))
        self._book = book
        self._master = master
        self._sealer = Sealer(master)
        self._known: dict[str, _Known] = {}
        self._sessions: OrderedDict[str, _Unsealed] = OrderedDict()

    def find(self, access_key: str, token: str | None) -> Credential | None:
        """See `KeyStore.find`."""
        if access_key == self._root.access_key:
            return self._root
        owner = self._book.key(access_key)
        if owner is not None:
            return self._long_term(owner)
        self._known.pop(access_key, None)
        return None if token is None else self._temporary(access_key, token)

    def account_of(self, access_key: str) -> str | None:
        """The account of a key that is there, active or not; None for one that nobody has."""
        if access_key == self._root.access_key:
            return self._root.account
        owner = self._book.key(access_key)
        return None if owner is None else owner.owner.account

    def _long_term(self, owner: KeyOwner) -> Credential | None:
        key, account = owner.key, owner.owner.account
        if not key.active:
            return None
        directory = self._book.directory(account)
        known = self._known.get(key.id)
        if known is not None and known.owner is owner and known.directory is directory:
            return known.credential
        try:
            secret = self._master.unwrap(key.secret, key_context(key.id)).decode()
        except Undecipherable:
            return None
        if isinstance(owner.owner, User):
            actor = actors.of_user(directory, owner.owner)
        else:
            actor = actors.of_root(account)
        credential = _credential(key.id, secret, actor)
        self._known[key.id] = _Known(owner, directory, credential)
        return credential

    def _temporary(self, access_key: str, token: str) -> Credential | None:
        found = self._sessions.get(token)
        if found is None:
            session = self._sealer.unseal(token)
            if session is None:
                return None
            found = _Unsealed(session, None, None)
        session = found.session
        if session.access_key != access_key:
            return None
        if self._book.clock.now_ms() >= session.expires_ms:
            self._sessions.pop(token, None)
            raise sigv4_errors.expired_token()
        directory = self._book.directory(session.account)
        if found.directory is not directory:
            found = self._keep(token, session, directory)
        return found.credential

    def _keep(self, token: str, session: Session, directory: Directory) -> _Unsealed:
        actor = actors.of_session(directory, session)
        credential = None
        if actor is not None:
            credential = _credential(session.access_key, session.secret, actor, token)
        found = self._sessions[token] = _Unsealed(session, directory, credential)
        if len(self._sessions) > _MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return found


def _credential(access_key: str, secret: str, actor: Actor, token: str | None = None) -> Credential:
    who = actor.principal
    return Credential(access_key, secret, who.account, who.arn, actor.is_root, token, actor)
