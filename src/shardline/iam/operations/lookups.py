"""What a call names, found in the account's directory, or AWS's NoSuchEntity. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from shardline.gateway.types import Caller
from shardline.iam.identities.directory import Directory
from shardline.iam.operations import errors
from shardline.storage.identities import Group, ManagedPolicy, Role, User

Holder = User | Group | Role
"""What can have policies."""

_Found = TypeVar("_Found")
_POLICY_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/.+", re.ASCII)
_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.*")


def user(directory: Directory, name: str) -> User:
    """The user of that name."""
    return _found(directory.user(name), "user", name)


def group(directory: Directory, name: str) -> Group:
    """The group of that name."""
    return _found(directory.group(name), "group", name)


def role(directory: Directory, name: str) -> Role:
    """The role of that name."""
    return _found(directory.role(name), "role", name)


def _found(found: _Found | None, noun: str, name: str) -> _Found:
    if found is None:
        raise errors.not_found(noun, name)
    return found


@dataclass(frozen=True, slots=True)
class HolderKind:
    """A kind of what can have policies. `noun` with a capital is in the names of operations."""

    noun: str
    find: Callable[[Directory, str], Holder]

    @property
    def word(self) -> str:
        """The noun as it stands in texts and ARNs."""
        return self.noun.lower()

    @property
    def member(self) -> str:
        """The parameter that names one."""
        return f"{self.noun}Name"

    def of(self, directory: Directory, call: Mapping[str, Any]) -> Holder:
        """The one that a call names."""
        return self.find(directory, call[self.member])


USER, GROUP, ROLE = HolderKind("User", user), HolderKind("Group", group), HolderKind("Role", role)
HOLDERS = (USER, GROUP, ROLE)


def holders(directory: Directory) -> Iterator[Holder]:
    """All that can have policies."""
    yield from directory.identities.groups
    yield from directory.identities.users
    yield from directory.identities.roles


def policy_arn(arn: str) -> str:
    """An ARN that is a managed policy's by its form. Raises ValidationError, InvalidInput."""
    if not _ARN.fullmatch(arn):
        raise errors.validation(f"ARN {arn} is not valid.")
    if not _POLICY_ARN.fullmatch(arn):
        raise errors.invalid_input(f"ARN {arn} is not valid.")
    return arn


def policy(directory: Directory, arn: str) -> ManagedPolicy:
    """The managed policy of that ARN, AWS's included."""
    found = directory.policy(policy_arn(arn))
    if found is None:
        raise errors.policy_not_found(arn)
    return found


def own_policy(directory: Directory, caller: Caller, action: str, arn: str) -> ManagedPolicy:
    """A policy of the account, to be changed. AWS's own are not the caller's to change."""
    found = policy(directory, arn)
    if found.account != directory.account:
        raise errors.of_aws(caller, action, arn)
    return found


def own_user(directory: Directory, caller: Caller, name: str | None) -> User | None:
    """The user of that name; without one, the caller itself. None is the root user.

    Raises ValidationError for a role's session, which is no user.
    """
    if name is not None:
        return user(directory, name)
    if caller.is_root:
        return None
    _, found, path_and_name = caller.arn.partition(":user/")
    if not found:
        raise errors.validation("Must specify userName when calling with non-User credentials")
    return user(directory, path_and_name.rpartition("/")[2])
