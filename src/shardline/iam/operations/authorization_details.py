"""GetAccountAuthorizationDetails: all identities of an account with all their policies.

In the order of pages: users, groups, roles, the account's policies, AWS's. Of AWS's policies those
are told that the account uses.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shardline.gateway.types import Caller
from shardline.iam.identities.aws_policies import MANAGED
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.operations import answers
from shardline.iam.operations.answers import Answer
from shardline.iam.operations.paging import Key, page
from shardline.iam.operations.usage import Usage, boundary_of, usage
from shardline.storage.identities import Group, Inline, ManagedPolicy, Role, User

Call = Mapping[str, Any]
_One = User | Group | Role | ManagedPolicy
_Item = tuple[int, _One]

_KINDS = ("User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy")
_LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies", "Policies")


class AuthorizationDetails:
    """The operation."""

    def __init__(self, book: IdentityBook) -> None:
        self._book = book

    async def get_account_authorization_details(self, caller: Caller, call: Call) -> Answer:
        """A page of everything, or of the kinds that are asked for."""
        directory = self._book.directory(caller.account)
        used = usage(directory)
        wanted = call.get("Filter") or _KINDS
        items = [each for each in _everything(directory, used) if _KINDS[each[0]] in wanted]
        told, rest = page(call, items, _order)
        lists: dict[str, list[Answer]] = {name: [] for name in _LISTS}
        for number, each in told:
            lists[_LISTS[number]].append(_detail(each, used))
        return {**lists, **rest}


def _everything(directory: Directory, used: Usage) -> Iterator[_Item]:
    have = directory.identities
    by_name = sorted(MANAGED.values(), key=lambda policy: policy.name.lower())
    aws = tuple(policy for policy in by_name if policy.arn in used)
    kinds: tuple[tuple[_One, ...], ...] = (
        have.users,
        have.groups,
        have.roles,
        have.policies,
        aws,
    )
    for number, kind in enumerate(kinds):
        for each in kind:
            yield number, each


def _order(item: _Item) -> Key:
    number, each = item
    return str(number), each.name.lower()


def _detail(each: _One, used: Usage) -> Answer:
    if isinstance(each, ManagedPolicy):
        described = {"Description": each.description} if each.description else {}
        versions = [answers.whole_version(each, version) for version in each.versions[::-1]]
        return {**answers.policy_of(each, used), **described, "PolicyVersionList": versions}
    attached = {"AttachedManagedPolicies": answers.attached_of(each.attached)}
    boundary = boundary_of(each)
    bounded = {} if boundary is None else {"PermissionsBoundary": answers.boundary_of(boundary)}
    if isinstance(each, Group):
        return {**answers.group_of(each), "GroupPolicyList": _inline(each.inline), **attached}
    if isinstance(each, Role):
        return {
            **answers.role_of(each),
            "InstanceProfileList": [],
            "RolePolicyList": _inline(each.inline),
            **attached,
            **bounded,
            "Tags": answers.tags_of(each.tags),
            "RoleLastUsed": answers.role_last_used(each),
        }
    own = {"UserPolicyList": _inline(each.inline)} if each.inline else {}
    return {
        **answers.user_of(each),
        **own,
        "GroupList": list(each.groups),
        **attached,
        **bounded,
        "Tags": answers.tags_of(each.tags),
    }


def _inline(inline: Inline) -> list[Answer]:
    return [{"PolicyName": name, "PolicyDocument": answers.document(text)} for name, text in inline]
