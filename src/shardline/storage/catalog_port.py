"""The Catalog port: everything that is not a record. This file is the contract, with the parts for
identities, alarms and dashboards beside it, of which each service sees its own.

Every change is one transaction and durable when the method returns. No method blocks the event
loop. Changes of a stream are optimistic: the caller hands in the whole new value, made from a
version that it read; a change that another one overtook raises `Conflict` and did nothing.

Several processes may use one catalog, each of which keeps in memory what it read of streams,
identities, KMS keys and commitments. The changes of these are counted; and a method that makes one
returns only when every other process has seen it, or serves no more (see `members_port`).

Exceptions (below `StorageError` of the record log's port):

    CatalogError
     ├── NameTaken   an insert met a stream, alarm or KMS alias of that account, region and name; or
     │               an identity of that account, kind and name, an account's alias, a key's id
     ├── TopicTaken  an insert met a stream that is the same topic of somebody else
     ├── Conflict    it, or the account's identities, were changed or removed meanwhile: read again
     │               and decide anew
     └── OtherMaster what is wrapped here is wrapped by another master key
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from shardline.storage.alarm_port import AlarmStore
from shardline.storage.dashboard_port import DashboardStore
from shardline.storage.entities import Commitment, DayPeak, KmsKey, KmsKeyState, Stream
from shardline.storage.identity_port import IdentityStore
from shardline.storage.range_port import RangeStore
from shardline.storage.record_log import StorageError
from shardline.storage.subscription_port import SubscriptionStore


class CatalogError(StorageError):
    """A change that the catalog refused."""


class NameTaken(CatalogError):
    """What was to be added has the name of something that is there."""


class TopicTaken(CatalogError):
    """The topic that was to be a stream is one already, which the message names."""


class Conflict(CatalogError):
    """The stream or account is not at the version that the change was made from."""


class OtherMaster(CatalogError):
    """What the catalog holds is wrapped by another master key than this process has."""


KeptKind = Literal["stream", "account", "kms-key", "commitment", "subscription", "ranges"]

Kept = tuple[KeptKind, str]
"""Something that processes keep in memory, and its id: a stream's or KMS key's; an account's number
for its identities; account and region of a commitment, with a slash; stream, shard and consumer of
a subscription, likewise; the id of a stream for its ranges in Kafka."""


class Changed(NamedTuple):
    """What others changed up to the change of that number. None: maybe everything, who knows."""

    number: int
    what: frozenset[Kept] | None

    def ids(self, kind: KeptKind) -> frozenset[str] | None:
        """The ids of what was changed of a kind; None: maybe all."""
        if self.what is None:
            return None
        return frozenset(kept_id for each, kept_id in self.what if each == kind)


class Catalog(IdentityStore, AlarmStore, DashboardStore, SubscriptionStore, RangeStore, Protocol):
    """Streams, what belongs to them and to accounts, KMS keys and named secrets; and all that the
    other parts hold. The module's docstring is the contract.
    """

    async def last_change(self) -> int:
        """The number of the last change of what processes keep in memory; it only grows.

        What is read after it is at least as new. 0 before the first one.
        """
        ...

    async def changed_since(self, number: int) -> Changed:
        """What others changed after the change of that number. Raises `StorageError`.

        To be asked by one follower: what was changed through this very object is left out.
        """
        ...

    async def seen_by_all(self) -> None:
        """Return when every other process has seen what is changed by now, or serves no more.

        For who is about to tell of a change that another process has made, but not told of yet.
        """
        ...

    async def streams(self, ids: Collection[str] | None = None) -> Sequence[Stream]:
        """Every stream, or those of these ids that there are, in no order that one may rely on."""
        ...

    async def stream_versions(self) -> Mapping[str, int]:
        """The version of every stream, by its id. Raises `StorageError`."""
        ...

    async def insert(self, stream: Stream) -> None:
        """Add a stream. Raises `NameTaken`, `TopicTaken`."""
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

    async def close(self) -> None:
        """Release the store. Idempotent."""
        ...
