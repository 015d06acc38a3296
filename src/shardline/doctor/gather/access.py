"""Reads who has which policies, and asks IAM what a principal may do."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from shardline.doctor.facts import Account, ManagedPolicy, Policy, Principal, Simulation, Stream
from shardline.doctor.roles import NEEDS, actions

_SESSION = re.compile(r"arn:([a-z-]+):sts::(\d{12}):assumed-role/([^/]+)/.+")


def account(iam: Any) -> Account:
    """GetAccountAuthorizationDetails, in pages of 1,000."""
    users: list[Any] = []
    groups: dict[str, Any] = {}
    roles: list[Any] = []
    policies: dict[str, Any] = {}
    paginator = iam.get_paginator("get_account_authorization_details")
    for page in paginator.paginate(PaginationConfig={"PageSize": 1000}):
        users += page.get("UserDetailList", ())
        groups |= {each["GroupName"]: each for each in page.get("GroupDetailList", ())}
        roles += page.get("RoleDetailList", ())
        policies |= {each["Arn"]: each for each in page.get("Policies", ())}
    documents = {arn: _default(each) for arn, each in policies.items()}
    principals = [_role(each, documents) for each in roles]
    principals += [_user(each, groups, documents) for each in users]
    customers = [each for arn, each in policies.items() if not _is_of_aws(arn)]
    return Account(
        tuple(principals),
        {
            each["PolicyName"]: ManagedPolicy(
                each["PolicyName"],
                each["Arn"],
                documents[each["Arn"]],
                each.get("AttachmentCount", 0),
            )
            for each in customers
        },
    )


def _is_of_aws(arn: str) -> bool:
    return ":iam::aws:" in arn


def _default(policy: Mapping[str, Any]) -> Mapping[str, Any]:
    versions = policy.get("PolicyVersionList", ())
    return next((_document(each["Document"]) for each in versions if each["IsDefaultVersion"]), {})


def _document(given: Any) -> Mapping[str, Any]:
    """botocore decodes documents; IAM itself gives them percent-encoded. What is none is empty."""
    if isinstance(given, Mapping):
        return given
    try:
        found = json.loads(unquote(given))
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _managed(
    attached: Iterable[Mapping[str, Any]], documents: Mapping[str, Mapping[str, Any]]
) -> list[Policy]:
    arns = [each["PolicyArn"] for each in attached]
    return [Policy(arn, documents.get(arn, {}), _is_of_aws(arn)) for arn in arns]


def _inline(found: Iterable[Mapping[str, Any]], of: str = "") -> list[Policy]:
    return [
        Policy(f"inline {each['PolicyName']}{of}", _document(each["PolicyDocument"]))
        for each in found
    ]


def _role(role: Mapping[str, Any], documents: Mapping[str, Mapping[str, Any]]) -> Principal:
    policies = _managed(role.get("AttachedManagedPolicies", ()), documents)
    policies += _inline(role.get("RolePolicyList", ()))
    bounded = bool(role.get("PermissionsBoundary"))
    return Principal("role", role["RoleName"], role["Arn"], tuple(policies), bounded)


def _user(
    user: Mapping[str, Any],
    groups: Mapping[str, Mapping[str, Any]],
    documents: Mapping[str, Mapping[str, Any]],
) -> Principal:
    policies = _managed(user.get("AttachedManagedPolicies", ()), documents)
    policies += _inline(user.get("UserPolicyList", ()))
    for name in user.get("GroupList", ()):
        group = groups.get(name, {})
        policies += _managed(group.get("AttachedManagedPolicies", ()), documents)
        policies += _inline(group.get("GroupPolicyList", ()), f" of group {name}")
    bounded = bool(user.get("PermissionsBoundary"))
    return Principal("user", user["UserName"], user["Arn"], tuple(policies), bounded)


def role_of(principal: str) -> str:
    """The role behind a session's ARN; any other ARN as it is. A role's path is not known then."""
    session = _SESSION.fullmatch(principal)
    return "arn:{}:iam::{}:role/{}".format(*session.groups()) if session else principal


def simulation(iam: Any, principal: str, stream: Stream, consumer: str | None) -> Simulation:
    """SimulatePrincipalPolicy, one call for each kind of resource."""
    decisions: dict[str, str] = {}
    resources = {
        "stream": stream.arn,
        "consumer": consumer or f"{stream.arn}/consumer/doctor:1",
        # The reference says `*` for these, the field the stream's ARN: where either is allowed,
        # AWS and Shardline let the call through.
        "any": stream.arn,
        "key": _key_arn(stream),
    }
    for on, resource in resources.items():
        found = {each.name for need in NEEDS for each in actions(need, stream.key) if each.on == on}
        names = sorted(found - decisions.keys())
        if not names:
            continue
        pages = iam.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=principal, ActionNames=names, ResourceArns=[resource]
        )
        for page in pages:
            for each in page["EvaluationResults"]:
                decisions[each["EvalActionName"]] = each["EvalDecision"]
    return Simulation(principal, decisions)


def _key_arn(stream: Stream) -> str:
    key = stream.key or ""
    if key.startswith("arn:"):
        return key
    return stream.place.key(key if "/" in key else f"key/{key}")
