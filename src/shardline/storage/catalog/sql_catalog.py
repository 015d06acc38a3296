"""The catalog in an SQL database. The contract is in `shardline.storage.catalog_port`."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, Engine

from shardline.storage.catalog import (
    change_statements,
    kms_statements,
    name_statements,
    on_demand_statements,
    statements,
)
from shardline.storage.catalog.sql_alarms import SqlAlarms
from shardline.storage.catalog.sql_dashboards import SqlDashboards
from shardline.storage.catalog.sql_identities import SqlIdentities
from shardline.storage.catalog.sql_ranges import SqlRanges
from shardline.storage.catalog.sql_subscriptions import SqlSubscriptions
from shardline.storage.catalog_port import Changed, Kept
from shardline.storage.entities import Commitment, DayPeak, KmsKey, KmsKeyState, Stream
from shardline.storage.members_port import Members


class SqlCatalog(SqlIdentities, SqlAlarms, SqlDashboards, SqlSubscriptions, SqlRanges):
    """A `Catalog`. Tags come back sorted by key, shards by number, consumers by name."""

    def __init__(
        self, engine: Engine, store: str, workers: Sequence[ThreadPoolExecutor], members: Members
    ) -> None:
        super().__init__(engine, store, workers, members)
        # Values of streams that were read or written here: no truth, only what saves an update from
        # reading the shards of the very version that it replaces. Of an id and version there is
        # one value, whoever wrote it; so an old one is of no use, but never wrong.
        self._known: dict[str, Stream] = {}

    async def last_change(self) -> int:
        """The number of the last change. Raises `StorageError`."""
        return await self._read(change_statements.last)

    async def changed_since(self, number: int) -> Changed:
        """What others changed after the change of that number. Raises `StorageError`."""
        now, found = await self._read(lambda db: change_statements.since(db, number))
        others = None
        if found is not None:
            others = frozenset(kept for each, kept in found.items() if each not in self._mine)
        self._mine = {each for each in self._mine if each > now}
        return Changed(now, others)

    async def seen_by_all(self) -> None:
        """Return when every process has seen what is changed by now. Raises `StorageError`."""
        await self._members.seen_by_all(await self.last_change())

    async def streams(self, ids: Collection[str] | None = None) -> Sequence[Stream]:
        """Every stream, or those of these ids, as of one moment. Raises `StorageError`."""
        found = await self._read(lambda db: statements.load_streams(db, ids))
        self._known.update((stream.id, stream) for stream in found)
        return found

    async def stream_versions(self) -> Mapping[str, int]:
        """The version of every stream. Raises `StorageError`."""
        versions = await self._read(statements.stream_versions)
        for gone in self._known.keys() - versions.keys():
            del self._known[gone]
        return versions

    async def insert(self, stream: Stream) -> None:
        """Add a stream. Raises `NameTaken`, `TopicTaken`, `WriteFailed`."""
        await self._write(lambda db: statements.insert_stream(db, stream), told=_kept(stream))
        self._known[stream.id] = stream

    async def update(self, stream: Stream) -> Stream:
        """Replace the stream of that id; answer the stored value.

        Raises `Conflict`, `WriteFailed`.
        """

        def write(db: Connection) -> Stream:
            return statements.update_stream(db, stream, self._known.get(stream.id))

        stored = self._known[stream.id] = await self._write(write, told=_kept(stream))
        return stored

    async def remove(self, stream_id: str) -> None:
        """Remove a stream and all that belongs to it. Idempotent. Raises `WriteFailed`."""
        await self._write(
            lambda db: statements.remove_stream(db, stream_id), told=("stream", stream_id)
        )
        self._known.pop(stream_id, None)

    async def peaks(self) -> Sequence[DayPeak]:
        """The peaks of every stream, sorted by stream and day. Raises `StorageError`."""
        return await self._read(on_demand_statements.find_peaks)

    async def replace_peaks(self, peaks: Mapping[str, Sequence[DayPeak]]) -> None:
        """Store all peaks of some streams, in place of the old ones. Raises `WriteFailed`."""
        await self._write(lambda db: on_demand_statements.replace_peaks(db, peaks))

    async def commitments(self) -> Sequence[Commitment]:
        """Every commitment, sorted by account and region. Raises `StorageError`."""
        return await self._read(on_demand_statements.find_commitments)

    async def keep_commitment(self, commitment: Commitment) -> None:
        """Store the commitment of an account and region. Idempotent. Raises `WriteFailed`."""
        kept: Kept = ("commitment", f"{commitment.account}/{commitment.region}")
        await self._write(
            lambda db: on_demand_statements.keep_commitment(db, commitment), told=kept
        )

    async def secret(self, name: str, length: int) -> bytes:
        """The random secret of that name, of `length` bytes if it is new."""

        found = await self._read(lambda db: name_statements.find_secret(db, name))
        if found is not None:
            return found
        new = secrets.token_bytes(length)
        return await self._write(lambda db: name_statements.keep_secret(db, name, new))

    async def master_key(self) -> str | None:
        """The fingerprint of the master key that wraps what is wrapped here; None if nothing is."""
        return await self._read(kms_statements.master_key)

    async def kms_keys(self) -> Sequence[KmsKey]:
        """Every KMS key, oldest first. Raises `StorageError`."""
        return await self._read(kms_statements.load_kms_keys)

    async def insert_kms_key(self, key: KmsKey, master: str) -> None:
        """Add a KMS key. Raises `NameTaken`, `OtherMaster`, `WriteFailed`."""
        await self._write(
            lambda db: kms_statements.insert_kms_key(db, key, master), told=("kms-key", key.id)
        )

    async def set_kms_key_state(self, key_id: str, state: KmsKeyState) -> None:
        """Change the state of a KMS key. Raises `Conflict`, `WriteFailed`."""
        await self._write(
            lambda db: kms_statements.set_kms_key_state(db, key_id, state), told=("kms-key", key_id)
        )

    async def remove_kms_key(self, key_id: str) -> None:
        """Remove a KMS key that is PENDING_DELETION. Raises `Conflict`, `WriteFailed`."""
        await self._write(
            lambda db: kms_statements.remove_kms_key(db, key_id), told=("kms-key", key_id)
        )


def _kept(stream: Stream) -> Kept:
    return "stream", stream.id
