"""Managed policies on users, groups and roles: Attach…Policy, Detach…Policy, ListAttached…Policies,
and who has a policy: ListEntitiesForPolicy."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shardline.gateway.types import Caller
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.operations import answers, changes, errors, lookups
from shardline.iam.operations.lookups import Holder, HolderKind
from shardline.iam.operations.paging import page
from shardline.iam.operations.usage import boundary_of
from shardline.storage.identity_port import IdentityChange

MOST_ATTACHED = 10

Call = Mapping[str, Any]


class Attachments:
    """The operations on attached policies."""

    def __init__(self, book: IdentityBook) -> None:
        self._book = book

    async def attach(self, kind: HolderKind, caller: Caller, call: Call) -> None:
        """Attach a managed policy; one that is attached stays so."""
        arn = lookups.policy_arn(call["PolicyArn"])

        def decide(directory: Directory) -> IdentityChange:
            holder = kind.of(directory, call)
            if directory.policy(arn) is None:
                raise errors.not_attachable(arn)
            if arn in holder.attached:
                return changes.NOTHING
            if len(holder.attached) >= MOST_ATTACHED:
                raise errors.quota(f"PoliciesPer{kind.noun}", MOST_ATTACHED)
            return changes.put(replace(holder, attached=(*holder.attached, arn)))

        await changes.change(self._book, caller.account, decide)

    async def detach(self, kind: HolderKind, caller: Caller, call: Call) -> None:
        """Take a managed policy away."""
        arn = lookups.policy_arn(call["PolicyArn"])

        def decide(directory: Directory) -> IdentityChange:
            holder = kind.of(directory, call)
            if arn not in holder.attached:
                raise errors.policy_not_found(arn)
            left = tuple(each for each in holder.attached if each != arn)
            return changes.put(replace(holder, attached=left))

        await changes.change(self._book, caller.account, decide)

    async def list_attached(self, kind: HolderKind, caller: Caller, call: Call) -> dict[str, Any]:
        """The managed policies of an identity, by name; those below a path."""
        directory = self._book.directory(caller.account)
        prefix = call.get("PathPrefix", "/")
        arns = [arn for arn in kind.of(directory, call).attached if _path(arn).startswith(prefix)]
        told, rest = page(call, sorted(arns, key=_order), _order)
        return {"AttachedPolicies": answers.attached_of(told), **rest}

    async def list_entities_for_policy(self, caller: Caller, call: Call) -> dict[str, Any]:
        """Who has a policy, or is bounded by it: groups, users, then roles, by name."""
        directory = self._book.directory(caller.account)
        arn = lookups.policy(directory, call["PolicyArn"]).arn
        found = [
            holder
            for holder in lookups.holders(directory)
            if _has(holder, arn, call.get("PolicyUsageFilter"))
            and holder.path.startswith(call.get("PathPrefix", "/"))
            and call.get("EntityFilter") in (None, _noun(holder))
        ]
        told, rest = page(call, found, lambda holder: (_ORDER[_noun(holder)], holder.name.lower()))
        return {
            f"Policy{noun}s": [
                {f"{noun}Name": each.name, f"{noun}Id": each.id}
                for each in told
                if _noun(each) == noun
            ]
            for noun in _ORDER
        } | rest


_ORDER = {"Group": "0", "User": "1", "Role": "2"}


def _noun(holder: Holder) -> str:
    return type(holder).__name__


def _has(holder: Holder, arn: str, usage: str | None) -> bool:
    attached, bounds = arn in holder.attached, boundary_of(holder) == arn
    if usage is None:
        return attached or bounds
    return attached if usage == "PermissionsPolicy" else bounds


def _path(arn: str) -> str:
    return arn.partition(":policy")[2].rpartition("/")[0] + "/"


def _order(arn: str) -> tuple[str, ...]:
    return arn.rpartition("/")[2].lower(), arn
