"""Group commit: the writes that wait become one transaction, one sync, many answers.

Everything here runs in a committing thread, on copies: what the event loop knows of the stream
advances only after the transaction has been committed, so that an offset which was handed out to
a write that failed is handed out again, and never acknowledged twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from shardline.storage import frames
from shardline.storage.record_log import Appended, Batch, Refused
from shardline.storage.sqlite_log.extent import Extent, unknown
from shardline.storage.sqlite_log.streamfile import Statement

# Rows of one INSERT. A commit of at most so many frames is one statement (see StreamFile.write).
_ROWS = 32

_SAVE_SHARD = """
INSERT INTO shards (number, next, horizon, last_ms, sealed_end) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (number) DO UPDATE SET
    next = excluded.next, horizon = excluded.horizon, last_ms = excluded.last_ms,
    sealed_end = excluded.sealed_end
"""


class Draft(Extent):
    """An extent as a commit would leave it, and what the commit adds to it."""

    __slots__ = ("arrived_ms", "datas", "first", "is_saved", "keys")

    def __init__(self, extent: Extent, now_ms: int) -> None:
        super().__init__(extent.next, extent.horizon, extent.last_ms, extent.end)
        self.first = extent.next
        self.arrived_ms = max(now_ms, extent.last_ms)
        self.keys: list[Sequence[bytes]] = []  # columns, one for each batch
        self.datas: list[Sequence[bytes]] = []
        self.is_saved = False  # whether the row of the shard is written too

    def result(self) -> Extent:
        """What is known of the shard once the commit has succeeded."""
        extent = self.copy()
        if self.keys:
            extent.last_ms = self.arrived_ms
        return extent


class Group:
    """The writes of one commit, applied one after the other to copies of the extents."""

    def __init__(self, stream: str, extents: Mapping[int, Extent], now_ms: int) -> None:
        self.drafts: dict[int, Draft] = {}
        self._stream = stream
        self._extents = extents
        self._now_ms = now_ms

    def append(self, batches: Sequence[Batch]) -> list[Appended | Refused]:
        """Give each batch its offsets, or refuse it. Raises `UnknownShard` and does nothing."""
        drafts = self.drafts
        for batch in batches:
            if batch.shard not in drafts:
                self._draft(batch.shard)
        results: list[Appended | Refused] = []
        for shard, keys, datas in batches:
            draft = drafts[shard]
            first = draft.next
            if draft.end is not None:
                results.append(Refused(shard))
                continue
            results.append(Appended(shard, first, draft.arrived_ms))
            if keys:
                draft.next = first + len(keys)
                draft.keys.append(keys)
                draft.datas.append(datas)
        return results

    def seal(self, shards: Sequence[int]) -> dict[int, int]:
        """Seal shards and answer their ends. Raises `UnknownShard` and does nothing."""
        drafts = {shard: self._draft(shard) for shard in shards}
        for draft in drafts.values():
            if draft.end is None:
                draft.end = draft.next
                draft.is_saved = True
        return {shard: draft.next for shard, draft in drafts.items()}

    def create(self, shards: Iterable[int]) -> None:
        """Make the shards that are not there."""
        for shard in shards:
            if shard not in self._extents and shard not in self.drafts:
                draft = self.drafts[shard] = Draft(Extent(), self._now_ms)
                draft.is_saved = True

    def _draft(self, shard: int) -> Draft:
        draft = self.drafts.get(shard)
        if draft is None:
            extent = self._extents.get(shard)
            if extent is None:
                raise unknown(self._stream, [shard])
            draft = self.drafts[shard] = Draft(extent, self._now_ms)
        return draft

    def statements(self, frame_bytes: int) -> list[Statement]:
        """What is to be written; nothing if the group changes nothing."""
        statements = list(_inserts(self._rows(frame_bytes)))
        statements += [
            save_shard(n, draft.result()) for n, draft in self.drafts.items() if draft.is_saved
        ]
        return statements

    def _rows(self, frame_bytes: int) -> Iterator[tuple[int | bytes, ...]]:
        """Yield a row for each frame: the records of one shard, of however many requests."""
        for shard, draft in self.drafts.items():
            if draft.keys:
                first = draft.first
                for count, body in frames.pack(draft.keys, draft.datas, frame_bytes):
                    yield shard, first, count, draft.arrived_ms, body
                    first += count

    def extents(self) -> dict[int, Extent]:
        """What is known of the shards once this has been committed."""
        return {shard: draft.result() for shard, draft in self.drafts.items()}


def save_shard(shard: int, extent: Extent) -> Statement:
    """The statement that writes the row of a shard."""
    return _SAVE_SHARD, (shard, extent.next, extent.horizon, extent.last_ms, extent.end)


def _inserts(rows: Iterator[tuple[int | bytes, ...]]) -> Iterator[Statement]:
    pending: list[tuple[int | bytes, ...]] = []
    for row in rows:
        pending.append(row)
        if len(pending) == _ROWS:
            yield _insert(pending)
            pending = []
    if pending:
        yield _insert(pending)


def _insert(rows: Sequence[tuple[int | bytes, ...]]) -> Statement:
    values = ", ".join(["(?, ?, ?, ?, ?)"] * len(rows))
    sql = f"INSERT INTO frames (shard, first, count, arrived_ms, body) VALUES {values}"
    return sql, [value for row in rows for value in row]
