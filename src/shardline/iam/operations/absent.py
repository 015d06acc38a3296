"""What identities can have on AWS and never have here, so that whoever asks is told "none".

Terraform and others look for these before they delete a user or role. What makes them (instance
profiles, MFA devices, certificates, SSH keys, passwords) is not built and says so.
"""

from collections.abc import Mapping
from typing import Any

from shardline.gateway.types import Caller
from shardline.iam.identities.book import IdentityBook
from shardline.iam.operations import errors, lookups

Call = Mapping[str, Any]

OF_USERS = {
    "ListMFADevices": "MFADevices",
    "ListSSHPublicKeys": "SSHPublicKeys",
    "ListServiceSpecificCredentials": "ServiceSpecificCredentials",
    "ListSigningCertificates": "Certificates",
}
"""Listings of what a user has none of, and the member that is empty."""


class Absent:
    """Questions whose answer is always that there is none."""

    def __init__(self, book: IdentityBook) -> None:
        self._book = book

    async def none_of_user(self, member: str, caller: Caller, call: Call) -> dict[str, Any]:
        """An empty list for a user that is there."""
        directory = self._book.directory(caller.account)
        lookups.own_user(directory, caller, call.get("UserName"))
        return {member: [], "IsTruncated": False}

    async def list_instance_profiles_for_role(self, caller: Caller, call: Call) -> dict[str, Any]:
        """An empty list for a role that is there."""
        lookups.role(self._book.directory(caller.account), call["RoleName"])
        return {"InstanceProfiles": [], "IsTruncated": False}

    async def login_profile(self, caller: Caller, call: Call) -> None:
        """Nobody has a password."""
        directory = self._book.directory(caller.account)
        user = lookups.own_user(directory, caller, call.get("UserName"))
        name = caller.account if user is None else user.name
        raise errors.no_such_entity(f"Login Profile for User {name} cannot be found.")
