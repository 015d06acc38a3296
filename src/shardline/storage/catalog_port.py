"""The Catalog port: everything that is not a record. This file is the contract.

Every change is one transaction and durable when the method returns. No method blocks the event
loop. Changes of a stream are optimistic: the caller hands in the whole new value, made from a
version that it read; a change that another one overtook raises `Conflict` and did nothing.

Exceptions (below `StorageError` of the record log's port):

    CatalogError
     ├── NameTaken   an insert met a stream, alarm or KMS alias of that account, region and name; or
     │               an identity of that account, kind and name, an account's alias, a key's id
     ├── Conflict    it, or the account's identities, were changed or removed meanwhile: read again
     │               and decide anew
     └── OtherMaster what is wrapped here is wrapped by another master key
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shardline.storage.alarm_entities import (
    Alarm,
    AlarmKey,
    AlarmType,
    HistoryItem,
    ItemType,
    Notice,
)
from shardline.storage.dashboard_entities import Dashboard, DashboardEntry
from shardline.storage.entities import Commitment, DayPeak, KmsKey, KmsKeyState, Stream
from shardline.storage.identities import Identities, Identity
from shardline.storage.record_log import StorageError


class CatalogError(StorageError):
    """A change that the catalog refused."""


class NameTaken(CatalogError):
    """What was to be added has the name of something that is there."""


class Conflict(CatalogError):
    """The stream or account is not at the version that the change was made from."""


class OtherMaster(CatalogError):
    """What the catalog holds is wrapped by another master key than this process has."""


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """What becomes of an account's identities: `put` are new, or take the place of those of the
    same id (an Account: of the account's number); `removed` are no more. An account stays."""

    put: tuple[Identity, ...] = ()
    removed: tuple[Identity, ...] = ()


class IdentityStore(Protocol):
    """Who may do what, by account. An account's identities are changed as a whole, optimistically.

    The secrets of access keys are kept as they are given, wrapped by the master key.
    """

    async def identities(self) -> Sequence[Identities]:
        """The identities of every account that has been changed once. Raises `StorageError`."""
        ...

    async def identity_versions(self) -> Mapping[str, int]:
        """The version of every account that has been changed once. Raises `StorageError`."""
        ...

    async def change_identities(self, before: Identities, change: IdentityChange) -> Identities:
        """Store a change that was made from `before`; answers what there is then.

        Its version is one higher. Raises `Conflict`, having done nothing, unless the account is
        still at `before.version`; `NameTaken` for a name, an alias, or an access key's id, that
        another has; `OtherMaster` unless every access key is wrapped by the master key that wraps
        whatever is wrapped here.
        """
        ...


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which items of the alarms' histories are asked for: of an account and region, by these.

    `start_ms` is in the range, `end_ms` is not. `after` is the time and the number of the item
    before the first one.
    """

    account: str
    region: str
    alarm: str | None
    alarm_types: Sequence[AlarmType]
    item_type: ItemType | None
    start_ms: int
    end_ms: int
    newest_first: bool
    after: tuple[int, int] | None
    limit: int


class Catalog(IdentityStore, Protocol):
    """Streams, alarms, what belongs to them and to accounts, KMS keys and named secrets.

    The module's docstring is the contract.
    """

    async def streams(self) -> Sequence[Stream]:
        """Every stream, in no order that one may rely on."""
        ...

    async def insert(self, stream: Stream) -> None:
        """Add a stream. Raises `NameTaken`."""
        ...

    async def update(self, stream: Stream) -> Stream:
        """Replace the stream of that id, if it is still at `stream.version`.

        Answers the stored value, whose version is one higher. Raises `Conflict`.
        """
        ...

    async def remove(self, stream_id: str) -> None:
        """Remove a stream and all that belongs to it. Idempotent."""
        ...

    async def peaks(self) -> Sequence[DayPeak]:
        """The peaks of every stream, sorted by stream and day."""
        ...

    async def replace_peaks(self, peaks: Mapping[str, Sequence[DayPeak]]) -> None:
        """Store all peaks of some streams, by stream id, in place of what was stored of them.

        One transaction for all. Streams that have been removed are passed over.
        """
        ...

    async def commitments(self) -> Sequence[Commitment]:
        """The commitments of every account and region that made one, sorted by them."""
        ...

    async def keep_commitment(self, commitment: Commitment) -> None:
        """Store a commitment in place of the one of that account and region. Idempotent."""
        ...

    async def secret(self, name: str, length: int) -> bytes:
        """The random secret of that name, made with `length` bytes the first time it is asked for.

        Every process that asks gets the same bytes.
        """
        ...

    async def master_key(self) -> str | None:
        """The fingerprint of the master key that wraps what is wrapped here; None if nothing is."""
        ...

    async def kms_keys(self) -> Sequence[KmsKey]:
        """Every KMS key, oldest first."""
        ...

    async def insert_kms_key(self, key: KmsKey, master: str) -> None:
        """Add a KMS key, wrapped by the master key of that fingerprint.

        Raises `NameTaken` for its alias, and `OtherMaster` unless all that is wrapped here is
        wrapped by that one.
        """
        ...

    async def set_kms_key_state(self, key_id: str, state: KmsKeyState) -> None:
        """Change the state of a KMS key. Raises `Conflict` when there is none of that id."""
        ...

    async def remove_kms_key(self, key_id: str) -> None:
        """Remove a KMS key for ever. Raises `Conflict` unless it is PENDING_DELETION."""
        ...

    async def dashboard(self, account: str, name: str) -> Dashboard | None:
        """The dashboard of that name."""
        ...

    async def dashboards(
        self, account: str, prefix: str, after: str, limit: int
    ) -> Sequence[DashboardEntry]:
        """At most `limit` dashboards whose names begin with `prefix`, behind `after`, by name."""
        ...

    async def put_dashboard(self, dashboard: Dashboard) -> None:
        """Add a dashboard, or replace the one of that account and name."""
        ...

    async def remove_dashboards(self, account: str, names: Collection[str]) -> set[str]:
        """Remove those of the dashboards that there are; answer their names."""

    async def alarms(self, place: tuple[str, str] | None = None) -> Sequence[Alarm]:
        """The alarms of an account and region, or every alarm, sorted by these and name."""
        ...

    async def alarm(self, key: AlarmKey) -> Alarm | None:
        """The alarm of that account, region and name."""
        ...

    async def insert_alarm(self, alarm: Alarm, items: Sequence[HistoryItem]) -> None:
        """Add an alarm, with items of its history. Raises `NameTaken`."""
        ...

    async def update_alarm(
        self, alarm: Alarm, items: Sequence[HistoryItem] = (), notices: Sequence[Notice] = ()
    ) -> None:
        """Replace the alarm of that name, if it is still at `alarm.version`; it gets one higher.

        What it makes happen is stored in the same transaction. Raises `Conflict`.
        """
        ...

    async def remove_alarms(self, keys: Sequence[AlarmKey], items: Sequence[HistoryItem]) -> None:
        """Remove alarms, with items of their histories, which stay. Idempotent."""
        ...

    async def alarm_history(self, query: HistoryQuery) -> Sequence[HistoryItem]:
        """The items that are asked for, by time and number, in the order that is asked for."""
        ...

    async def forget_alarm_history(self, before_ms: int) -> None:
        """Give up the items of before that time."""
        ...

    async def alarm_notices(self) -> Sequence[Notice]:
        """The actions that were not finished yet, oldest first."""
        ...

    async def finish_alarm_notice(self, notice_id: str, item: HistoryItem) -> None:
        """Remove an action that was taken or given up, and keep the item that says so. Idempotent:
        an action that is gone adds no item.
        """
        ...

    async def close(self) -> None:
        """Release the store. Idempotent."""
        ...
