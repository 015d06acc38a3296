"""The RecordLog port: an ordered list of records per shard. This file is the contract.

A log holds *streams*, each named by a stream id that is never used again; a stream holds *shards*,
each named by its number. A shard is an ordered list of records, addressed by a 64-bit *offset*
that starts at 0, grows with every record, and may have gaps. `tests/contract/` runs one suite
over every implementation.

What every implementation promises:

* A record whose `append` returned an `Appended` is durable: no crash of the process or the
  machine loses it (an in-memory log says plainly that it lives as long as its process).
* Records of one batch get growing offsets, consecutive ones unless another process wrote between
  them (`Appended.offsets`); batches of one shard keep the order of the calls.
* Arrival times never decrease within a shard, whatever the clock does. Where several machines
  write to one shard at the same moment, they may go back by as much as their clocks differ.
* `seal` and `append` are atomic to each other: every batch either lies below the end that `seal`
  returned, or was refused. No append after a seal is ever acknowledged.
* The horizon of a shard never goes back: what was trimmed is never read again.
* A batch with a `Cipher` is stored encrypted by it, keys and data, and bound to its place: what
  was altered, or put in another place, is refused when it is read. How many records are encrypted
  at once is the log's to choose. A shard may hold records of several ciphers, and of none.
* Every method may be called at any time from the event loop that opened the log; none blocks it.

Exceptions (all below `StorageError`):

    StorageError
     ├── UnknownShard      the stream or the shard was never created, or was dropped
     ├── WriteFailed       nothing of this call was acknowledged; the caller may try again
     ├── OutOfReach        the store is known not to answer now; nothing new is tried until it does
     ├── CipherMissing     the next record is encrypted by a cipher that the reader has not
     ├── Undecipherable    the next record is not what was encrypted, or lies in another place
     └── StoreUnusable     the store cannot be opened: locked, too new, unreadable, wrong SQLite
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from msgspec import Struct

from shardline.storage.log_numbers import LogNumbers


class StorageError(Exception):
    """Something the storage layer could not do. Its text is meant for an operator."""


class UnknownShard(StorageError):
    """The stream or the shard does not exist in this log."""


class WriteFailed(StorageError):
    """A write did not become durable (a full disk, a failed sync); the caller may retry."""


class OutOfReach(StorageError):
    """The store is known not to answer: `RecordLog.trouble` says why. The caller may retry, and may
    do better with another process. An `append` was not begun, another change may be half done."""


class StoreUnusable(StorageError):
    """The store cannot be opened; nothing in it was touched."""


class CipherMissing(StorageError):
    """A record is encrypted by the cipher `number`, which the caller did not hand in."""

    def __init__(self, number: int) -> None:
        super().__init__(f"the records are encrypted under data key {number}, which is not there")
        self.number = number


class Undecipherable(StorageError):
    """Something encrypted is not what was written, or not where it was written."""


class Cipher(Protocol):
    """A stream's data key, as a log uses it (see `shardline.storage.ciphers`). Thread-safe.

    Its number names it within the stream, and stands in what it encrypts. `place` says where that
    lies; it is not stored, and has to be the same for decrypting.
    """

    @property
    def number(self) -> int:
        """What the cipher is called within its stream."""
        ...

    def encrypt(self, plain: bytes, place: bytes) -> bytes:
        """Encrypt, never the same way twice."""
        ...

    def decrypt(self, blob: bytes, place: bytes) -> bytes:
        """Undo `encrypt`. Raises `Undecipherable`."""
        ...


Ciphers = Mapping[int, Cipher]
"""Ciphers by their number."""

NO_CIPHERS: Ciphers = {}


class Batch(Struct, frozen=True):
    """Records for one shard, in order, as two columns of equal length: packed without a loop."""

    shard: int
    keys: Sequence[bytes]  # partition keys, UTF-8
    datas: Sequence[bytes]
    cipher: Cipher | None = None


class Appended(Struct, frozen=True):
    """A batch became durable at offsets `first` .. `first + len(keys) - 1`, or at `offsets`."""

    shard: int
    first: int
    arrived_ms: int  # one arrival time for the whole batch
    offsets: Sequence[int] | None = None  # of each record, where they are not consecutive


class Refused(Struct, frozen=True):
    """A batch was refused because its shard is sealed. Nothing of it was written."""

    shard: int


class Run(NamedTuple):
    """Records that lie at consecutive offsets and arrived at the same time."""

    first: int
    arrived_ms: int
    keys: Sequence[bytes]
    datas: Sequence[bytes]
    encrypted: bool = False  # as they are stored


@dataclass(frozen=True, slots=True)
class Page:
    """The answer to a read.

    `next` is the offset to read from next; it is never less than the offset asked for. `waiting_ms`
    is the arrival time of the record that `next` would give, or None when nothing is left.
    `at_end` says that the shard is sealed and everything in it has been read: nothing will follow.
    `size` is that of the records in bytes, keys and data.
    """

    runs: tuple[Run, ...]
    next: int
    waiting_ms: int | None
    at_end: bool
    size: int = 0


class RecordLog(Protocol):
    """An ordered, durable list of records per shard. The module's docstring is the contract."""

    async def create(self, stream: str, shards: Iterable[int]) -> None:
        """Make shards, and the stream with its first ones. Durable on return; idempotent.

        A shard that exists stays as it is, sealed or not.
        """
        ...

    async def append(self, stream: str, batches: Sequence[Batch]) -> Sequence[Appended | Refused]:
        """Append batches; answer one result per batch, in their order, each for itself.

        Durable on return. Not idempotent: a caller that retries after `WriteFailed` may find its
        records twice if the store came back with them. Raises `UnknownShard` before anything is
        written, `WriteFailed` when nothing of the call is acknowledged.
        """
        ...

    async def seal(self, stream: str, shards: Iterable[int]) -> Mapping[int, int]:
        """Close shards for good and answer the end of each: the offset after its last record.

        Durable on return; idempotent (a sealed shard answers the same end again). All shards of a
        call are sealed together. Raises `UnknownShard`, `WriteFailed`.
        """
        ...

    async def read(
        self,
        stream: str,
        shard: int,
        start: int,
        *,
        max_records: int,
        max_bytes: int,
        since_ms: int,
        ciphers: Ciphers = NO_CIPHERS,
    ) -> Page:
        """Read records from offset `start` (or the horizon, if that is later) in order.

        Gives at most `max_records` records and stops before the record that would take the sum of
        keys and data over `max_bytes`, but gives at least one record if there is one. Records that
        arrived before `since_ms` are passed over. Only durable records are given, decrypted with
        `ciphers`; a page ends before what these cannot decrypt, and raises `CipherMissing` or
        `Undecipherable` if that comes first. Raises `UnknownShard`.
        """
        ...

    async def offset_at(self, stream: str, shard: int, time_ms: int) -> int:
        """The offset of the first record that arrived at `time_ms` or later; else the tail."""
        ...

    async def tail(self, stream: str, shard: int) -> int:
        """The offset after the last record that was acknowledged, to whomever. Raises
        `UnknownShard`."""
        ...

    async def wait(self, stream: str, shard: int, offset: int) -> None:
        """Return when the tail is beyond `offset`, or the shard is sealed or dropped."""
        ...

    async def trim(self, stream: str, before_ms: int) -> Mapping[int, int]:
        """Give up the records of every shard of a stream that arrived before `before_ms`.

        Answers the horizon of each shard: the offset of the first record kept. The horizon is
        durable on return and never goes back; the space is freed then or soon after. Idempotent.
        """
        ...

    async def drop(self, stream: str) -> None:
        """Remove a stream and all its records. Appends that wait are refused. Idempotent."""
        ...

    def numbers(self) -> LogNumbers:
        """What was committed since the log was opened, and what waits. Answers from memory."""
        ...

    def trouble(self) -> str | None:
        """Why the store cannot be reached now, while every method would raise `OutOfReach`; None if
        it can, as far as is known. Answers from memory, and tells no addresses."""
        ...

    async def close(self) -> None:
        """Finish what was accepted and release everything. Idempotent."""
        ...
