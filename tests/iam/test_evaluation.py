"""The decision over all policies, after the User Guide's pages on evaluation logic."""

from typing import Any

import pytest

from iam.decisions import (
    ACCOUNT,
    ALLOWED,
    ANN,
    ANYTHING,
    BLUE,
    BOUNDARY,
    LIMIT,
    NAMED,
    NOTHING,
    OTHER,
    OWN,
    PUT,
    ROLE,
    ROOT,
    SESSION,
    STREAM,
    THEIRS,
    WIDE,
    allow,
    decide,
    deny,
    explicitly,
    granted,
    no,
    trusting,
)
from iam.documents import policy, statement
from shardline.iam.policy.evaluation import Match, Policies, Request, evaluate
from shardline.iam.policy.grammar import Kind
from shardline.iam.policy.principals import Directness, Principal
from shardline.iam.policy.variables import Context


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (Policies(), no(Kind.IDENTITY)),
        (Policies((NOTHING,)), no(Kind.IDENTITY)),
        (Policies((NOTHING, allow())), ALLOWED),
        (Policies((allow(), deny())), explicitly(Kind.IDENTITY)),
        (Policies((allow(), deny(Action="kinesis:Get*"))), ALLOWED),
        # A resource's policy that names the user suffices, and only explicit denies limit it.
        (Policies(resource=granted(NAMED)), ALLOWED),
        (Policies(resource=granted("*")), ALLOWED),
        (Policies(resource=granted({"AWS": ANN.unique_id})), ALLOWED),
        (Policies(resource=granted(NAMED), boundary=BOUNDARY), ALLOWED),
        (Policies((deny(),), resource=granted(NAMED)), explicitly(Kind.IDENTITY)),
        (
            Policies(resource=granted(NAMED), boundary=deny(Kind.BOUNDARY)),
            explicitly(Kind.BOUNDARY),
        ),
        # One that names the account leaves it to the account.
        (Policies(resource=granted(ACCOUNT)), no(Kind.IDENTITY)),
        (Policies((allow(),), resource=granted(ACCOUNT)), ALLOWED),
        (Policies((allow(),), resource=granted({"AWS": OTHER})), ALLOWED),
        (Policies(resource=granted({"Service": "s3.amazonaws.com"})), no(Kind.IDENTITY)),
        (
            Policies((allow(),), resource=deny(Kind.RESOURCE, Principal=ACCOUNT)),
            explicitly(Kind.RESOURCE),
        ),
        # A boundary limits, and grants nothing.
        (Policies((allow(),), boundary=WIDE), ALLOWED),
        (Policies((allow(),), boundary=BOUNDARY), no(Kind.BOUNDARY)),
        (Policies(boundary=WIDE), no(Kind.IDENTITY)),
        (Policies((allow(),), boundary=deny(Kind.BOUNDARY)), explicitly(Kind.BOUNDARY)),
    ],
)
def test_a_user_in_its_own_account(policies: Policies, expected: object) -> None:
    assert decide(policies) == expected


BY_ROLE, BY_SESSION = granted({"AWS": ROLE}), granted({"AWS": SESSION})


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (Policies((allow(),)), ALLOWED),
        (Policies((allow(),), session=ANYTHING), ALLOWED),
        (Policies((allow(),), session=LIMIT), no(Kind.SESSION)),
        (Policies((allow(),), session=()), no(Kind.SESSION)),
        (Policies((allow(),), session=(*LIMIT, *ANYTHING)), ALLOWED),
        (Policies((allow(),), session=(deny(Kind.SESSION),)), explicitly(Kind.SESSION)),
        (Policies(session=ANYTHING), no(Kind.IDENTITY)),
        (Policies((allow(),), boundary=BOUNDARY, session=LIMIT), no(Kind.BOUNDARY)),
        # "Resource-based policies that grant permissions to an IAM role ARN are limited by an
        # implicit deny in a permissions boundary or session policy"; to a session they are not.
        (Policies(resource=BY_ROLE), ALLOWED),
        (Policies(resource=granted({"AWS": BLUE.unique_id})), ALLOWED),
        (Policies(resource=BY_ROLE, boundary=BOUNDARY), no(Kind.BOUNDARY)),
        (Policies(resource=BY_ROLE, session=LIMIT), no(Kind.SESSION)),
        (Policies(resource=BY_SESSION, boundary=BOUNDARY, session=LIMIT), ALLOWED),
        (Policies(resource=granted("*"), boundary=BOUNDARY, session=LIMIT), ALLOWED),
    ],
)
def test_a_session_of_a_role(policies: Policies, expected: object) -> None:
    assert decide(policies, BLUE) == expected


@pytest.mark.parametrize("to", [NAMED, ACCOUNT, "*"])
@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (Policies((allow(),)), ALLOWED),
        (Policies(), no(Kind.IDENTITY)),
        (Policies((allow(),), boundary=BOUNDARY), no(Kind.BOUNDARY)),
    ],
)
def test_across_accounts_both_must_allow(to: Any, policies: Policies, expected: object) -> None:
    both = Policies(policies.identity, policies.boundary, None, granted(to))
    assert decide(both, resource=THEIRS) == expected


@pytest.mark.parametrize("to", [ROLE, SESSION, OWN])
def test_across_accounts_a_grant_to_a_role_or_a_session_is_not_enough(to: str) -> None:
    grant = granted({"AWS": to})
    assert decide(Policies(resource=grant), BLUE, THEIRS) == no(Kind.IDENTITY)
    assert decide(Policies((allow(),), resource=grant), BLUE, THEIRS) == ALLOWED
    limited = Policies((allow(),), session=LIMIT, resource=grant)
    assert decide(limited, BLUE, THEIRS) == no(Kind.SESSION)


def test_across_accounts_identity_policies_alone_allow_nothing() -> None:
    assert decide(Policies((allow(),)), resource=THEIRS) == no(Kind.RESOURCE)
    other = Policies((allow(),), resource=granted({"AWS": OTHER}))
    assert decide(other, resource=THEIRS) == no(Kind.RESOURCE)


def test_a_resource_without_account_is_the_owners() -> None:
    request = Request(ANN, PUT, "arn:aws:s3:::bucket", {}, owner=OTHER)
    assert evaluate(request, Policies((allow(),))).denied_by is Kind.RESOURCE


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (Policies(resource=trusting(NAMED)), ALLOWED),
        (Policies(resource=trusting(ACCOUNT)), no(Kind.IDENTITY)),
        (Policies((allow(),), resource=trusting(ACCOUNT)), ALLOWED),
        (Policies((allow(),), resource=trusting({"AWS": OTHER})), no(Kind.TRUST)),
        (Policies((deny(),), resource=trusting(NAMED)), explicitly(Kind.IDENTITY)),
    ],
)
def test_a_role_is_assumed_by_whom_it_trusts(policies: Policies, expected: object) -> None:
    assert decide(policies, resource=ROLE, action="sts:AssumeRole") == expected


def test_root_may_do_all_in_its_account_and_is_bound_by_the_resources_denies() -> None:
    assert decide(Policies(), ROOT) == ALLOWED
    assert decide(Policies(), ROOT, "*") == ALLOWED
    assert decide(Policies(), ROOT, THEIRS) == no(Kind.RESOURCE)
    denied = Policies(resource=deny(Kind.RESOURCE, Principal="*"))
    assert decide(denied, ROOT) == explicitly(Kind.RESOURCE)


@pytest.mark.parametrize(
    ("exempt", "who", "is_denied"),
    [
        ([ANN.arn, OWN], ANN, False),
        ([ANN.arn], ANN, True),
        ([OWN], ANN, True),
        ([SESSION, ROLE, OWN], BLUE, False),
        ([ROLE, OWN], BLUE, True),
        ([SESSION, OWN], BLUE, True),
        ([OWN], ROOT, False),
        (["*"], ANN, False),
    ],
)
def test_not_principal_exempts_whoever_is_named_all_through(
    exempt: list[str], who: Principal, is_denied: bool
) -> None:
    elements: dict[str, Any] = {"Principal": None, "NotPrincipal": {"AWS": exempt}}
    policies = Policies((allow(),), resource=deny(Kind.RESOURCE, **elements))
    assert decide(policies, who) == (explicitly(Kind.RESOURCE) if is_denied else ALLOWED)


def test_what_a_policy_is_to_a_request_hangs_on_where_it_is_attached() -> None:
    # One managed policy, attached as a boundary or as a session policy, grants nothing.
    managed = allow()
    assert decide(Policies(boundary=managed)) == no(Kind.IDENTITY)
    assert decide(Policies(session=(managed,)), BLUE) == no(Kind.IDENTITY)
    assert decide(Policies((managed,), managed, (managed,)), BLUE) == ALLOWED
    assert decide(Policies((managed,), deny())) == explicitly(Kind.BOUNDARY)


def test_awss_managed_policies_are_of_every_account() -> None:
    managed = "arn:aws:iam::aws:policy/AmazonKinesisFullAccess"
    assert decide(Policies((allow(),)), resource=managed, action="iam:GetPolicy") == ALLOWED


def test_the_statements_that_matched_are_named() -> None:
    first = policy(
        statement(Action="s3:*", Resource="*"),
        statement(Sid="Write", Action="kinesis:Put*", Resource="*"),
        name="writers",
    )
    result = evaluate(
        Request(ANN, PUT, STREAM, {}), Policies((first,), resource=granted(ACCOUNT, Sid="Own"))
    )
    assert result.is_allowed
    assert result.matches == (
        Match(Kind.IDENTITY, "writers", 1, "Write", True),
        Match(Kind.RESOURCE, "", 0, "Own", True, Directness.ACCOUNT),
    )


def test_a_statement_is_about_its_actions_and_resources_or_about_all_others() -> None:
    context: Context = {"aws:username": "ann"}

    def allows(**elements: Any) -> bool:
        policies = Policies((allow(**elements),))
        return evaluate(Request(ANN, PUT, STREAM, context), policies).is_allowed

    assert allows(Action=["kinesis:GET*", "KINESIS:putrecord"])
    assert not allows(Action=None, NotAction="kinesis:P*")
    assert allows(Action=None, NotAction=["kinesis:Get*", "s3:*"])
    assert not allows(Resource=None, NotResource=STREAM)
    assert allows(Resource=None, NotResource=f"{STREAM}-2")
    mine = "arn:aws:kinesis:*:*:stream/${aws:username}"
    assert not allows(Resource=mine)
    assert allows(Resource=[mine, f"{STREAM}*"])
    assert allows(Resource=None, NotResource=mine)
    assert not allows(Resource=None, NotResource="arn:aws:kinesis:*:*:stream/${aws:userid}")
