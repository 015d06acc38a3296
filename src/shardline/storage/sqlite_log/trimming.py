"""Retention: horizons at once, space in slices.

A trim only moves horizons, which are rows of `shards`; that is small, durable, and enough for no
reader to see the records again. The frames below a horizon are deleted afterwards in slices
between two commits, so that no producer waits longer than one slice takes. Their pages are used
for new frames. When more than half of a file is free, its end is given back to the file system,
again in slices; a stream whose load is steady never comes to that.
"""

from collections.abc import Mapping
from typing import cast

from shardline.storage.sqlite_log.commits import save_shard
from shardline.storage.sqlite_log.extent import Extent
from shardline.storage.sqlite_log.reads import first_since
from shardline.storage.sqlite_log.streamfile import StreamFile

# A file with less free space than this is left as it is.
SPARE_BYTES = 64 * 1024 * 1024
# Frames looked at for one slice: many small ones cost as much as a few large ones.
_SLICE_FRAMES = 1000

_LOWEST = """
SELECT first + count, length(body) FROM frames
WHERE shard = ? AND first < ? ORDER BY first LIMIT ?
"""


def trim(file: StreamFile, extents: Mapping[int, Extent], before_ms: int) -> dict[int, Extent]:
    """Move the horizons past what arrived before `before_ms`; durable on return.

    Answers the extents that changed.
    """
    connection = file.writer()
    drafts = {}
    for shard, extent in extents.items():
        if extent.last_ms < before_ms:
            horizon = extent.next
        else:
            horizon = first_since(connection, shard, extent.horizon, extent.next, before_ms)
        if horizon > extent.horizon:
            draft = drafts[shard] = extent.copy()
            draft.horizon = horizon
    if drafts:
        file.write([save_shard(shard, draft) for shard, draft in drafts.items()])
        file.garbage.update((shard, draft.horizon) for shard, draft in drafts.items())
    return drafts


def housekeep(file: StreamFile, free_bytes: int) -> None:
    """Do one slice of the work that can wait. Raises `apsw.Error`."""
    if file.garbage:
        _free_slice(file, free_bytes)
        file.may_shrink = True
    elif file.may_shrink:
        file.may_shrink = _give_back_slice(file, free_bytes)


def _free_slice(file: StreamFile, free_bytes: int) -> None:
    """Delete about `free_bytes` of frames below a horizon, and note when none are left there.

    A crash may bring the last ones back; they are found again when the file is loaded.
    """
    shard, horizon = next(iter(file.garbage.items()))
    lowest = file.writer().execute(_LOWEST, (shard, horizon, _SLICE_FRAMES)).fetchall()
    cut, room = horizon, free_bytes
    for end, size in cast(list[tuple[int, int]], lowest):
        cut, room = end, room - size
        if room <= 0:
            break
    file.write([("DELETE FROM frames WHERE shard = ? AND first < ?", (shard, cut))])
    if cut >= horizon:
        del file.garbage[shard]


def _give_back_slice(file: StreamFile, free_bytes: int) -> bool:
    """Make a file that is more than half free smaller by about `free_bytes`; whether it was."""
    connection = file.writer()
    free, total, page = (
        connection.pragma(name) for name in ("freelist_count", "page_count", "page_size")
    )
    if free * page < SPARE_BYTES or free * 2 < total:
        return False
    # The pragma frees a page each time that a row is asked for, and gives empty rows.
    connection.execute(f"PRAGMA incremental_vacuum({free_bytes // page})").fetchall()
    return True
