"""Texts that are resource policies, and texts that are not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.gateway.errors import ServiceError
from shardline.kinesis.policies import MAX_POLICY_BYTES, check

STATEMENT: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "kinesis:PutRecord",
    "Resource": "arn:aws:kinesis:us-east-1:000000000000:stream/s",
}


def policy(**changes: Any) -> dict[str, Any]:
    """A policy whose one statement has these members instead; None leaves one out."""
    statement = {name: v for name, v in (STATEMENT | changes).items() if v is not None}
    return {"Version": "2012-10-17", "Statement": [statement]}


GOOD = [
    policy(),
    {"Statement": STATEMENT},
    {"Version": "2008-10-17", "Id": "mine", "Statement": [STATEMENT, STATEMENT]},
    policy(Sid="one", Effect="Deny", Principal="*", Action=["kinesis:*", "*"]),
    policy(Principal=None, NotPrincipal={"AWS": ["1", "2"]}),
    policy(Action=None, NotAction="kinesis:DeleteStream"),
    policy(Resource=None, NotResource=["arn:aws:kinesis:*:*:stream/other"]),
    policy(Principal={"Service": "lambda.amazonaws.com"}),
    policy(Condition={"StringEquals": {"aws:SourceAccount": "111122223333"}}),
]


@pytest.mark.parametrize("document", GOOD)
def test_a_policy_is_one(document: dict[str, Any]) -> None:
    check(json.dumps(document))


BAD: list[tuple[str, str]] = [
    ("", "it is not valid JSON"),
    ("{", "it is not valid JSON"),
    ("[" * 1_000, "it is not valid JSON"),
    ('{"Statement": [], "Statement": []}', "it is not valid JSON"),
    ("[]", "it is not a JSON object"),
    ("{}", "it has no Statement"),
    ('{"Statement": []}', "it has no Statement"),
    ('{"Statement": "x"}', "Statement of the policy is invalid"),
    ('{"Version": "2012", "Statement": []}', "Version of the policy is invalid"),
    ('{"Statements": []}', "the policy has the unknown member Statements"),
    ('{"Statement": [1]}', "statement 1 is not a JSON object"),
    (json.dumps(policy(Effect=None)), "statement 1 has no Effect"),
    (json.dumps(policy(Effect="Maybe")), "Effect of statement 1 is invalid"),
    (json.dumps(policy(Principal=None)), "statement 1 needs either Principal or NotPrincipal"),
    (json.dumps(policy(NotPrincipal="*")), "statement 1 needs either Principal or NotPrincipal"),
    (json.dumps(policy(Principal="me")), "Principal of statement 1 is invalid"),
    (json.dumps(policy(Principal={})), "Principal of statement 1 is invalid"),
    (json.dumps(policy(Principal={"User": "me"})), "Principal of statement 1 is invalid"),
    (json.dumps(policy(Action=None)), "statement 1 needs either Action or NotAction"),
    (json.dumps(policy(Action="s3:GetObject")), "Action of statement 1 is invalid"),
    (json.dumps(policy(Action=[])), "Action of statement 1 is invalid"),
    (json.dumps(policy(Action=[1])), "Action of statement 1 is invalid"),
    (json.dumps(policy(Resource=None)), "statement 1 needs either Resource or NotResource"),
    (json.dumps(policy(Resource="")), "Resource of statement 1 is invalid"),
    (json.dumps(policy(Sid=1)), "Sid of statement 1 is invalid"),
    (json.dumps(policy(Condition={"Bool": "x"})), "Condition of statement 1 is invalid"),
    (json.dumps(policy(Extra=1)), "statement 1 has the unknown member Extra"),
    (
        json.dumps(policy(Sid="x" * MAX_POLICY_BYTES)),
        f"it is longer than {MAX_POLICY_BYTES} bytes",
    ),
]


@pytest.mark.parametrize(("text", "why"), BAD)
def test_what_is_none_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ServiceError) as caught:
        check(text)
    assert caught.value.code == "InvalidArgumentException"
    assert caught.value.message == f"The resource policy is malformed: {why}."


NAMES = [*STATEMENT, "NotAction", "Condition", "Statement", "Version", "x"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(NAMES),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
)


@given(JSON)
def test_any_json_is_taken_or_refused(document: Any) -> None:
    try:
        check(json.dumps(document))
    except ServiceError as error:
        assert error.code == "InvalidArgumentException"  # noqa: PT017
