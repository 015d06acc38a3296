"""AWS's sentences for denials: the User Guide, "Troubleshoot access denied error messages"."""

from typing import Any

import pytest

from iam.decisions import (
    ANN,
    BOUNDARY,
    LIMIT,
    OTHER,
    PUT,
    ROLE,
    STREAM,
    THEIRS,
    allow,
    deny,
    trusting,
)
from shardline.iam.policy.denials import sentence
from shardline.iam.policy.evaluation import Decision, Policies, Request, evaluate
from shardline.iam.policy.grammar import Kind

WHO = f"User: {ANN.arn} is not authorized to perform: {PUT}"


@pytest.mark.parametrize(
    ("policies", "words"),
    [
        (Policies(), f"because no identity-based policy allows the {PUT} action"),
        (Policies((deny(),)), "with an explicit deny in an identity-based policy"),
        (
            Policies(resource=deny(Kind.RESOURCE, Principal="*")),
            "with an explicit deny in a resource-based policy",
        ),
        (
            Policies((allow(),), boundary=BOUNDARY),
            f"because no permissions boundary allows the {PUT} action",
        ),
        (
            Policies((allow(),), boundary=deny(Kind.BOUNDARY)),
            "with an explicit deny in a permissions boundary",
        ),
        (
            Policies((allow(),), session=LIMIT),
            f"because no session policy allows the {PUT} action",
        ),
        (
            Policies((allow(),), session=(deny(Kind.SESSION),)),
            "with an explicit deny in a session policy",
        ),
    ],
)
def test_a_denial_is_told_in_awss_sentence(policies: Policies, words: str) -> None:
    request = Request(ANN, PUT, STREAM, {})
    told = sentence(request, evaluate(request, policies))
    assert told == f"{WHO} on resource: {STREAM} {words}"


def test_a_denial_across_accounts_and_one_without_a_resource() -> None:
    request = Request(ANN, PUT, THEIRS, {})
    assert sentence(request, evaluate(request, Policies((allow(),)))) == (
        f"{WHO} on resource: {THEIRS} because no resource-based policy allows the {PUT} action"
    )
    listing = Request(ANN, "kinesis:ListStreams", "*", {})
    assert sentence(listing, evaluate(listing, Policies())) == (
        f"User: {ANN.arn} is not authorized to perform: kinesis:ListStreams "
        "because no identity-based policy allows the kinesis:ListStreams action"
    )


def test_a_denial_of_a_role() -> None:
    request = Request(ANN, "sts:AssumeRole", ROLE, {})
    who = f"User: {ANN.arn} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    nobody = Policies((allow(),), resource=trusting({"AWS": OTHER}))
    assert sentence(request, evaluate(request, nobody)) == (
        f"{who} because no role trust policy allows the sts:AssumeRole action"
    )
    elements: dict[str, Any] = {"Action": "sts:*", "Resource": None, "Principal": "*"}
    denied = Policies(resource=deny(Kind.TRUST, **(elements | {"Action": "sts:AssumeRole"})))
    assert evaluate(request, denied).decision is Decision.EXPLICIT_DENY
    assert sentence(request, evaluate(request, denied)) == (
        f"{who} with an explicit deny in the role trust policy"
    )
