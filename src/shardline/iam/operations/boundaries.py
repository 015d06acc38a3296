"""Permissions boundaries of users and roles: Put…PermissionsBoundary, Delete…."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shardline.gateway.types import Caller
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.operations import changes, errors, lookups
from shardline.iam.operations.lookups import HolderKind
from shardline.storage.identities import Group
from shardline.storage.identity_port import IdentityChange

Call = Mapping[str, Any]


def check(directory: Directory, arn: str) -> None:
    """Raises for what cannot be a boundary: no policy's ARN, or no policy that is there."""
    if directory.policy(lookups.policy_arn(arn)) is None:
        raise errors.no_such_entity(f"Scope ARN: {arn} does not exist or is not attachable.")


class Boundaries:
    """The operations on permissions boundaries."""

    def __init__(self, book: IdentityBook) -> None:
        self._book = book

    async def put(self, kind: HolderKind, caller: Caller, call: Call) -> None:
        """Limit a user or role by a managed policy, in place of the one that limits it now."""
        arn = call["PermissionsBoundary"]

        def decide(directory: Directory) -> IdentityChange:
            check(directory, arn)
            return _with_boundary(directory, kind, call, arn)

        await changes.change(self._book, caller.account, decide)

    async def delete(self, kind: HolderKind, caller: Caller, call: Call) -> None:
        """Lift the limit of a user or role, if it has one."""

        def decide(directory: Directory) -> IdentityChange:
            return _with_boundary(directory, kind, call, None)

        await changes.change(self._book, caller.account, decide)


def _with_boundary(
    directory: Directory, kind: HolderKind, call: Call, arn: str | None
) -> IdentityChange:
    holder = kind.of(directory, call)
    assert not isinstance(holder, Group), "a group has no boundary"
    return changes.NOTHING if holder.boundary == arn else changes.put(replace(holder, boundary=arn))
