"""What was changed by which change, each statement within a transaction of the caller.

The number of the last change is one row. A transaction that counts its change holds that row until
it ends, so changes get their numbers in the order in which others can see them: who reads a number,
and then anything else, sees every change up to that number. Count last: whoever changes something
waits for the row. What the last `REMEMBERED` changes were of is remembered.
"""

from typing import Final, cast

from sqlalchemy import Connection, delete, insert, select, update

from shardline.storage.catalog.schema import changed, changes
from shardline.storage.catalog_port import Changed, Kept

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


def changed_since(db: Connection, number: int) -> Changed:
    """What was changed after the change of that number."""
    now = last(db)
    if now == number:
        return Changed(now, frozenset())
    between = changed.c.number.between(number + 1, now)
    rows = db.execute(select(changed.c.kind, changed.c.id).where(between)).all()
    if number > now or len(rows) < now - number:
        return Changed(now, None)
    return Changed(now, frozenset((kind, kept_id) for kind, kept_id in rows))
