"""Identities as IAM answers them.

Which members an answer has differs from operation to operation: a listing has neither tags nor
boundary, CreateRole no description. Recorded from AWS by localstack's `tests/aws/services/iam`.
Policy documents are percent-encoded, as RFC 3986 has it.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from shardline.storage.identities import (
    AccessKey,
    Group,
    ManagedPolicy,
    PolicyVersion,
    Role,
    Tags,
    User,
)

Answer = dict[str, Any]


def document(text: str) -> str:
    """A policy's text as IAM answers it."""
    return quote(text, safe="")


def seconds(milliseconds: int) -> int:
    """A time as the protocols take it: IAM tells whole seconds."""
    return milliseconds // 1000


def tags_of(tags: Tags) -> list[Answer]:
    """Tags in the order in which they are kept."""
    return [{"Key": key, "Value": value} for key, value in tags]


def arn_of(holder: User | Group | Role) -> str:
    """The ARN of a user, group or role."""
    word = type(holder).__name__.lower()
    return f"arn:aws:iam::{holder.account}:{word}{holder.path}{holder.name}"


def user_of(user: User) -> Answer:
    """A user in a listing."""
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": arn_of(user),
        "CreateDate": seconds(user.created_ms),
    }


def whole_user(user: User) -> Answer:
    """A user of its own, as CreateUser and GetUser answer it."""
    return {**user_of(user), **_boundary(user), **_if_any("Tags", tags_of(user.tags))}


def group_of(group: Group) -> Answer:
    """A group."""
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": arn_of(group),
        "CreateDate": seconds(group.created_ms),
    }


def role_of(role: Role) -> Answer:
    """What every answer says of a role."""
    return {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": arn_of(role),
        "CreateDate": seconds(role.created_ms),
        "AssumeRolePolicyDocument": document(role.trust),
    }


def created_role(role: Role) -> Answer:
    """A role as CreateRole answers it: without its description and the length of its sessions."""
    return {**role_of(role), **_boundary(role), **_if_any("Tags", tags_of(role.tags))}


def listed_role(role: Role) -> Answer:
    """A role in a listing."""
    return {
        **role_of(role),
        **_if_any("Description", role.description),
        "MaxSessionDuration": role.max_session_s,
    }


def whole_role(role: Role) -> Answer:
    """A role as GetRole answers it."""
    return {
        **listed_role(role),
        **_boundary(role),
        **_if_any("Tags", tags_of(role.tags)),
        "RoleLastUsed": role_last_used(role),
    }


def role_last_used(role: Role) -> Answer:
    """When and where a role was used last; empty if never."""
    if role.last_used is None:
        return {}
    when_ms, region = role.last_used
    return {"LastUsedDate": seconds(when_ms), "Region": region}


def policy_of(policy: ManagedPolicy, usage: Mapping[str, tuple[int, int]]) -> Answer:
    """A managed policy in a listing. `usage`: by ARN, of how many it is a policy, and of how many
    the boundary."""
    attached, boundary_of = usage.get(policy.arn, (0, 0))
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": version_id(policy.default),
        "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": boundary_of,
        "IsAttachable": True,
        "CreateDate": seconds(policy.created_ms),
        "UpdateDate": seconds(policy.updated_ms),
    }


def version_id(number: int) -> str:
    """How IAM calls a version."""
    return f"v{number}"


def version_of(policy: ManagedPolicy, version: PolicyVersion) -> Answer:
    """A version of a policy, without its document."""
    return {
        "VersionId": version_id(version.number),
        "IsDefaultVersion": version.number == policy.default,
        "CreateDate": seconds(version.created_ms),
    }


def whole_version(policy: ManagedPolicy, version: PolicyVersion) -> Answer:
    """A version of a policy with its document."""
    return {"Document": document(version.text), **version_of(policy, version)}


def key_of(key: AccessKey, user: User | None) -> Answer:
    """An access key without its secret; of the root user it has no UserName."""
    return {
        **({} if user is None else {"UserName": user.name}),
        "AccessKeyId": key.id,
        "Status": "Active" if key.active else "Inactive",
        "CreateDate": seconds(key.created_ms),
    }


def attached_of(arns: Iterable[str]) -> list[Answer]:
    """Attached policies, by ARN."""
    return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]


def boundary_of(arn: str) -> Answer:
    """A permissions boundary. The word is AWS's on the wire; the model's enum has another."""
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}


def _boundary(holder: User | Role) -> Answer:
    if holder.boundary is None:
        return {}
    return {"PermissionsBoundary": boundary_of(holder.boundary)}


def _if_any(name: str, value: Any) -> Answer:
    return {name: value} if value else {}
