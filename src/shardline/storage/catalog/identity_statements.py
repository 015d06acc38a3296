"""What the catalog reads and writes of identities, each within a transaction of the caller.

An account's row has the version of all that the account has. Whoever changes something of it raises
the version first: that is the lock that makes the rest safe. What is put is deleted and inserted
anew, so that two identities may change their names for one another's in one change.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
from sqlalchemy import Connection, Select, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from shardline.storage.catalog.kms_statements import require_master
from shardline.storage.catalog.schema import access_keys, accounts, identities
from shardline.storage.catalog_port import Conflict, NameTaken
from shardline.storage.identities import (
    AccessKey,
    Account,
    Group,
    Identities,
    Identity,
    ManagedPolicy,
    Role,
    User,
)
from shardline.storage.identity_port import IdentityChange

_Named: TypeAlias = User | Group | Role | ManagedPolicy
_One = TypeVar("_One", User, Group, Role, ManagedPolicy)
_KINDS: Final[dict[str, type[_Named]]] = {
    "user": User,
    "group": Group,
    "role": Role,
    "policy": ManagedPolicy,
}
_KIND_OF: Final = {each: kind for kind, each in _KINDS.items()}
_LastUsed: TypeAlias = tuple[int, str, str] | None


def load_identities(db: Connection, wanted: Collection[str] | None = None) -> list[Identities]:
    """The identities of every account, or of those wanted, sorted by account."""

    def of(table: Table) -> Select[Any]:
        query = select(table)
        return query if wanted is None else query.where(table.c.account.in_(wanted))

    keys: dict[str, list[AccessKey]] = defaultdict(list)
    for row in db.execute(of(access_keys).order_by(access_keys.c.created_ms, access_keys.c.id)):
        last_used: _LastUsed = row.last_used and msgspec.json.decode(row.last_used, type=_LastUsed)
        key = AccessKey(row.id, row.secret, row.master, row.active, row.created_ms, last_used)
        keys[row.owner].append(key)
    found: dict[str, list[_Named]] = defaultdict(list)
    for row in db.execute(of(identities)):
        each = msgspec.json.decode(row.body, type=_KINDS[row.kind])
        if isinstance(each, User):
            each = replace(each, keys=tuple(keys[each.id]))
        found[row.account].append(each)
    return [
        _assembled(
            Account(row.account, row.created_ms, row.alias, tuple(keys[row.account])),
            row.version,
            found[row.account],
        )
        for row in db.execute(of(accounts).order_by(accounts.c.account))
    ]


def versions(db: Connection) -> dict[str, int]:
    """The version of every account."""
    return {row.account: row.version for row in db.execute(select(accounts))}


def change(db: Connection, before: Identities, change: IdentityChange) -> None:
    """Store a change. Raises `Conflict`, `NameTaken`, `OtherMaster`."""
    after = changed(before, change).account
    _raise_version(db, before, after)
    gone = [_id_of(each) for each in (*change.removed, *change.put)]
    db.execute(delete(access_keys).where(access_keys.c.owner.in_(gone)))
    db.execute(delete(identities).where(identities.c.id.in_(gone)))
    for each in change.put:
        if not isinstance(each, Account):
            _insert(db, identities, _row(each), f"{_KIND_OF[type(each)]} {each.name}")
        if isinstance(each, User | Account):
            for key in each.keys:
                require_master(db, key.master)
                _insert(db, access_keys, _key_row(each, key), f"access key {key.id}")


def changed(before: Identities, change: IdentityChange) -> Identities:
    """What a change makes of an account's identities."""
    everything: tuple[_Named, ...] = (
        *before.users,
        *before.groups,
        *before.roles,
        *before.policies,
    )
    named = {each.id: each for each in everything}
    account = before.account
    for each in change.removed:
        named.pop(_id_of(each), None)
    for each in change.put:
        if isinstance(each, Account):
            account = _with_sorted_keys(each)
        else:
            named[each.id] = _with_sorted_keys(each) if isinstance(each, User) else each
    return _assembled(account, before.version + 1, named.values())


def _assembled(account: Account, version: int, named: Iterable[_Named]) -> Identities:
    by_name = sorted(named, key=lambda each: (each.name.lower(), each.id))

    def of(kind: type[_One]) -> tuple[_One, ...]:
        return tuple(each for each in by_name if isinstance(each, kind))

    return Identities(account, version, of(User), of(Group), of(Role), of(ManagedPolicy))


_Owner = TypeVar("_Owner", User, Account)


def _with_sorted_keys(owner: _Owner) -> _Owner:
    in_order = sorted(owner.keys, key=lambda key: (key.created_ms, key.id))
    return replace(owner, keys=tuple(in_order))


def _raise_version(db: Connection, before: Identities, after: Account) -> None:
    row: dict[str, Any] = {"created_ms": after.created_ms, "alias": after.alias}
    is_there = accounts.c.account == after.account
    try:
        with db.begin_nested():
            if before.version == 0:
                db.execute(insert(accounts).values(account=after.account, version=1, **row))
                return
            at_version = accounts.c.version == before.version
            done = db.execute(
                update(accounts)
                .where(is_there, at_version)
                .values(version=before.version + 1, **row)
            )
    except IntegrityError as error:
        if before.version == 0 and db.scalar(select(accounts.c.version).where(is_there)):
            raise Conflict(f"account {after.account} was changed meanwhile") from error
        raise NameTaken(f"account alias {after.alias}") from error
    if done.rowcount != 1:
        raise Conflict(f"account {after.account} is no longer at version {before.version}")


def _insert(db: Connection, table: Any, row: dict[str, Any], name: str) -> None:
    try:
        with db.begin_nested():
            db.execute(insert(table).values(row))
    except IntegrityError as error:
        raise NameTaken(name) from error


def _id_of(identity: Identity) -> str:
    return identity.account if isinstance(identity, Account) else identity.id


def _row(identity: _Named) -> dict[str, Any]:
    bare = replace(identity, keys=()) if isinstance(identity, User) else identity
    return {
        "id": identity.id,
        "account": identity.account,
        "kind": _KIND_OF[type(identity)],
        "name_key": identity.name.lower(),
        "body": msgspec.json.encode(bare).decode(),
    }


def _key_row(owner: User | Account, key: AccessKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "account": owner.account,
        "owner": _id_of(owner),
        "secret": key.secret,
        "master": key.master,
        "active": key.active,
        "created_ms": key.created_ms,
        "last_used": None if key.last_used is None else msgspec.json.encode(key.last_used).decode(),
    }
