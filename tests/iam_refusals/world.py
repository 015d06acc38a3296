"""A server with one of each identity, as a refusal finds it; and a call of each operation on it."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.session import Session

from iam_samples import ACCOUNT, document, new_name, trust
from shardline.iam.api import iam_api
from shardline.iam.identities.directory import Directory
from shardline.storage.identities import (
    AccessKey,
    Account,
    Group,
    Identity,
    ManagedPolicy,
    PolicyVersion,
    Role,
    User,
)
from shardline.storage.identity_port import IdentityChange
from shardline.testing import TestServer

MODEL = Session().get_service_model("iam")


def _built() -> list[str]:
    nothing: Any = None
    return sorted(iam_api(nothing, nothing).handlers)  # nothing is called


BUILT = _built()


def errors_of(operation: str) -> list[str]:
    """The errors that the model has for an operation."""
    return [shape.name for shape in MODEL.operation_model(operation).error_shapes]


def members_of(operation: str) -> Mapping[str, Any]:
    """An operation's parameters with their shapes."""
    shape = MODEL.operation_model(operation).input_shape
    return shape.members if shape else {}


def required_of(operation: str) -> list[str]:
    """The parameters that an operation must be given."""
    shape = MODEL.operation_model(operation).input_shape
    return list(shape.required_members) if shape else []


class World:
    """A user with an access key, a group, a role, a policy with two versions; nothing else."""

    def __init__(self, server: TestServer, iam: Any, patch: pytest.MonkeyPatch) -> None:
        self.server, self.iam, self.patch = server, iam, patch
        self.user, self.group, self.role, policy, key = (
            new_name(word) for word in ("user", "group", "role", "policy", "AKIAIOSFODNN7X")
        )
        self.key = key.replace("-", "X")
        self.policy = f"arn:aws:iam::{ACCOUNT}:policy/{policy}"
        keys = (AccessKey(self.key, b"wrapped", server.node.master.fingerprint, True, 1),)
        versions = (PolicyVersion(1, document(), 1), PolicyVersion(2, document("s3:*"), 1))
        put = (
            Account(ACCOUNT, 1, "acme"),
            User(ACCOUNT, f"id-{self.user}", self.user, "/", 1, keys=keys),
            Group(ACCOUNT, f"id-{self.group}", self.group, "/", 1),
            Role(ACCOUNT, f"id-{self.role}", self.role, "/", 1, trust()),
            ManagedPolicy(ACCOUNT, f"id-{policy}", policy, "/", 1, 1, versions, next_number=3),
        )
        server.run(server.node.identities.change(ACCOUNT, lambda old: _instead(old, put)))

    def call(self, operation: str) -> dict[str, Any]:
        """The members of a call that finds what it names."""
        if operation.startswith("Create") and operation not in _ON_WHAT_IS_THERE:
            return self._creating(operation)
        known = {name: self._known(name) for name in members_of(operation)}
        wanted = {*required_of(operation), *_ALSO_GIVEN.get(operation, ())}
        call = {name: value for name, value in known.items() if name in wanted}
        if operation == "UpdateAssumeRolePolicy":
            call["PolicyDocument"] = trust()
        return call

    def _known(self, member: str) -> Any:
        return {
            "AccessKeyId": self.key,
            "AccountAlias": "acme",
            "ActionNames": ["kinesis:PutRecord"],
            "Description": "new",
            "NewPath": "/new/",
            "GroupName": self.group,
            "PermissionsBoundary": self.policy,
            "PolicyArn": self.policy,
            "PolicyDocument": document(),
            "PolicyInputList": [document()],
            "PolicyName": "own",
            "PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:user/{self.user}",
            "RoleName": self.role,
            "Status": "Inactive",
            "TagKeys": ["k"],
            "Tags": [{"Key": "k", "Value": "v"}],
            "UserName": self.user,
            "VersionId": "v2",
        }.get(member)

    def _creating(self, operation: str) -> dict[str, Any]:
        kind = operation.removeprefix("Create")
        named: dict[str, Any] = {f"{kind}Name": new_name(kind.lower())}
        if kind == "Policy":
            named["PolicyDocument"] = document()
        if kind == "Role":
            named["AssumeRolePolicyDocument"] = trust()
        return named

    def ready(self, operation: str) -> dict[str, Any]:
        """As `call`, where everything is prepared for it to succeed."""
        self._prepare(operation)
        return self.call(operation)

    def _prepare(self, operation: str) -> None:
        if operation == "DeleteUser":
            self.iam.delete_access_key(UserName=self.user, AccessKeyId=self.key)
        if operation == "DeletePolicy":
            self.iam.delete_policy_version(PolicyArn=self.policy, VersionId="v2")
        for kind in ("User", "Group", "Role"):
            name = {f"{kind}Name": getattr(self, kind.lower())}
            method = f"{{}}_{kind.lower()}_policy"
            if operation == f"Detach{kind}Policy":
                getattr(self.iam, method.format("attach"))(PolicyArn=self.policy, **name)
            if operation in (f"Get{kind}Policy", f"Delete{kind}Policy"):
                members = {"PolicyName": "own", "PolicyDocument": document(), **name}
                getattr(self.iam, method.format("put"))(**members)


def _instead(old: Directory, put: tuple[Identity, ...]) -> IdentityChange:
    """These, instead of what the account has from other tests."""
    have = old.identities
    return IdentityChange(put, (*have.users, *have.groups, *have.roles, *have.policies))


_ON_WHAT_IS_THERE = ("CreateAccessKey", "CreateAccountAlias", "CreatePolicyVersion")
_ALSO_GIVEN = {
    **dict.fromkeys(
        (
            *("CreateAccessKey", "DeleteAccessKey", "UpdateAccessKey", "ListAccessKeys", "GetUser"),
            *("ListMFADevices", "ListSSHPublicKeys", "ListSigningCertificates"),
            *("ListServiceSpecificCredentials", "GetLoginProfile", "DeleteLoginProfile"),
        ),
        ("UserName",),
    ),
    "UpdateUser": ("NewPath",),
}
