"""The versions of managed policies."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shardline.gateway.types import Caller
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.operations import answers, changes, documents, errors, lookups
from shardline.iam.operations.paging import page
from shardline.storage.identities import ManagedPolicy, PolicyVersion
from shardline.storage.identity_port import IdentityChange

MOST_VERSIONS = 5

Call = Mapping[str, Any]


class PolicyVersions:
    """The operations on versions."""

    def __init__(self, book: IdentityBook) -> None:
        self._book = book

    async def create_policy_version(self, caller: Caller, call: Call) -> dict[str, Any]:
        """Add a version, and make it the default if that is wanted."""
        arn, text = call["PolicyArn"], call["PolicyDocument"]
        now_ms = self._book.clock.now_ms()

        def decide(directory: Directory) -> IdentityChange:
            policy = lookups.own_policy(directory, caller, "CreatePolicyVersion", arn)
            documents.check_managed(text)
            if len(policy.versions) >= MOST_VERSIONS:
                raise errors.limit_exceeded(
                    f"A managed policy can have up to {MOST_VERSIONS} versions. Before you create "
                    "a new version, you must delete an existing version."
                )
            version = PolicyVersion(policy.next_number, text, now_ms)
            return changes.put(
                replace(
                    policy,
                    versions=(*policy.versions, version),
                    default=version.number if call.get("SetAsDefault") else policy.default,
                    next_number=version.number + 1,
                    updated_ms=now_ms,
                )
            )

        directory = await changes.change(self._book, caller.account, decide)
        policy = lookups.policy(directory, arn)
        return {"PolicyVersion": answers.version_of(policy, policy.versions[-1])}

    async def get_policy_version(self, caller: Caller, call: Call) -> dict[str, Any]:
        """A version with its document."""
        policy, version = _found(self._book.directory(caller.account), call)
        return {"PolicyVersion": answers.whole_version(policy, version)}

    async def list_policy_versions(self, caller: Caller, call: Call) -> dict[str, Any]:
        """The versions of a policy, newest first."""
        policy = lookups.policy(self._book.directory(caller.account), call["PolicyArn"])
        newest_first = policy.versions[::-1]
        told, rest = page(call, newest_first, lambda version: (f"{-version.number + 10**9:010}",))
        return {"Versions": [answers.version_of(policy, version) for version in told], **rest}

    async def set_default_policy_version(self, caller: Caller, call: Call) -> None:
        """Make another version the one that is in force, from the answer on."""
        now_ms = self._book.clock.now_ms()

        def decide(directory: Directory) -> IdentityChange:
            policy, version = _found(directory, call)
            self._require_own(caller, "SetDefaultPolicyVersion", policy)
            return changes.put(replace(policy, default=version.number, updated_ms=now_ms))

        await changes.change(self._book, caller.account, decide)

    async def delete_policy_version(self, caller: Caller, call: Call) -> None:
        """Remove a version that is not the default one."""
        now_ms = self._book.clock.now_ms()

        def decide(directory: Directory) -> IdentityChange:
            policy, version = _found(directory, call)
            self._require_own(caller, "DeletePolicyVersion", policy)
            if version.number == policy.default:
                raise errors.delete_conflict("Cannot delete the default version of a policy.")
            left = tuple(each for each in policy.versions if each is not version)
            return changes.put(replace(policy, versions=left, updated_ms=now_ms))

        await changes.change(self._book, caller.account, decide)

    def _require_own(self, caller: Caller, action: str, policy: ManagedPolicy) -> None:
        if policy.account != caller.account:
            raise errors.of_aws(caller, action, policy.arn)


def _found(directory: Directory, call: Call) -> tuple[ManagedPolicy, PolicyVersion]:
    arn, wanted = lookups.policy_arn(call["PolicyArn"]), call["VersionId"]
    policy = directory.policy(arn)
    for version in policy.versions if policy else ():
        if policy and answers.version_id(version.number) == wanted:
            return policy, version
    raise errors.not_attachable(f"{arn} version {wanted}")
