"""Generated cases of AssumeRole: a role, its trust policy, and who wants to be it."""

from hypothesis import strategies as st

from iam.oracle.cases import ANYBODY, REQUESTS, Case, Statement, contexts
from iam.oracle.words import OTHER, OWN, SESSION, USER, some

ASSUMED = [f"arn:aws:iam::{account}:role/app" for account in (OTHER, OWN, OTHER)]
_TRUST_ACTIONS = ["sts:AssumeRole", "sts:AssumeRole", "sts:TagSession", "STS:assumerole"]


@st.composite
def trust_cases(draw: st.DrawFn) -> list[Case]:
    """One role with its trust policy, and several callers that assume it."""
    role = draw(st.sampled_from(ASSUMED))
    limits = st.lists(_about_roles(), min_size=1, max_size=2)
    identity = draw(st.lists(limits, max_size=2))
    boundary = draw(st.none() | limits)
    trust = draw(st.lists(_trusting(), min_size=1, max_size=2))
    made: list[Case] = []
    for _ in range(REQUESTS):
        principal = draw(st.sampled_from([USER, SESSION]))
        keys = draw(contexts(principal))
        if draw(st.booleans()):
            keys["sts:ExternalId"] = draw(st.sampled_from(["red", "blue"]))
        account = role.split(":")[4]
        case = Case(
            *(principal, "sts:AssumeRole", role, account, keys, "2012-10-17"),
            *(identity, boundary, None, trust),
        )
        made.append(case)
    return made


@st.composite
def _about_roles(draw: st.DrawFn) -> Statement:
    resources = [*ASSUMED, "*", "arn:aws:iam::*:role/*", f"arn:aws:iam::{OTHER}:role/a*"]
    return {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        "Action": draw(st.sampled_from(["sts:AssumeRole", "sts:*", "*", "kinesis:*"])),
        "Resource": draw(some(st.sampled_from(resources))),
    }


@st.composite
def _trusting(draw: st.DrawFn) -> Statement:
    made: Statement = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"])),
        "Action": draw(some(st.sampled_from(_TRUST_ACTIONS))),
        "Principal": draw(ANYBODY),
    }
    if draw(st.booleans()):
        wanted = {"sts:ExternalId": draw(st.sampled_from(["red", "green"]))}
        made["Condition"] = {draw(st.sampled_from(["StringEquals", "StringNotLike"])): wanted}
    return made
