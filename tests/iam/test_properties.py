"""Whatever a document or a request holds: no other error than `MalformedPolicy`, and no allow by
accident."""

import contextlib
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iam.decisions import ANN, STREAM, deny
from iam.documents import document, statement
from iam.oracle.cases import Case, cases
from iam.oracle.evaluators import ours
from shardline.iam.policy.documents import parse
from shardline.iam.policy.errors import MalformedPolicy
from shardline.iam.policy.evaluation import Decision, Policies, Request, evaluate
from shardline.iam.policy.grammar import Kind
from shardline.iam.policy.operators import OPERATORS

KINDS = st.sampled_from(list(Kind))
WORDS = st.sampled_from(
    [
        *("Version", "2012-10-17", "Statement", "Effect", "Allow", "Deny", "Action", "NotAction"),
        *("Resource", "NotResource", "Principal", "NotPrincipal", "AWS", "Condition", "*", ""),
        *("kinesis:*", "arn:aws:kinesis:*", "${aws:username}", "aws:TagKeys", "ForAllValues:Null"),
        *("sts:AssumeRole", "111111111111", *OPERATORS),
    ]
) | st.text(max_size=5)  # fmt: skip
SCALARS = WORDS | st.none() | st.booleans() | st.integers() | st.floats()
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
ELEMENTS = ["Action", "NotAction", "Resource", "Principal", "Condition", "Sid"]
STATEMENT = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]) | JSON},
    optional=dict.fromkeys(ELEMENTS, WORDS | JSON),
)
DOCUMENT = st.fixed_dictionaries(
    {"Statement": STATEMENT | st.lists(STATEMENT, max_size=2) | JSON},
    optional={"Version": st.just("2012-10-17") | JSON, "Id": JSON},
)


@given(st.text() | JSON.map(json.dumps) | DOCUMENT.map(json.dumps), KINDS)
def test_a_document_is_a_policy_or_malformed(text: str, kind: Kind) -> None:
    with contextlib.suppress(MalformedPolicy):
        parse(text, kind)


@given(
    st.dictionaries(st.sampled_from(sorted(OPERATORS)), st.dictionaries(WORDS, JSON, max_size=2)),
    st.dictionaries(WORDS.map(str.lower), st.text() | st.lists(st.text()).map(tuple)),
    st.text(),
)
def test_whatever_the_context_there_is_a_decision(
    condition: dict[str, object], keys: dict[str, str | tuple[str, ...]], text: str
) -> None:
    try:
        policy = parse(document(statement(Resource="*", Condition=condition)), Kind.IDENTITY)
    except MalformedPolicy:
        return
    result = evaluate(Request(ANN, text, text, keys), Policies((policy,)))
    assert result.decision in Decision


NARROW = document(
    statement(Sid="Write", Action=["kinesis:PutRecord"], Resource=[STREAM]),
    statement(Effect="Allow", Action="kinesis:Get*", NotResource=["*"]),
)


@given(st.data())
def test_a_garbled_policy_allows_nothing_more(data: st.DataObject) -> None:
    # Given a policy that was cut, doubled or overwritten somewhere, though not with a wildcard
    start = data.draw(st.integers(0, len(NARROW)))
    end = data.draw(st.integers(start, min(start + 12, len(NARROW))))
    put = data.draw(st.text('{}[]",: aNot', max_size=4) | st.just(NARROW[start:end] * 2))
    garbled = NARROW[:start] + put + NARROW[end:]

    # When it is still a policy, then it does not allow what the whole one did not
    try:
        policy = parse(garbled, Kind.IDENTITY)
    except MalformedPolicy:
        return
    for action in ("kinesis:DeleteStream", "iam:CreateUser"):
        request = Request(ANN, action, STREAM.replace("orders", "secret"), {})
        assert not evaluate(request, Policies((policy,))).is_allowed


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(cases())
def test_what_only_limits_never_allows(requests: list[Case]) -> None:
    for case in requests:
        allowed = ours(case) == "allowed"
        everything = [{"Effect": "Deny", "Action": "*", "Resource": "*"}]
        assert ours(case._replace(identity=[*case.identity, everything])) == "explicitDeny"
        # Without a limit, what was allowed is allowed; with one more, what was not is not.
        assert not allowed or ours(case._replace(boundary=None, session=None)) == "allowed"
        narrower = case._replace(boundary=case.boundary or NOTHING)
        assert allowed or ours(narrower) != "allowed"


NOTHING = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]


def test_a_deny_of_everything_is_of_everything() -> None:
    request = Request(ANN, "kinesis:PutRecord", STREAM, {})
    assert evaluate(request, Policies((deny(),))).decision is Decision.EXPLICIT_DENY
