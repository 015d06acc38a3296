"""The account itself: its alias, and how much it has of what."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shardline.gateway.types import Caller
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.operations import changes, errors
from shardline.iam.operations.access_keys import MOST_KEYS
from shardline.iam.operations.attachments import MOST_ATTACHED
from shardline.iam.operations.groups import MOST_GROUPS, MOST_GROUPS_OF_USER
from shardline.iam.operations.policies import MOST_POLICIES
from shardline.iam.operations.policy_versions import MOST_VERSIONS
from shardline.iam.operations.roles import MOST_ROLES
from shardline.iam.operations.users import MOST_USERS
from shardline.iam.policy import documents
from shardline.storage.catalog_port import NameTaken
from shardline.storage.identity_port import IdentityChange

Call = Mapping[str, Any]

# Of what is not built there is none; the quotas are AWS's.
_NOT_BUILT = {
    "AccountMFAEnabled": 0,
    "AccountPasswordPresent": 0,
    "AccountSigningCertificatesPresent": 0,
    "InstanceProfiles": 0,
    "InstanceProfilesQuota": 1000,
    "MFADevices": 0,
    "MFADevicesInUse": 0,
    "Providers": 0,
    "ServerCertificates": 0,
    "ServerCertificatesQuota": 20,
    "SigningCertificatesPerUserQuota": 2,
    "GlobalEndpointTokenVersion": 1,
}
_QUOTAS = {
    "AccessKeysPerUserQuota": MOST_KEYS,
    "AssumeRolePolicySizeQuota": documents.TRUST_CHARACTERS,
    "AttachedPoliciesPerGroupQuota": MOST_ATTACHED,
    "AttachedPoliciesPerRoleQuota": MOST_ATTACHED,
    "AttachedPoliciesPerUserQuota": MOST_ATTACHED,
    "GroupPolicySizeQuota": documents.GROUP_CHARACTERS,
    "GroupsPerUserQuota": MOST_GROUPS_OF_USER,
    "GroupsQuota": MOST_GROUPS,
    "PoliciesQuota": MOST_POLICIES,
    "PolicySizeQuota": documents.MANAGED_CHARACTERS,
    "PolicyVersionsInUseQuota": 10_000,
    "RolePolicySizeQuota": documents.ROLE_CHARACTERS,
    "RolesQuota": MOST_ROLES,
    "UserPolicySizeQuota": documents.USER_CHARACTERS,
    "UsersQuota": MOST_USERS,
    "VersionsPerPolicyQuota": MOST_VERSIONS,
}


class AccountOperations:
    """The operations on the account."""

    def __init__(self, book: IdentityBook) -> None:
        self._book = book

    async def create_account_alias(self, caller: Caller, call: Call) -> None:
        """Give the account an alias, in place of the one it has. No two accounts have the same."""
        alias = call["AccountAlias"]

        def decide(directory: Directory) -> IdentityChange:
            account = directory.identities.account
            if account.alias == alias:
                return changes.NOTHING
            return changes.put(replace(account, alias=alias))

        try:
            await changes.change(self._book, caller.account, decide)
        except NameTaken as error:
            raise errors.exists(f"The account alias {alias} already exists.") from error

    async def delete_account_alias(self, caller: Caller, call: Call) -> None:
        """Take the account's alias away."""

        def decide(directory: Directory) -> IdentityChange:
            account = directory.identities.account
            if account.alias != call["AccountAlias"]:
                raise errors.no_such_entity(
                    f"The account alias {call['AccountAlias']} does not exist."
                )
            return changes.put(replace(account, alias=None))

        await changes.change(self._book, caller.account, decide)

    async def list_account_aliases(self, caller: Caller, call: Call) -> dict[str, Any]:
        """The alias, if there is one."""
        alias = self._book.directory(caller.account).identities.account.alias
        return {"AccountAliases": [] if alias is None else [alias], "IsTruncated": False}

    async def get_account_summary(self, caller: Caller, call: Call) -> dict[str, Any]:
        """What there is, and how much there can be."""
        have = self._book.directory(caller.account).identities
        root_key = caller.is_root and self._book.key(caller.access_key) is None
        counts = {
            "AccountAccessKeysPresent": int(root_key or bool(have.account.keys)),
            "Groups": len(have.groups),
            "Policies": len(have.policies),
            "PolicyVersionsInUse": sum(len(policy.versions) for policy in have.policies),
            "Roles": len(have.roles),
            "Users": len(have.users),
        }
        return {"SummaryMap": dict(sorted((_NOT_BUILT | _QUOTAS | counts).items()))}
