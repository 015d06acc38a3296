"""What the actions of IAM are checked against: users, groups, roles and policies, with their paths.

Reference: the Service Authorization Reference. To move or rename "you must have permissions on
both the source and the target" (API reference, UpdateUser and UpdateGroup).
"""

from functools import partial

from shardline.iam.actions.calls import ApiCall, Check, Rule, on
from shardline.iam.policy.arns import ANY_RESOURCE
from shardline.iam.policy.variables import Values

_ON_USER = """
    AttachUserPolicy CreateAccessKey CreateUser DeleteAccessKey DeleteUser
    DeleteUserPermissionsBoundary DeleteUserPolicy DetachUserPolicy GetAccessKeyLastUsed GetUser
    GetUserPolicy ListAccessKeys ListAttachedUserPolicies ListGroupsForUser ListUserPolicies
    ListUserTags PutUserPermissionsBoundary PutUserPolicy TagUser UntagUser UpdateAccessKey
    UpdateUser
"""
_ON_GROUP = """
    AddUserToGroup AttachGroupPolicy CreateGroup DeleteGroup DeleteGroupPolicy DetachGroupPolicy
    GetGroup GetGroupPolicy ListAttachedGroupPolicies ListGroupPolicies PutGroupPolicy
    RemoveUserFromGroup UpdateGroup
"""
_ON_ROLE = """
    AttachRolePolicy CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy
    DetachRolePolicy GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies ListRoleTags
    PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy UpdateRole
    UpdateRoleDescription
"""
_ON_POLICY = """
    CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion
    ListEntitiesForPolicy ListPolicyTags ListPolicyVersions SetDefaultPolicyVersion TagPolicy
    UntagPolicy
"""
_ON_PRINCIPAL = "GetContextKeysForPrincipalPolicy SimulatePrincipalPolicy"
_ON_ALL = """
    GetAccountAuthorizationDetails GetAccountSummary GetContextKeysForCustomPolicy ListGroups
    ListPolicies ListRoles ListUsers SimulateCustomPolicy
"""
_CREATES = frozenset({"CreateUser", "CreateGroup", "CreateRole"})


def _on_named(kind: str, call: ApiCall) -> tuple[Check, ...]:
    """The user, group or role of the parameter `UserName`, … (GetUser: else the caller's own)."""
    given = call.params.get(f"{kind}Name") or (call.user if kind == "User" else None)
    if not given:
        return on(call, [ANY_RESOURCE], _keys(call))
    name = str(given)
    creates = call.operation in _CREATES
    path = call.params.get("Path") or "/" if creates else call.path_of(kind.lower(), name)
    resources = [_arn(call, kind, path, name)]
    new_name, new_path = call.params.get(f"New{kind}Name"), call.params.get("NewPath")
    if new_name or new_path:
        resources.append(_arn(call, kind, new_path or path, new_name or name))
    return on(call, resources, _keys(call))


def _arn(call: ApiCall, kind: str, path: str, name: str) -> str:
    return f"arn:aws:iam::{call.account}:{kind.lower()}{path}{name}"


def _on_policy(call: ApiCall) -> tuple[Check, ...]:
    name = call.params.get("PolicyName")
    arn = call.params.get("PolicyArn")
    if not arn and name:
        arn = _arn(call, "policy", call.params.get("Path") or "/", str(name))
    return on(call, [str(arn or ANY_RESOURCE)])


def _on_principal(call: ApiCall) -> tuple[Check, ...]:
    return on(call, [str(call.params.get("PolicySourceArn") or ANY_RESOURCE)])


def _on_all(call: ApiCall) -> tuple[Check, ...]:
    return on(call, [ANY_RESOURCE])


def _keys(call: ApiCall) -> dict[str, Values]:
    """The keys of IAM that a call's own parameters give."""
    keys: dict[str, Values] = {}
    if call.params.get("PolicyArn"):
        keys["iam:policyarn"] = str(call.params["PolicyArn"])
    if call.params.get("PermissionsBoundary"):
        keys["iam:permissionsboundary"] = str(call.params["PermissionsBoundary"])
    return keys


RULES: dict[str, Rule] = {
    **dict.fromkeys(_ON_USER.split(), partial(_on_named, "User")),
    **dict.fromkeys(_ON_GROUP.split(), partial(_on_named, "Group")),
    **dict.fromkeys(_ON_ROLE.split(), partial(_on_named, "Role")),
    **dict.fromkeys(_ON_POLICY.split(), _on_policy),
    **dict.fromkeys(_ON_PRINCIPAL.split(), _on_principal),
    **dict.fromkeys(_ON_ALL.split(), _on_all),
}
