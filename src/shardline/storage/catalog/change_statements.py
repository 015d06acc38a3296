"""The number of the catalog's last change, each statement within a transaction of the caller.

The number is one row. A transaction that counts its change holds that row until it ends, so changes
get their numbers in the order in which others can see them: who reads a number, and then anything
else, sees every change up to that number. Count last: whoever changes something waits for the row.
"""

from typing import cast

from sqlalchemy import Connection, insert, select, update

from shardline.storage.catalog.schema import changes


def begin(db: Connection) -> None:
    """Begin to count, in a store that is new."""
    db.execute(insert(changes).values(number=0))


def count(db: Connection) -> int:
    """The number of the change that this transaction makes."""
    counted = update(changes).values(number=changes.c.number + 1).returning(changes.c.number)
    return cast(int, db.execute(counted).scalar_one())


def last(db: Connection) -> int:
    """The number of the last change; 0 before the first."""
    return cast(int, db.execute(select(changes.c.number)).scalar_one())
