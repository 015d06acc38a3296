"""What AWS checks in a policy of an identity whose form is right, in its order and its words.

Order and texts: moto's `tests/test_iam/test_iam_policies.py`, recorded from AWS. Where two faults
meet that it does not have together, the order is ours, as are the exact bounds of "legacy parsing".
"""

import re
from collections.abc import Iterator

from shardline.iam.policy.arns import RESOURCE_PARTITION
from shardline.iam.policy.conditions import read_operator
from shardline.iam.policy.errors import MalformedPolicy
from shardline.iam.policy.grammar import CURRENT, RawPolicy, RawStatement
from shardline.iam.policy.operators import OPERATORS

VERSION = "Policy document must be version 2012-10-17 or greater."
PRINCIPAL = "Policy document should not specify a principal."
LEGACY = "The policy failed legacy parsing"
SID_TWICE = "Statement IDs (SID) in a single policy must be unique."
SID_FORM = (
    "Statement IDs (SID) must be alpha-numeric. "
    "Check that your input satisfies the regular expression [0-9A-Za-z]*"
)
NO_ACTIONS = "Policy statement must contain actions."
NO_RESOURCES = "Policy statement must contain resources."
NO_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
COLONS = "Actions/Condition can contain only one colon."
UNQUALIFIED = "Resource vendor must be fully qualified and cannot contain regexes."
IAM_RESOURCES = (
    *("user", "federated-user", "role", "group", "instance-profile", "mfa", "server-certificate"),
    *("policy", "sms-mfa", "saml-provider", "oidc-provider", "report", "access-report"),
)
IAM_PATHS = tuple(f"{name}/" for name in IAM_RESOURCES)
IAM_PATH = f'IAM resource path must either be "*" or start with {", ".join(IAM_PATHS)}.'

_SID = re.compile(r"[0-9A-Za-z]*", re.ASCII)
_VENDOR = re.compile(r"[a-zA-Z0-9\-.]+", re.ASCII)


def check(policy: RawPolicy) -> None:
    """Raises `MalformedPolicy` for the first fault that AWS would name."""
    if policy.version != CURRENT:
        raise MalformedPolicy(VERSION, "Version")
    for step in (_principal, _legacy, _sids, _resources, _actions, _has_resources):
        step(policy.statements)


def _principal(statements: list[RawStatement]) -> None:
    for each in statements:
        for name in each.principals:
            raise MalformedPolicy(PRINCIPAL, f"{each.place}.{name}")


def _legacy(statements: list[RawStatement]) -> None:
    for each in statements:
        if each.effect not in ("Allow", "Deny"):
            raise MalformedPolicy(LEGACY, f"{each.place}.Effect")
        for place, resource in _of(each, "Resource"):
            parts = resource.split(":")
            if parts[:2] == ["arn", "aws"] and _fails_legacy(parts):
                raise MalformedPolicy(LEGACY, place)
        check_values(each)


def check_values(statement: RawStatement) -> None:
    """Raises `MalformedPolicy` for a value that its operator cannot read."""
    for operator, key, values in statement.conditions:
        name = read_operator(operator)
        if name is not None and not all(map(OPERATORS[name.base].values_fit, values)):
            raise MalformedPolicy(LEGACY, f"{statement.place}.Condition.{operator}.{key}")


def _fails_legacy(parts: list[str]) -> bool:
    """An ARN without a service, or one part short (unless a wildcard may stand for the rest)."""
    return (len(parts) > 3 and not parts[2]) or (
        len(parts) == 5 and not any(part.endswith("*") for part in parts)
    )


def _sids(statements: list[RawStatement]) -> None:
    seen: set[str] = set()
    for each in statements:
        if each.sid and each.sid in seen:
            raise MalformedPolicy(SID_TWICE, f"{each.place}.Sid")
        seen.add(each.sid or "")
    for each in statements:
        if not _SID.fullmatch(each.sid or ""):
            raise MalformedPolicy(SID_FORM, f"{each.place}.Sid")


def _resources(statements: list[RawStatement]) -> None:
    for each in statements:
        for place, resource in _of(each, "Resource"):
            wrong = _resource(resource)
            if wrong:
                raise MalformedPolicy(wrong, place)


def _resource(text: str) -> str | None:
    if text == "*":
        return None
    parts = text.split(":", 5)
    if len(parts) == 1:
        return f'Resource {text} must be in ARN format or "*".'
    if not RESOURCE_PARTITION.fullmatch(parts[1]):
        whole = ":".join(["arn", *parts[1:], *["*"] * (6 - len(parts))])
        return f'Partition "{parts[1]}" is not valid for resource "{whole}".'
    if parts[0] != "arn":
        return f'Resource {text} must be in ARN format or "*".'
    if len(parts) == 2 or not (parts[2] == "*" or _VENDOR.fullmatch(parts[2])):
        return UNQUALIFIED
    return _of_service(text, parts) if len(parts) == 6 else None


def _of_service(text: str, parts: list[str]) -> str | None:
    service, region, resource = parts[2], parts[3], parts[5]
    if service == "iam" and region:
        return f"IAM resource {text} cannot contain region information."
    if service == "s3" and region:
        return f"Resource {text} can not contain region information."
    if service == "iam" and resource != "*" and not resource.startswith(IAM_PATHS):
        return IAM_PATH if resource[:1] not in ("*", "?") and resource != "root" else None
    return None


def _actions(statements: list[RawStatement]) -> None:
    for each in statements:
        if not any(each.lists.get(name) for name in ("Action", "NotAction")):
            raise MalformedPolicy(NO_ACTIONS, each.place)
    for each in statements:
        for place, action in _of(each, "Action"):
            wrong = _action(action)
            if wrong:
                raise MalformedPolicy(wrong, place)


def _action(text: str) -> str | None:
    if text == "*":
        return None
    vendor, colon, rest = text.partition(":")
    if not colon:
        return NO_VENDOR
    if ":" in rest:
        return COLONS
    return None if _VENDOR.fullmatch(vendor) else f"Vendor {vendor} is not valid"


def _has_resources(statements: list[RawStatement]) -> None:
    for each in statements:
        if not any(each.lists.get(name) for name in ("Resource", "NotResource")):
            raise MalformedPolicy(NO_RESOURCES, each.place)


def _of(statement: RawStatement, name: str) -> Iterator[tuple[str, str]]:
    """The texts of an element or of its Not… form, each with its place."""
    for form in (name, f"Not{name}"):
        for number, text in enumerate(statement.lists.get(form, ())):
            yield f"{statement.place}.{form}[{number}]", text
