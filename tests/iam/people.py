"""Users, groups and roles on a running server, made in its book of identities."""

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import Any, NamedTuple

from shardline.iam.identities.keystore import key_context
from shardline.storage.identities import (
    AccessKey,
    Account,
    Group,
    Identity,
    ManagedPolicy,
    PolicyVersion,
    Role,
    User,
)
from shardline.storage.identity_port import IdentityChange
from shardline.testing import TestServer

OWN, OTHER = "000000000000", "111122223333"
_numbers = count(1)


class Key(NamedTuple):
    """An access key, as its owner has it."""

    id: str
    secret: str
    token: str | None = None

    @property
    def as_settings(self) -> dict[str, Any]:
        """For boto3."""
        return {
            "aws_access_key_id": self.id,
            "aws_secret_access_key": self.secret,
            "aws_session_token": self.token,
        }

    @property
    def as_environment(self) -> dict[str, str]:
        """For the `aws` command."""
        own = {"AWS_ACCESS_KEY_ID": self.id, "AWS_SECRET_ACCESS_KEY": self.secret}
        return own | ({"AWS_SESSION_TOKEN": self.token} if self.token else {})


def document(*statements: Mapping[str, Any]) -> str:
    """A policy's text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def deny(actions: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    """A statement that denies."""
    return {**allow(actions, resource, **more), "Effect": "Deny"}


def trusts(principal: Any, actions: Any = "sts:AssumeRole", **more: Any) -> str:
    """A trust policy's text."""
    return document({"Effect": "Allow", "Principal": principal, "Action": actions, **more})


def tags(given: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    """Tags as they are stored."""
    return tuple(sorted((given or {}).items()))


class People:
    """The identities of one account of a server."""

    def __init__(self, server: TestServer, account: str = OWN) -> None:
        self.server = server
        self.account = account

    def put(self, *identities: Identity) -> None:
        """Store identities, new ones or in the place of those of their ids."""
        change = IdentityChange(put=identities)
        self._change(change)

    def remove(self, *identities: Identity) -> None:
        """Remove identities."""
        self._change(IdentityChange(removed=identities))

    def policy(self, *statements: Mapping[str, Any], name: str | None = None) -> str:
        """A managed policy; answers its ARN."""
        number = next(_numbers)
        made = ManagedPolicy(
            self.account,
            f"ANPA{number:016d}",
            name or f"policy-{number}",
            "/",
            0,
            0,
            (PolicyVersion(1, document(*statements), 0),),
        )
        self.put(made)
        return made.arn

    def user(self, name: str, *statements: Mapping[str, Any], **more: Any) -> Key:
        """A user with an inline policy of these statements, and a key; `more` are its fields."""
        inline = (("inline", document(*statements)),) if statements else ()
        user = User(
            self.account,
            f"AIDA{next(_numbers):016d}",
            name,
            **{"path": "/", "created_ms": 0, **more},
        )
        user = replace(user, inline=(*inline, *user.inline))
        key, stored = self._new_key()
        self.put(replace(user, keys=(stored,)))
        return key

    def group(self, name: str, *statements: Mapping[str, Any]) -> None:
        """A group with an inline policy of these statements."""
        number = next(_numbers)
        inline = (("inline", document(*statements)),)
        self.put(Group(self.account, f"AGPA{number:016d}", name, "/", 0, inline=inline))

    def role(self, name: str, trust: str, *statements: Mapping[str, Any], **more: Any) -> str:
        """A role with an inline policy of these statements; answers its ARN."""
        inline = (("inline", document(*statements)),) if statements else ()
        role = Role(
            self.account,
            f"AROA{next(_numbers):016d}",
            name,
            trust=trust,
            inline=inline,
            **{"path": "/", "created_ms": 0, **more},
        )
        self.put(role)
        return f"arn:aws:iam::{self.account}:role{role.path}{name}"

    def root(self) -> Key:
        """A key of the account's root user."""
        key, stored = self._new_key()
        self.put(Account(self.account, 0, keys=(stored,)))
        return key

    def user_named(self, name: str) -> User:
        """The user as it is now."""
        user = self.server.node.identities.directory(self.account).user(name)
        assert user is not None
        return user

    def role_named(self, name: str) -> Role:
        """The role as it is now."""
        role = self.server.node.identities.directory(self.account).role(name)
        assert role is not None
        return role

    def client(self, key: Key, service: str = "kinesis", **settings: Any) -> Any:
        """A boto3 client that signs with a key."""
        return self.server.client(service, **{**key.as_settings, **settings})

    def _new_key(self) -> tuple[Key, AccessKey]:
        number = next(_numbers)
        key = Key(f"AKIA{number:016d}", f"secret/{number:033d}")
        master = self.server.node.master
        secret = master.wrap(key.secret.encode(), key_context(key.id))
        return key, AccessKey(key.id, secret, master.fingerprint, active=True, created_ms=0)

    def _change(self, change: IdentityChange) -> None:
        self.server.run(self.server.node.identities.change(self.account, lambda _: change))
