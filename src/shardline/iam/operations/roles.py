"""Roles and their trust policies."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shardline.gateway.types import Caller
from shardline.iam import ids
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.operations import answers, boundaries, changes, documents, errors, lookups, tags
from shardline.iam.operations.paging import page
from shardline.storage.identities import Role
from shardline.storage.identity_port import IdentityChange

MOST_ROLES = 1000
SESSION_S = 3600

Call = Mapping[str, Any]


class Roles:
    """The operations on roles."""

    def __init__(self, book: IdentityBook) -> None:
        self._book = book

    async def create_role(self, caller: Caller, call: Call) -> dict[str, Any]:
        """Add a role, which may do nothing yet."""
        boundary = call.get("PermissionsBoundary")
        role = Role(
            account=caller.account,
            id=ids.new_id(ids.ROLE),
            name=call["RoleName"],
            path=call.get("Path", "/"),
            created_ms=self._book.clock.now_ms(),
            trust=call["AssumeRolePolicyDocument"],
            description=call.get("Description", ""),
            max_session_s=call.get("MaxSessionDuration", SESSION_S),
            tags=tags.given(call.get("Tags")),
            boundary=boundary,
        )

        def decide(directory: Directory) -> IdentityChange:
            documents.check_trust(directory, role.trust)
            if boundary is not None:
                boundaries.check(directory, boundary)
            if directory.role(role.name) is not None:
                raise errors.already_exists("Role", role.name)
            if len(directory.identities.roles) >= MOST_ROLES:
                raise errors.quota("RolesPerAccount", MOST_ROLES)
            return changes.put(role)

        await changes.change(self._book, caller.account, decide)
        return {"Role": answers.created_role(role)}

    async def get_role(self, caller: Caller, call: Call) -> dict[str, Any]:
        """One role."""
        role = lookups.role(self._book.directory(caller.account), call["RoleName"])
        return {"Role": answers.whole_role(role)}

    async def list_roles(self, caller: Caller, call: Call) -> dict[str, Any]:
        """The roles below a path, by name."""
        prefix = call.get("PathPrefix", "/")
        roles = self._book.directory(caller.account).identities.roles
        below = [role for role in roles if role.path.startswith(prefix)]
        told, rest = page(call, below, lambda role: (role.name.lower(),))
        return {"Roles": [answers.listed_role(role) for role in told], **rest}

    async def update_role(self, caller: Caller, call: Call) -> dict[str, Any]:
        """Change the description or the length of sessions; what is not given stays."""

        def decide(directory: Directory) -> IdentityChange:
            role = lookups.role(directory, call["RoleName"])
            return changes.put(
                replace(
                    role,
                    description=call.get("Description", role.description),
                    max_session_s=call.get("MaxSessionDuration", role.max_session_s),
                )
            )

        await changes.change(self._book, caller.account, decide)
        return {}

    async def update_role_description(self, caller: Caller, call: Call) -> dict[str, Any]:
        """Change the description, and answer the role."""

        def decide(directory: Directory) -> IdentityChange:
            role = lookups.role(directory, call["RoleName"])
            return changes.put(replace(role, description=call["Description"]))

        directory = await changes.change(self._book, caller.account, decide)
        role = lookups.role(directory, call["RoleName"])
        return {"Role": {**answers.created_role(role), "Description": role.description}}

    async def update_assume_role_policy(self, caller: Caller, call: Call) -> None:
        """Change who may assume a role."""
        trust = call["PolicyDocument"]

        def decide(directory: Directory) -> IdentityChange:
            role = lookups.role(directory, call["RoleName"])
            documents.check_trust(directory, trust)
            return changes.put(replace(role, trust=trust))

        await changes.change(self._book, caller.account, decide)

    async def delete_role(self, caller: Caller, call: Call) -> None:
        """Remove a role that has no policies any more."""

        def decide(directory: Directory) -> IdentityChange:
            role = lookups.role(directory, call["RoleName"])
            if role.attached:
                raise errors.must_first("detach all policies")
            if role.inline:
                raise errors.must_first("delete policies")
            return changes.remove(role)

        await changes.change(self._book, caller.account, decide)
