"""What was changed by which change, each statement within a transaction of the caller.

The number of the last change is one row. A transaction that counts its change holds that row until
it ends, so changes get their numbers in the order in which others can see them: who reads a number,
and then anything else, sees every change up to that number. Count last: whoever changes something
waits for the row. What the last `REMEMBERED` changes were of is remembered.
"""

from collections.abc import Mapping
from typing import Final, cast

from sqlalchemy import Connection, delete, insert, select, update

from shardline.storage.catalog.schema import changed, changes
from shardline.storage.catalog_port import Kept

REMEMBERED: Final = 10_000


def begin(db: Connection) -> None:
    """Begin to count, in a store that is new."""
    db.execute(insert(changes).values(number=0))


def count(db: Connection, kept: Kept) -> int:
    """The number of the change that this transaction makes of `kept`."""
    counted = update(changes).values(number=changes.c.number + 1).returning(changes.c.number)
    number = cast(int, db.execute(counted).scalar_one())
    db.execute(insert(changed).values(number=number, kind=kept[0], id=kept[1]))
    db.execute(delete(changed).where(changed.c.number <= number - REMEMBERED))
    return number


def last(db: Connection) -> int:
    """The number of the last change; 0 before the first."""
    return cast(int, db.execute(select(changes.c.number)).scalar_one())


def since(db: Connection, number: int) -> tuple[int, Mapping[int, Kept] | None]:
    """The last number, and what was changed by those after `number`; None if not all is known."""
    now = last(db)
    if now == number:
        return now, {}
    between = changed.c.number.between(number + 1, now)
    found = {row.number: (row.kind, row.id) for row in db.execute(select(changed).where(between))}
    return now, None if number > now or len(found) < now - number else found
