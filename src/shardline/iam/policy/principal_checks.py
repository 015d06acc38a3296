"""What is checked in a resource or trust policy whose form is right.

AWS's texts where they are known from public issues; the order is ours. A resource policy keeps to
version 2008-10-17 or 2012-10-17 and may leave it out, which means the older one.
"""

import re

from shardline.iam.policy.errors import MalformedPolicy
from shardline.iam.policy.grammar import Kind, RawPolicy, RawStatement
from shardline.iam.policy.identity_checks import check_values
from shardline.iam.policy.principals import is_valid

SIDS = "The Statement Ids in the policy are not unique"
NOT_STS = "AssumeRole policy may only specify STS AssumeRole actions."
# The User Guide: "Using NotPrincipal with Effect: Allow is not supported"; the text is ours.
NOT_PRINCIPAL = "NotPrincipal may only be used with Effect Deny"

_TRUST_ACTIONS = re.compile(
    r"sts:(AssumeRole(With(SAML|WebIdentity))?|TagSession|SetSourceIdentity|SetContext)",
    re.IGNORECASE | re.ASCII,
)
_ACTION = re.compile(r"\*|[a-zA-Z0-9\-.]+:[^:\s]+", re.ASCII)


def check(policy: RawPolicy, kind: Kind) -> None:
    """Raises `MalformedPolicy` for the first fault."""
    sids = [each.sid for each in policy.statements if each.sid]
    if len(set(sids)) < len(sids):
        raise MalformedPolicy(SIDS, "Statement")
    for each in policy.statements:
        _fields(each, kind)
        _principals(each, kind)
        _actions(each, kind)
        check_values(each)


def _fields(each: RawStatement, kind: Kind) -> None:
    if each.effect not in ("Allow", "Deny"):
        raise MalformedPolicy(f"Invalid effect: {each.effect}", f"{each.place}.Effect")
    if not each.principals:
        raise MalformedPolicy("Missing required field Principal", each.place)
    if not any(each.lists.get(name) for name in ("Action", "NotAction")):
        raise MalformedPolicy("Missing required field Action", each.place)
    given = [name for name in ("Resource", "NotResource") if name in each.lists]
    if kind is Kind.TRUST and given:
        raise MalformedPolicy(f"Has prohibited field {given[0]}", f"{each.place}.{given[0]}")
    if kind is Kind.RESOURCE and not any(each.lists.get(name) for name in given):
        raise MalformedPolicy("Missing required field Resource", each.place)


def _principals(each: RawStatement, kind: Kind) -> None:
    for name, element in each.principals.items():
        if name == "NotPrincipal" and (each.effect == "Allow" or kind is Kind.TRUST):
            raise MalformedPolicy(NOT_PRINCIPAL, f"{each.place}.{name}")
        for type_, values in element.items():
            for value in values:
                if not is_valid(type_, value):
                    raise MalformedPolicy(
                        f'Invalid principal in policy: "{type_}":"{value}"',
                        f"{each.place}.{name}.{type_}",
                    )


def _actions(each: RawStatement, kind: Kind) -> None:
    form = _TRUST_ACTIONS if kind is Kind.TRUST else _ACTION
    for name in ("Action", "NotAction"):
        for number, action in enumerate(each.lists.get(name, ())):
            if not form.fullmatch(action):
                text = NOT_STS if kind is Kind.TRUST else f"Invalid action: {action}"
                raise MalformedPolicy(text, f"{each.place}.{name}[{number}]")
