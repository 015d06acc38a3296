"""Groups and who is in them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shardline.gateway.types import Caller
from shardline.iam import ids
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.operations import answers, changes, errors, lookups
from shardline.iam.operations.paging import page
from shardline.storage.identities import Group, User
from shardline.storage.identity_port import IdentityChange

MOST_GROUPS = 300
MOST_GROUPS_OF_USER = 10

Call = Mapping[str, Any]


class Groups:
    """The operations on groups."""

    def __init__(self, book: IdentityBook) -> None:
        self._book = book

    async def create_group(self, caller: Caller, call: Call) -> dict[str, Any]:
        """Add a group that nobody is in."""
        group = Group(
            account=caller.account,
            id=ids.new_id(ids.GROUP),
            name=call["GroupName"],
            path=call.get("Path", "/"),
            created_ms=self._book.clock.now_ms(),
        )

        def decide(directory: Directory) -> IdentityChange:
            _require_free(directory, group.name)
            if len(directory.identities.groups) >= MOST_GROUPS:
                raise errors.quota("GroupsPerAccount", MOST_GROUPS)
            return changes.put(group)

        await changes.change(self._book, caller.account, decide)
        return {"Group": answers.group_of(group)}

    async def get_group(self, caller: Caller, call: Call) -> dict[str, Any]:
        """A group and its members, by name."""
        directory = self._book.directory(caller.account)
        group = lookups.group(directory, call["GroupName"])
        told, rest = page(call, members(directory, group), lambda user: (user.name.lower(),))
        users = [answers.user_of(user) for user in told]
        return {"Group": answers.group_of(group), "Users": users, **rest}

    async def list_groups(self, caller: Caller, call: Call) -> dict[str, Any]:
        """The groups below a path, by name."""
        prefix = call.get("PathPrefix", "/")
        groups = self._book.directory(caller.account).identities.groups
        return _listed(call, [group for group in groups if group.path.startswith(prefix)])

    async def list_groups_for_user(self, caller: Caller, call: Call) -> dict[str, Any]:
        """The groups that a user is in, by name."""
        directory = self._book.directory(caller.account)
        groups = directory.groups_of(lookups.user(directory, call["UserName"]))
        return _listed(call, sorted(groups, key=lambda group: group.name.lower()))

    async def update_group(self, caller: Caller, call: Call) -> None:
        """Rename or move a group. Its members stay."""

        def decide(directory: Directory) -> IdentityChange:
            group = lookups.group(directory, call["GroupName"])
            name = call.get("NewGroupName", group.name)
            if name.lower() != group.name.lower():
                _require_free(directory, name)
            moved = replace(group, name=name, path=call.get("NewPath", group.path))
            if moved == group:
                return changes.NOTHING
            return changes.put(moved, *_told_of_name(directory, group, name))

        await changes.change(self._book, caller.account, decide)

    async def delete_group(self, caller: Caller, call: Call) -> None:
        """Remove a group that nobody is in and that has no policies."""

        def decide(directory: Directory) -> IdentityChange:
            group = lookups.group(directory, call["GroupName"])
            if members(directory, group):
                raise errors.must_first("remove users from group")
            if group.attached:
                raise errors.must_first("detach all policies")
            if group.inline:
                raise errors.must_first("delete policies")
            return changes.remove(group)

        await changes.change(self._book, caller.account, decide)

    async def add_user_to_group(self, caller: Caller, call: Call) -> None:
        """Make a user a member; one that is one stays it."""

        def decide(directory: Directory) -> IdentityChange:
            user, group = _user_and_group(directory, call)
            if group.name in user.groups:
                return changes.NOTHING
            if len(user.groups) >= MOST_GROUPS_OF_USER:
                raise errors.quota("GroupsPerUser", MOST_GROUPS_OF_USER)
            return changes.put(replace(user, groups=(*user.groups, group.name)))

        await changes.change(self._book, caller.account, decide)

    async def remove_user_from_group(self, caller: Caller, call: Call) -> None:
        """End a membership; one that is not there is no fault."""

        def decide(directory: Directory) -> IdentityChange:
            user, group = _user_and_group(directory, call)
            if group.name not in user.groups:
                return changes.NOTHING
            left = tuple(name for name in user.groups if name != group.name)
            return changes.put(replace(user, groups=left))

        await changes.change(self._book, caller.account, decide)


def members(directory: Directory, group: Group) -> list[User]:
    """The users that are in a group, by name."""
    return [user for user in directory.identities.users if group.name in user.groups]


def _listed(call: Call, groups: list[Group]) -> dict[str, Any]:
    told, rest = page(call, groups, lambda group: (group.name.lower(),))
    return {"Groups": [answers.group_of(group) for group in told], **rest}


def _require_free(directory: Directory, name: str) -> None:
    if directory.group(name) is not None:
        raise errors.already_exists("Group", name)


def _told_of_name(directory: Directory, group: Group, name: str) -> list[User]:
    """The members of a group, once it has another name."""
    return [
        replace(user, groups=tuple(name if known == group.name else known for known in user.groups))
        for user in members(directory, group)
        if name != group.name
    ]


def _user_and_group(directory: Directory, call: Call) -> tuple[User, Group]:
    user = lookups.user(directory, call["UserName"])  # first, as on AWS
    return user, lookups.group(directory, call["GroupName"])
