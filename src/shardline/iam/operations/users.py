"""CreateUser, GetUser, ListUsers, UpdateUser, DeleteUser."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shardline.gateway.types import Caller
from shardline.iam import ids
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.operations import answers, boundaries, changes, errors, lookups, tags
from shardline.iam.operations.paging import page
from shardline.storage.identities import User
from shardline.storage.identity_port import IdentityChange

MOST_USERS = 5000

Call = Mapping[str, Any]


class Users:
    """The operations on users."""

    def __init__(self, book: IdentityBook) -> None:
        self._book = book

    async def create_user(self, caller: Caller, call: Call) -> dict[str, Any]:
        """Add a user, who may do nothing yet."""
        boundary = call.get("PermissionsBoundary")
        user = User(
            account=caller.account,
            id=ids.new_id(ids.USER),
            name=call["UserName"],
            path=call.get("Path", "/"),
            created_ms=self._book.clock.now_ms(),
            tags=tags.given(call.get("Tags")),
            boundary=boundary,
        )

        def decide(directory: Directory) -> IdentityChange:
            if boundary is not None:
                boundaries.check(directory, boundary)
            _require_free(directory, user.name)
            if len(directory.identities.users) >= MOST_USERS:
                raise errors.quota("UsersPerAccount", MOST_USERS)
            return changes.put(user)

        await changes.change(self._book, caller.account, decide)
        return {"User": answers.whole_user(user)}

    async def get_user(self, caller: Caller, call: Call) -> dict[str, Any]:
        """One user; without a name the caller itself."""
        directory = self._book.directory(caller.account)
        user = lookups.own_user(directory, caller, call.get("UserName"))
        if user is not None:
            return {"User": answers.whole_user(user)}
        # The root user has neither a name nor a path.
        created_ms = directory.identities.account.created_ms
        created = answers.seconds(created_ms)
        return {"User": {"UserId": caller.account, "Arn": caller.arn, "CreateDate": created}}

    async def list_users(self, caller: Caller, call: Call) -> dict[str, Any]:
        """The users below a path, by name."""
        prefix = call.get("PathPrefix", "/")
        users = self._book.directory(caller.account).identities.users
        below = [user for user in users if user.path.startswith(prefix)]
        told, rest = page(call, below, lambda user: (user.name.lower(),))
        return {"Users": [answers.user_of(user) for user in told], **rest}

    async def update_user(self, caller: Caller, call: Call) -> None:
        """Rename or move a user. Keys, groups and policies stay."""

        def decide(directory: Directory) -> IdentityChange:
            user = lookups.user(directory, call["UserName"])
            name = call.get("NewUserName", user.name)
            if name.lower() != user.name.lower():
                _require_free(directory, name)
            moved = replace(user, name=name, path=call.get("NewPath", user.path))
            return changes.NOTHING if moved == user else changes.put(moved)

        await changes.change(self._book, caller.account, decide)

    async def delete_user(self, caller: Caller, call: Call) -> None:
        """Remove a user that has nothing any more."""

        def decide(directory: Directory) -> IdentityChange:
            user = lookups.user(directory, call["UserName"])
            if user.attached:
                raise errors.must_first("detach all policies")
            if user.inline:
                raise errors.must_first("delete policies")
            if user.keys:
                raise errors.must_first("delete access keys")
            if user.groups:
                raise errors.must_first("remove users from group")
            return changes.remove(user)

        await changes.change(self._book, caller.account, decide)


def _require_free(directory: Directory, name: str) -> None:
    if directory.user(name) is not None:
        raise errors.already_exists("User", name)
