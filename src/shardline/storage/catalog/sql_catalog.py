"""The catalog in an SQL database. The contract is in `shardline.storage.catalog_port`."""

import asyncio
import dataclasses
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import Connection, Engine

from shardline.storage.alarm_entities import Alarm, AlarmKey, HistoryItem, Notice
from shardline.storage.catalog import (
    alarm_statements,
    dashboard_statements,
    identity_statements,
    kms_statements,
    on_demand_statements,
    statements,
)
from shardline.storage.catalog.engine import reading, sqlite_engine, writing
from shardline.storage.catalog.migrate import bring_up_to_date
from shardline.storage.catalog_port import HistoryQuery, IdentityChange
from shardline.storage.dashboard_entities import Dashboard, DashboardEntry
from shardline.storage.entities import Commitment, DayPeak, KmsKey, KmsKeyState, Stream
from shardline.storage.files import create_private
from shardline.storage.identities import Identities
from shardline.storage.record_log import StorageError, StoreUnusable

_Answer = TypeVar("_Answer")


class SqlCatalog:
    """A `Catalog` on SQLite, in a file or in memory; open one with `open`.

    The database is used from one thread of its own, so no method blocks the event loop, and the
    calls of one catalog happen in their order. A call that is cancelled may still take effect.
    Tags come back sorted by key, shards by number, consumers by name.
    """

    def __init__(self, engine: Engine, store: str, worker: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._store = store
        self._worker = worker
        self._is_closed = False
        # The last value of each stream that was read or written here: no truth, only what saves an
        # update from reading the shards of the very version that it replaces.
        self._known: dict[str, Stream] = {}

    @classmethod
    async def open(cls, path: Path | None, *, busy_timeout_ms: int = 5000) -> Self:
        """Open the catalog in a file, making or migrating it; None keeps it in memory.

        A write waits up to `busy_timeout_ms` for another process. Raises `StoreUnusable`, having
        touched nothing, for a file that is newer, damaged or something else.
        """
        store = "the catalog in memory" if path is None else f"the catalog {path}"
        worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="catalog")
        try:
            engine = await asyncio.get_running_loop().run_in_executor(
                worker, _open_engine, path, store, busy_timeout_ms
            )
        except BaseException:
            worker.shutdown(wait=False)
            raise
        return cls(engine, store, worker)

    async def streams(self) -> Sequence[Stream]:
        """Every stream, as of one moment. Raises `StorageError`."""

        def work() -> list[Stream]:
            with reading(self._engine, self._store) as db:
                found = statements.load_streams(db)
            self._known = {stream.id: stream for stream in found}
            return found

        return await self._run(work)

    async def insert(self, stream: Stream) -> None:
        """Add a stream. Raises `NameTaken`, `WriteFailed`."""

        def work() -> None:
            with writing(self._engine, self._store) as db:
                statements.insert_stream(db, stream)
            self._known[stream.id] = stream

        await self._run(work)

    async def update(self, stream: Stream) -> Stream:
        """Replace the stream of that id; answer the stored value.

        Raises `Conflict`, `WriteFailed`.
        """

        def work() -> Stream:
            with writing(self._engine, self._store) as db:
                statements.update_stream(db, stream, self._known.get(stream.id))
            stored = dataclasses.replace(
                stream,
                shards=tuple(sorted(stream.shards, key=lambda shard: shard.number)),
                tags=tuple(sorted(stream.tags)),
                consumers=tuple(sorted(stream.consumers, key=lambda consumer: consumer.name)),
                version=stream.version + 1,
            )
            self._known[stream.id] = stored
            return stored

        return await self._run(work)

    async def remove(self, stream_id: str) -> None:
        """Remove a stream and all that belongs to it. Idempotent. Raises `WriteFailed`."""

        def work() -> None:
            with writing(self._engine, self._store) as db:
                statements.remove_stream(db, stream_id)
            self._known.pop(stream_id, None)

        await self._run(work)

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
        await self._write(lambda db: on_demand_statements.keep_commitment(db, commitment))

    async def secret(self, name: str, length: int) -> bytes:
        """The random secret of that name, of `length` bytes if it is new."""

        def work() -> bytes:
            with reading(self._engine, self._store) as db:
                found = statements.find_secret(db, name)
            if found is not None:
                return found
            with writing(self._engine, self._store) as db:
                return statements.keep_secret(db, name, secrets.token_bytes(length))

        return await self._run(work)

    async def master_key(self) -> str | None:
        """The fingerprint of the master key that wraps what is wrapped here; None if nothing is."""
        return await self._read(kms_statements.master_key)

    async def kms_keys(self) -> Sequence[KmsKey]:
        """Every KMS key, oldest first. Raises `StorageError`."""
        return await self._read(kms_statements.load_kms_keys)

    async def insert_kms_key(self, key: KmsKey, master: str) -> None:
        """Add a KMS key. Raises `NameTaken`, `OtherMaster`, `WriteFailed`."""
        await self._write(lambda db: kms_statements.insert_kms_key(db, key, master))

    async def set_kms_key_state(self, key_id: str, state: KmsKeyState) -> None:
        """Change the state of a KMS key. Raises `Conflict`, `WriteFailed`."""
        await self._write(lambda db: kms_statements.set_kms_key_state(db, key_id, state))

    async def remove_kms_key(self, key_id: str) -> None:
        """Remove a KMS key that is PENDING_DELETION. Raises `Conflict`, `WriteFailed`."""
        await self._write(lambda db: kms_statements.remove_kms_key(db, key_id))

    async def dashboard(self, account: str, name: str) -> Dashboard | None:
        """The dashboard of that name. Raises `StorageError`."""
        return await self._read(lambda db: dashboard_statements.find_dashboard(db, account, name))

    async def dashboards(
        self, account: str, prefix: str, after: str, limit: int
    ) -> Sequence[DashboardEntry]:
        """Dashboards by name. Raises `StorageError`."""
        return await self._read(
            lambda db: dashboard_statements.list_dashboards(db, account, prefix, after, limit)
        )

    async def put_dashboard(self, dashboard: Dashboard) -> None:
        """Add or replace a dashboard. Raises `WriteFailed`."""
        await self._write(lambda db: dashboard_statements.put_dashboard(db, dashboard))

    async def remove_dashboards(self, account: str, names: Collection[str]) -> set[str]:
        """Remove dashboards; answer the names of those there were. Raises `WriteFailed`."""
        return await self._write(
            lambda db: dashboard_statements.remove_dashboards(db, account, names)
        )

    async def identities(self) -> Sequence[Identities]:
        """The identities of every account, as of one moment. Raises `StorageError`."""
        return await self._read(identity_statements.load_identities)

    async def identity_versions(self) -> Mapping[str, int]:
        """The version of every account. Raises `StorageError`."""
        return await self._read(identity_statements.versions)

    async def change_identities(self, before: Identities, change: IdentityChange) -> Identities:
        """Store a change of an account's identities; answers what there is then.

        Raises `Conflict`, `NameTaken`, `OtherMaster`, `WriteFailed`.
        """
        await self._write(lambda db: identity_statements.change(db, before, change))
        return identity_statements.changed(before, change)

    async def alarms(self, place: tuple[str, str] | None = None) -> Sequence[Alarm]:
        """Alarms, sorted by account, region and name. Raises `StorageError`."""
        return await self._read(lambda db: alarm_statements.load_alarms(db, place))

    async def alarm(self, key: AlarmKey) -> Alarm | None:
        """The alarm of that name. Raises `StorageError`."""
        return await self._read(lambda db: alarm_statements.find_alarm(db, key))

    async def insert_alarm(self, alarm: Alarm, items: Sequence[HistoryItem]) -> None:
        """Add an alarm, with items of its history. Raises `NameTaken`, `WriteFailed`."""
        await self._write(lambda db: alarm_statements.insert_alarm(db, alarm, items))

    async def update_alarm(
        self, alarm: Alarm, items: Sequence[HistoryItem] = (), notices: Sequence[Notice] = ()
    ) -> None:
        """Replace an alarm, with what follows from it. Raises `Conflict`, `WriteFailed`."""
        await self._write(lambda db: alarm_statements.update_alarm(db, alarm, items, notices))

    async def remove_alarms(self, keys: Sequence[AlarmKey], items: Sequence[HistoryItem]) -> None:
        """Remove alarms, not their histories. Idempotent. Raises `WriteFailed`."""
        await self._write(lambda db: alarm_statements.remove_alarms(db, keys, items))

    async def alarm_history(self, query: HistoryQuery) -> Sequence[HistoryItem]:
        """The items that are asked for. Raises `StorageError`."""
        return await self._read(lambda db: alarm_statements.find_history(db, query))

    async def forget_alarm_history(self, before_ms: int) -> None:
        """Give up the items of before that time. Raises `WriteFailed`."""
        await self._write(lambda db: alarm_statements.forget_history(db, before_ms))

    async def alarm_notices(self) -> Sequence[Notice]:
        """The actions that were not finished yet, oldest first. Raises `StorageError`."""
        return await self._read(alarm_statements.load_notices)

    async def finish_alarm_notice(self, notice_id: str, item: HistoryItem) -> None:
        """Remove an action and keep the item that tells of it. Raises `WriteFailed`."""
        await self._write(lambda db: alarm_statements.finish_notice(db, notice_id, item))

    async def close(self) -> None:
        """Finish what was called and release the store. Idempotent."""
        if not self._is_closed:
            self._is_closed = True
            await asyncio.get_running_loop().run_in_executor(self._worker, self._engine.dispose)
            self._worker.shutdown()  # waits for no work: the last one was the line before

    async def _read(self, read: Callable[[Connection], _Answer]) -> _Answer:
        def work() -> _Answer:
            with reading(self._engine, self._store) as db:
                return read(db)

        return await self._run(work)

    async def _write(self, write: Callable[[Connection], _Answer]) -> _Answer:
        def work() -> _Answer:
            with writing(self._engine, self._store) as db:
                return write(db)

        return await self._run(work)

    async def _run(self, work: Callable[[], _Answer]) -> _Answer:
        if self._is_closed:
            raise StorageError(f"{self._store} is closed")
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)


def _open_engine(path: Path | None, store: str, busy_timeout_ms: int) -> Engine:
    if path is not None:
        try:
            create_private(path)
        except OSError as error:
            raise StoreUnusable(f"{store} cannot be made: {error.strerror}") from error
    engine = sqlite_engine(path, busy_timeout_ms)
    try:
        bring_up_to_date(engine, store, in_memory=path is None)
    except BaseException:
        engine.dispose()
        raise
    return engine
