"""The part of the catalog that says who may do what; see `shardline.storage.catalog_port`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shardline.storage.identities import Identities, Identity


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

    async def identities(self, accounts: Collection[str] | None = None) -> Sequence[Identities]:
        """The identities of every account that has been changed once, or of those of these.

        Raises `StorageError`.
        """
        ...

    async def identity_versions(self) -> Mapping[str, int]:
        """The version of every account that has been changed once. Raises `StorageError`."""
        ...

    async def change_identities(
        self, before: Identities, change: IdentityChange, *, told: bool = True
    ) -> Identities:
        """Store a change that was made from `before`; answers what there is then.

        One that is not `told` is not counted as a change: other processes find it by its version.

        Its version is one higher. Raises `Conflict`, having done nothing, unless the account is
        still at `before.version`; `NameTaken` for a name, an alias, or an access key's id, that
        another has; `OtherMaster` unless every access key is wrapped by the master key that wraps
        whatever is wrapped here.
        """
        ...
