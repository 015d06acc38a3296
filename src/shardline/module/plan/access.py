"""The changes of policies, roles, and who has which policy."""

import json
from collections.abc import Iterator
from typing import Any

from shardline.module.actual import Actual, ActualPolicy, ActualRole, role_path
from shardline.module.places import Place, owner_tag
from shardline.module.plan.changes import Call, Change
from shardline.module.plan.same import same_document
from shardline.module.policies import ACCESSES, DESCRIPTIONS, Access, document, policy_name
from shardline.module.spec.wanted import Grantee, WantedRole, WantedStream

MOST_VERSIONS = 5
"""Of a policy that IAM keeps; the oldest makes room for a new one."""


def access_changes(wanted: WantedStream, actual: Actual) -> Iterator[Change]:
    """Policies first, then roles, then who has what; roles that are no longer wanted go last."""
    for access in ACCESSES:
        yield from _policy(wanted, actual, access)
    for role in wanted.access.roles:
        yield from _role(role, actual)
    for access in ACCESSES:
        yield from _attachments(wanted, actual, access)
    for name in sorted(actual.roles.keys() - set(names_of(wanted))):
        if actual.is_ours(actual.roles[name].tags):
            yield role_removal(actual, actual.roles[name])


def names_of(wanted: WantedStream) -> list[str]:
    """The names of all roles that the configuration speaks of."""
    return [who.name for who in grantees(wanted) if who.kind == "role"]


def grantees(wanted: WantedStream) -> list[Grantee]:
    """Everyone whom the configuration gives something."""
    access = wanted.access
    return list(dict.fromkeys((*access.read, *access.write, *access.manage)))


def wanted_document(wanted: WantedStream, place: Place, access: Access) -> str:
    """The document of one of the policies."""
    return document(place, wanted.name, access, wanted.kms_key)


def _policy(wanted: WantedStream, actual: Actual, access: Access) -> Iterator[Change]:
    name = policy_name(wanted.name, access)
    text = wanted_document(wanted, actual.place, access)
    there = actual.policies.get(access)
    if there is None:
        params: dict[str, Any] = {
            "PolicyName": name,
            "PolicyDocument": text,
            "Description": DESCRIPTIONS[access].format(wanted.name),
            "Tags": tag_list(owner_tag(actual.place, wanted.name)),
        }
        call = Call("iam", "CreatePolicy", params)
        yield Change("create", f"policy {access}", None, _summary(text), (call,))
    elif not same_document(there.document, text):
        calls = [*_room_for_a_version(there), _new_version(there.arn, text)]
        yield Change(
            "change", f"policy {access}", _summary(there.document), _summary(text), tuple(calls)
        )


def _new_version(arn: str, text: str) -> Call:
    params = {"PolicyArn": arn, "PolicyDocument": text, "SetAsDefault": True}
    return Call("iam", "CreatePolicyVersion", params)


def _room_for_a_version(policy: ActualPolicy) -> Iterator[Call]:
    if len(policy.versions) >= MOST_VERSIONS:
        oldest = next(each for each in policy.versions if each != policy.default_version)
        yield Call("iam", "DeletePolicyVersion", {"PolicyArn": policy.arn, "VersionId": oldest})


def _summary(text: str) -> str:
    """How many actions a document grants, patterns among them."""
    try:
        statements = json.loads(text)["Statement"]
        actions = sum(len(each["Action"]) for each in statements)
    except (ValueError, KeyError, TypeError):
        return "another document"
    return f"{actions} action{'' if actions == 1 else 's'}"


def _role(role: WantedRole, actual: Actual) -> Iterator[Change]:
    text = trust_document(role, actual.place)
    there = actual.roles.get(role.name)
    if there is None:
        params: dict[str, Any] = {
            "RoleName": role.name,
            "Path": role_path(actual.place, actual.name),
            "AssumeRolePolicyDocument": text,
            "Tags": tag_list(owner_tag(actual.place, actual.name)),
        }
        call = Call("iam", "CreateRole", params)
        yield Change("create", f"role {role.name}", None, f"for {', '.join(role.trust)}", (call,))
    elif actual.is_ours(there.tags) and not same_document(there.trust, text):
        params = {"RoleName": role.name, "PolicyDocument": text}
        call = Call("iam", "UpdateAssumeRolePolicy", params)
        after = f"for {', '.join(role.trust)}"
        yield Change("change", f"role {role.name}", "another trust", after, (call,))


def trust_document(role: WantedRole, place: Place) -> str:
    """Who may take on a role: services, accounts, and ARNs of IAM."""
    principals: dict[str, list[str]] = {}
    for trusted in role.trust:
        if trusted.isdigit():
            arn = f"arn:{place.partition}:iam::{trusted}:root"
            principals.setdefault("AWS", []).append(arn)
        elif trusted.startswith("arn:"):
            principals.setdefault("AWS", []).append(trusted)
        else:
            principals.setdefault("Service", []).append(trusted)
    statement = {"Effect": "Allow", "Principal": principals, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _attachments(wanted: WantedStream, actual: Actual, access: Access) -> Iterator[Change]:
    policy = actual.policies.get(access)
    there = policy.attached if policy else ()
    named: tuple[Grantee, ...] = getattr(wanted.access, access)
    for who in named:
        if who not in there:
            call = attachment(actual, access, who, "Attach")
            yield Change("create", _right(access, who), None, "attached", (call,))
    for who in there:
        if who in named:
            continue
        if access in wanted.access.stated or _is_going(who, wanted, actual):
            call = attachment(actual, access, who, "Detach")
            what, loses = _right(access, who), f"the right to {access}"
            yield Change("remove", what, "attached", None, (call,), loses=loses)
        else:
            note = f"the file has no list of who may {access}"
            yield Change("leave", _right(access, who), "attached", None, note=note)


def _right(access: Access, who: Grantee) -> str:
    return f"{access} for {who.kind} {who.name}"


def _is_going(who: Grantee, wanted: WantedStream, actual: Actual) -> bool:
    """Whether somebody is a role that the module created and that nothing speaks of any more."""
    role = actual.roles.get(who.name) if who.kind == "role" else None
    return role is not None and actual.is_ours(role.tags) and role.name not in names_of(wanted)


def attachment(actual: Actual, access: Access, who: Grantee, verb: str) -> Call:
    """The call that attaches a policy to somebody (`Attach`), or takes it away (`Detach`)."""
    kind = who.kind.capitalize()
    params = {
        f"{kind}Name": who.name,
        "PolicyArn": actual.place.policy(policy_name(actual.name, access)),
    }
    return Call("iam", f"{verb}{kind}Policy", params)


def role_removal(actual: Actual, role: ActualRole) -> Change:
    """What happens to a role that the module created and nobody wants any more."""
    what = f"role {role.name}"
    if role.others:
        return Change("leave", what, "there", None, note="it has other policies as well")
    call = Call("iam", "DeleteRole", {"RoleName": role.name})
    return Change("remove", what, "there", None, (call,), loses="the role")


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as IAM and CloudWatch have them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
