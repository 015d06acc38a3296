"""Group commit: the writes that wait become one transaction, one sync, many answers.

Everything here runs in a committing thread, on copies: what the event loop knows of the stream
advances only after the transaction has been committed, so that an offset which was handed out to
a write that failed is handed out again, and never acknowledged twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from shardline.storage import encrypted, frames
from shardline.storage.record_log import Appended, Batch, Cipher, Refused
from shardline.storage.sqlite_log.extent import Extent, unknown
from shardline.storage.sqlite_log.streamfile import Statement

# Rows of one INSERT. A commit of at most so many frames is one statement (see StreamFile.write).
_ROWS = 32

_INSERTS = [
    "INSERT INTO frames (shard, first, count, arrived_ms, body) VALUES "
    + ", ".join(["(?, ?, ?, ?, ?)"] * rows)
    for rows in range(_ROWS + 1)
]
"""By the number of rows; the same text each time, which apsw then finds prepared."""

_SAVE_SHARD = """
INSERT INTO shards (number, next, horizon, last_ms, sealed_end) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (number) DO UPDATE SET
    next = excluded.next, horizon = excluded.horizon, last_ms = excluded.last_ms,
    sealed_end = excluded.sealed_end
"""


class Columns:
    """Batches of one shard that follow each other and have the same cipher: a column of each."""

    __slots__ = ("cipher", "datas", "keys")

    def __init__(self, cipher: Cipher | None) -> None:
        self.cipher = cipher
        self.keys: list[Sequence[bytes]] = []
        self.datas: list[Sequence[bytes]] = []


class Draft(Extent):
    """An extent as a commit would leave it, and what the commit adds to it."""

    __slots__ = ("added", "arrived_ms", "first", "is_saved")

    def __init__(self, extent: Extent, now_ms: int) -> None:
        super().__init__(extent.next, extent.horizon, extent.last_ms, extent.end)
        self.first = extent.next
        self.arrived_ms = max(now_ms, extent.last_ms)
        self.added: list[Columns] = []
        self.is_saved = False  # whether the row of the shard is written too

    def add(self, batch: Batch) -> None:
        """Take a batch that is not empty."""
        added = self.added
        if not added or added[-1].cipher is not batch.cipher:
            added.append(Columns(batch.cipher))
        added[-1].keys.append(batch.keys)
        added[-1].datas.append(batch.datas)
        self.next += len(batch.keys)

    def result(self) -> Extent:
        """What is known of the shard once the commit has succeeded."""
        extent = self.copy()
        if self.added:
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
        known = self.drafts
        drafts = [known.get(batch.shard) or self._draft(batch.shard) for batch in batches]
        results: list[Appended | Refused] = []
        for draft, batch in zip(drafts, batches, strict=True):
            if draft.end is not None:
                results.append(Refused(batch.shard))
                continue
            results.append(Appended(batch.shard, draft.next, draft.arrived_ms))
            if batch.keys:
                draft.add(batch)
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
            first = draft.first
            for columns in draft.added:
                for count, body in frames.pack(columns.keys, columns.datas, frame_bytes):
                    if columns.cipher is not None:
                        place = frame_place(self._stream, shard, first, count, draft.arrived_ms)
                        body = columns.cipher.encrypt(body, place)
                    yield shard, first, count, draft.arrived_ms, body
                    first += count

    def extents(self) -> dict[int, Extent]:
        """What is known of the shards once this has been committed."""
        return {shard: draft.result() for shard, draft in self.drafts.items()}


def frame_place(stream: str, shard: int, first: int, count: int, arrived_ms: int) -> bytes:
    """Where a frame lies, to which its encryption is bound: all that its row says but the body."""
    return encrypted.place("frame", stream, shard, first, count, arrived_ms)


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
    return _INSERTS[len(rows)], list(chain.from_iterable(rows))
