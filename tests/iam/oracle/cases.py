"""Policies and requests to try on two evaluators: a small world, so that much of it meets.

What the two are known to see differently is not made here, but stands case by case in
`test_known_differences.py`.

A case is JSON all through (`Case`), so that it can be sent to the other evaluator and printed.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from hypothesis import strategies as st

from iam.oracle.words import (
    ADDRESSES,
    ARNS,
    DATES,
    FAMILIES,
    NUMBERS,
    ON_CONSUMER,
    ON_STREAM,
    OTHER,
    OWN,
    REGIONS,
    ROLE,
    SESSION,
    TEXTS,
    USER,
    action_patterns,
    may_lack_a_value,
    resource_patterns,
    resources,
    some,
)

Json = dict[str, Any]
Statement = dict[str, Any]


class Case(NamedTuple):
    """A request and all policies that apply to it; each policy is its list of statements."""

    principal: str
    action: str
    resource: str
    owner: str
    context: Mapping[str, str | list[str]]
    version: str
    identity: list[list[Statement]]
    boundary: list[Statement] | None
    session: list[Statement] | None
    of_resource: list[Statement] | None

    def statements(self) -> list[Statement]:
        """Every statement of every policy."""
        groups = [*self.identity, self.boundary, self.session, self.of_resource]
        return [statement for group in groups if group for statement in group]


def document(statements: list[Statement], version: str) -> Json:
    """A policy document of some statements."""
    return {"Version": version, "Statement": statements}


REQUESTS = 8  # for each set of policies
_FORMS = ["{}", "{}", "{}IfExists", "ForAllValues:{}", "ForAnyValue:{}", "ForAllValues:{}IfExists"]


def _is_garbled(value: str) -> bool:
    """Whether a value has a variable that may be without value, or is half an ARN."""
    return may_lack_a_value(value) or value == "arn:aws:iam:*"


@st.composite
def conditions(draw: st.DrawFn) -> Json:
    """A Condition block with up to two operators."""
    block: Json = {}
    for _ in range(draw(st.integers(1, 2))):
        family = draw(st.sampled_from(sorted(FAMILIES)))
        operators, keys, values = FAMILIES[family]
        operator, key = draw(st.sampled_from(operators)), draw(st.sampled_from(keys))
        if "Not" in operator:
            values = values.filter(lambda value: not _is_garbled(value))
        if family != "Null":
            operator = draw(st.sampled_from(_FORMS)).format(operator)
        block.setdefault(operator, {})[key] = draw(some(values))
    return block


@st.composite
def statements(draw: st.DrawFn, principals: st.SearchStrategy[Any] | None = None) -> Statement:
    """A statement; of a resource policy when principals are given."""
    effect = draw(st.sampled_from(["Allow", "Allow", "Allow", "Allow", "Deny"]))
    action = draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))
    resource = draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))
    made: Statement = {
        "Effect": effect,
        action: draw(some(action_patterns)),
        resource: draw(some(resource_patterns[resource])),
    }
    if draw(st.integers(0, 2)) == 0:
        made["Condition"] = draw(conditions())
    if principals is not None:
        made["Principal"] = draw(principals)
    return made


_NAMED = st.sampled_from(
    [
        *(USER, ROLE, ROLE, OWN, f"arn:aws:iam::{OWN}:root", OTHER, f"arn:aws:iam::{OWN}:user/bob"),
        f"arn:aws:sts::{OWN}:assumed-role/app/red",
    ]
)
_SOMEBODY: st.SearchStrategy[Any] = some(_NAMED).map(lambda values: {"AWS": values})
ANYBODY = st.sampled_from(["*", {"AWS": "*"}, {"Service": "cloudwatch.amazonaws.com"}]) | _SOMEBODY


@st.composite
def contexts(draw: st.DrawFn, principal: str) -> dict[str, str | list[str]]:
    """What a request carries: any keys may be missing, but those of the caller are its own."""
    found: dict[str, str | list[str]] = {"aws:PrincipalArn": USER if principal == USER else ROLE}
    if principal == USER:
        found["aws:username"] = "ann"
    choices: dict[str, st.SearchStrategy[str | list[str]]] = {
        "aws:PrincipalTag/team": st.sampled_from(["red", "blue", "Red"]),
        "aws:ResourceTag/Team": st.sampled_from(["red", "blue", "ann"]),
        "aws:RequestedRegion": st.sampled_from(REGIONS),
        "aws:TagKeys": st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3, unique=True),
        "aws:SourceIp": st.sampled_from(ADDRESSES),
        "aws:SecureTransport": st.sampled_from(["true", "false"]),
        "aws:CurrentTime": st.sampled_from(DATES[:2]),
        "aws:TokenIssueTime": st.sampled_from(DATES[:2]),
        "aws:MultiFactorAuthAge": st.sampled_from(NUMBERS),
        "aws:SourceArn": st.sampled_from(ARNS),
    }
    for key, values in choices.items():
        if draw(st.booleans()):
            found[key] = draw(values)
    return found


@st.composite
def cases(draw: st.DrawFn) -> list[Case]:
    """One set of policies and several requests."""
    limits = st.lists(statements(), min_size=1, max_size=2)
    identity = draw(st.lists(limits, max_size=3))
    boundary = draw(st.none() | st.none() | limits)
    session = draw(st.none() | limits)
    granted = statements(_SOMEBODY if session else ANYBODY)
    resource_policy = draw(st.none() | st.lists(granted, min_size=1, max_size=2))
    version = draw(st.sampled_from(["2012-10-17", "2008-10-17"]))
    if "${" in json.dumps(resource_policy):
        version = "2012-10-17"
    made: list[Case] = []
    for _ in range(REQUESTS):
        principal, resource = draw(st.sampled_from([USER, SESSION])), draw(resources)
        case = Case(
            principal=principal,
            action=draw(st.sampled_from(ON_CONSUMER if "/consumer/" in resource else ON_STREAM)),
            resource=resource,
            owner=resource.split(":")[4],
            context=draw(contexts(principal)),
            version=version,
            identity=identity,
            boundary=boundary,
            session=session if principal == SESSION else None,
            of_resource=resource_policy,
        )
        made.append(case)
    return made
