"""Managed policies: CreatePolicy, GetPolicy, ListPolicies, DeletePolicy."""

from collections.abc import Iterator, Mapping
from typing import Any

from shardline.gateway.types import Caller
from shardline.iam import ids
from shardline.iam.identities.aws_policies import MANAGED
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.operations import answers, changes, documents, errors, lookups, tags
from shardline.iam.operations.paging import page
from shardline.iam.operations.usage import usage
from shardline.storage.identities import ManagedPolicy, PolicyVersion
from shardline.storage.identity_port import IdentityChange

MOST_POLICIES = 1500

Call = Mapping[str, Any]


class Policies:
    """The operations on managed policies."""

    def __init__(self, book: IdentityBook) -> None:
        self._book = book

    async def create_policy(self, caller: Caller, call: Call) -> dict[str, Any]:
        """Add a policy, whose first version is the default."""
        documents.check_managed(call["PolicyDocument"])
        now_ms = self._book.clock.now_ms()
        policy = ManagedPolicy(
            account=caller.account,
            id=ids.new_id(ids.POLICY),
            name=call["PolicyName"],
            path=call.get("Path", "/"),
            created_ms=now_ms,
            updated_ms=now_ms,
            versions=(PolicyVersion(1, call["PolicyDocument"], now_ms),),
            description=call.get("Description", ""),
            tags=tags.given(call.get("Tags"), of_policy=True),
        )

        def decide(directory: Directory) -> IdentityChange:
            known = directory.identities.policies
            if any(each.name.lower() == policy.name.lower() for each in known):
                raise errors.exists(
                    f"A policy called {policy.name} already exists. "
                    "Duplicate names are not allowed."
                )
            if len(known) >= MOST_POLICIES:
                raise errors.quota("PoliciesPerAccount", MOST_POLICIES)
            return changes.put(policy)

        await changes.change(self._book, caller.account, decide)
        given = {"Tags": answers.tags_of(policy.tags)} if policy.tags else {}
        return {"Policy": {**answers.policy_of(policy, {}), **given}}

    async def get_policy(self, caller: Caller, call: Call) -> dict[str, Any]:
        """One policy, without its document."""
        directory = self._book.directory(caller.account)
        policy = lookups.policy(directory, call["PolicyArn"])
        described = {"Description": policy.description} if policy.description else {}
        return {
            "Policy": {
                **answers.policy_of(policy, usage(directory)),
                **described,
                "Tags": answers.tags_of(policy.tags),
            }
        }

    async def list_policies(self, caller: Caller, call: Call) -> dict[str, Any]:
        """The account's policies, AWS's, or all, by name."""
        directory = self._book.directory(caller.account)
        used = usage(directory)
        wanted = [
            policy
            for policy in _of_scope(directory, call.get("Scope", "All"))
            if policy.path.startswith(call.get("PathPrefix", "/"))
            and _is_used_as(used.get(policy.arn, (0, 0)), call)
        ]
        wanted.sort(key=_order)
        told, rest = page(call, wanted, _order)
        return {"Policies": [answers.policy_of(policy, used) for policy in told], **rest}

    async def delete_policy(self, caller: Caller, call: Call) -> None:
        """Remove a policy that nobody uses and whose versions are gone but for the default one."""

        def decide(directory: Directory) -> IdentityChange:
            arn = call["PolicyArn"]
            policy = lookups.own_policy(directory, caller, "DeletePolicy", arn)
            if policy.arn in usage(directory):
                raise errors.delete_conflict("Cannot delete a policy attached to entities.")
            if len(policy.versions) > 1:
                raise errors.delete_conflict(
                    "This policy has more than one version. Before you delete a policy, you must "
                    "delete the policy's versions. The default version is deleted with the policy."
                )
            return changes.remove(policy)

        await changes.change(self._book, caller.account, decide)


def _of_scope(directory: Directory, scope: str) -> Iterator[ManagedPolicy]:
    if scope != "AWS":
        yield from directory.identities.policies
    if scope != "Local":
        yield from MANAGED.values()


def _is_used_as(counts: tuple[int, int], call: Call) -> bool:
    """Whether a policy is one that the call asks for, by how many identities use it how.

    One that nobody uses passes only if the call asks neither for a use nor for those attached.
    """
    attached, boundaries = counts
    wanted = call.get("PolicyUsageFilter")
    if wanted is None:
        return bool(attached or boundaries) or not call.get("OnlyAttached")
    return bool(attached if wanted == "PermissionsPolicy" else boundaries)


def _order(policy: ManagedPolicy) -> tuple[str, ...]:
    return policy.name.lower(), policy.arn
