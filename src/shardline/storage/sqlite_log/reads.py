"""Reading: from an offset or a time to records. Runs in a reading thread, on its own connection.

A reader sees what was committed, and with `synchronous = FULL` SQLite syncs a commit before it
publishes it to readers: nothing that is given here can be lost.
"""

import apsw

from shardline.storage import encrypted, frames
from shardline.storage.record_log import CipherMissing, Ciphers, Page, Run, Undecipherable
from shardline.storage.sqlite_log.commits import frame_place
from shardline.storage.sqlite_log.extent import Extent

_FRAMES = """
SELECT first, count, arrived_ms, body FROM frames
WHERE shard = ?1 AND first >= ifnull(
    (SELECT first FROM frames WHERE shard = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1), 0)
ORDER BY first
"""
_FRAME_OF = """
SELECT first, first + count, arrived_ms FROM frames
WHERE shard = ? AND first <= ? ORDER BY first DESC LIMIT 1
"""


def read_page(
    connection: apsw.Connection,
    stream: str,
    shard: int,
    extent: Extent,
    start: int,
    *,
    max_records: int,
    max_bytes: int,
    since_ms: int,
    ciphers: Ciphers,
) -> Page:
    """Read a page from `start`, which lies between the horizon and the tail of `extent`.

    One statement reads the whole page, so that it comes from one state of the database. That state
    may be newer than `extent`.
    """
    if since_ms:
        start = first_since(connection, shard, start, extent.next, since_ms)
    runs: list[Run] = []
    size = 0
    next_ = start
    waiting_ms = None
    rows = connection.execute(_FRAMES, (shard, start))
    try:
        for first, count, arrived_ms, body in rows:
            skip = max(0, start - first)
            is_encrypted = encrypted.is_encrypted(body)
            if is_encrypted:
                try:
                    place = frame_place(stream, shard, first, count, arrived_ms)
                    body = encrypted.decrypt(body, place, ciphers)
                except (CipherMissing, Undecipherable):
                    if not runs:
                        raise
                    waiting_ms = arrived_ms
                    break
            taken = frames.unpack(
                body, skip, max_records=max_records, max_bytes=max_bytes, at_least_one=not runs
            )
            if taken.keys:
                runs.append(Run(first + skip, arrived_ms, taken.keys, taken.datas, is_encrypted))
                next_ = first + skip + len(taken.keys)
                max_records -= len(taken.keys)
                max_bytes -= taken.size
                size += taken.size
            if next_ < first + count:
                waiting_ms = arrived_ms
                break
    finally:
        rows.close()
    return Page(tuple(runs), next_, waiting_ms, extent.is_read_up(next_), size)


def first_since(connection: apsw.Connection, shard: int, low: int, high: int, time_ms: int) -> int:
    """The first offset in `low` .. `high` that arrived at `time_ms` or later, else `high`.

    Frames that are deleted meanwhile lie below the horizon, and are as good as too old.
    """
    middle = low  # most readers follow the tail: nothing they ask for is too old
    while low < high:
        first, end, arrived_ms = connection.execute(_FRAME_OF, (shard, middle)).get or (0, 0, 0)
        if arrived_ms < time_ms:
            low = max(end, middle + 1)
        else:
            high = max(first, low)
        middle = (low + high) // 2
    return low
