"""What is kept under a name, each statement within a transaction of the caller."""

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from shardline.storage.catalog.schema import meta, secrets


def find_secret(db: Connection, name: str) -> bytes | None:
    """The secret of that name, if it was made."""
    return db.scalar(select(secrets.c.value).where(secrets.c.name == name))


def keep_secret(db: Connection, name: str, value: bytes) -> bytes:
    """The secret of that name, which is `value` unless another process was first."""
    try:
        with db.begin_nested():
            db.execute(insert(secrets).values(name=name, value=value))
    except IntegrityError:
        return find_secret(db, name) or value
    return value


def keep_meta(db: Connection, name: str, value: str) -> str:
    """What `meta` says under a name, which is `value` unless another process was first."""
    if (stored := find_meta(db, name)) is not None:
        return stored
    try:
        with db.begin_nested():
            db.execute(insert(meta).values(name=name, value=value))
    except IntegrityError:
        return find_meta(db, name) or value
    return value


def find_meta(db: Connection, name: str) -> str | None:
    """What `meta` says under a name, if anything."""
    found: str | None = db.scalar(select(meta.c.value).where(meta.c.name == name))
    return found
