"""Texts that may be put as policies of streams and consumers, and texts that may not."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.iam.enforcement.resource_policies import check_resource_policy
from shardline.iam.policy.errors import MalformedPolicy

STATEMENT: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "kinesis:PutRecord",
    "Resource": "arn:aws:kinesis:us-east-1:000000000000:stream/s",
}


def check(text: str) -> None:
    check_resource_policy(text, "kinesis")


def policy(**changes: Any) -> dict[str, Any]:
    """A policy whose one statement has these members instead; None leaves one out."""
    statement = {name: v for name, v in (STATEMENT | changes).items() if v is not None}
    return {"Version": "2012-10-17", "Statement": [statement]}


GOOD = [
    policy(),
    {"Statement": STATEMENT},
    {"Version": "2008-10-17", "Id": "mine", "Statement": [STATEMENT, STATEMENT]},
    policy(Sid="one", Effect="Deny", Principal="*", Action=["kinesis:*", "*"]),
    policy(Effect="Deny", Principal=None, NotPrincipal={"AWS": ["111122223333"]}),
    policy(Action=None, NotAction="kinesis:DeleteStream"),
    policy(Action="KINESIS:Put*"),
    policy(Resource=None, NotResource=["arn:aws:kinesis:*:*:stream/other"]),
    policy(Principal={"Service": "lambda.amazonaws.com"}),
    policy(Condition={"StringEquals": {"aws:SourceAccount": "111122223333"}}),
]


@pytest.mark.parametrize("document", GOOD)
def test_a_policy_is_one(document: dict[str, Any]) -> None:
    check(json.dumps(document))


BAD: list[tuple[str, str]] = [
    ("", "This policy contains invalid Json (line 1, column 1)"),
    ("{", "This policy contains invalid Json (line 1, column 2)"),
    ("[" * 1_000, "This policy contains invalid Json"),
    ("[]", "Syntax errors in policy. (the document)"),
    ('{"Statement": []}', "Syntax errors in policy. (Statement)"),
    ('{"Version": "2012", "Statement": []}', "Syntax errors in policy. (Version)"),
    ('{"Statement": [1]}', "Syntax errors in policy. (Statement[0])"),
    (json.dumps(policy(Effect="Maybe")), "Syntax errors in policy. (Statement[0].Effect)"),
    (json.dumps(policy(Principal=None)), "Missing required field Principal (Statement[0])"),
    (json.dumps(policy(Action=None)), "Missing required field Action (Statement[0])"),
    (json.dumps(policy(Resource=None)), "Missing required field Resource (Statement[0])"),
    (
        json.dumps(policy(Principal={"AWS": "me"})),
        'Invalid principal in policy: "AWS":"me" (Statement[0].Principal.AWS)',
    ),
    (
        json.dumps(policy(Action=["kinesis:PutRecord", "s3:GetObject"])),
        "Invalid action: s3:getobject (Statement[0].Action)",
    ),
]


@pytest.mark.parametrize(("text", "why"), BAD)
def test_what_is_none_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(MalformedPolicy) as caught:
        check(text)
    assert str(caught.value).startswith(why)


NAMES = [*STATEMENT, "NotAction", "Condition", "Statement", "Version", "x"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(NAMES),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
)


@given(JSON)
def test_any_json_is_taken_or_refused(document: Any) -> None:
    with contextlib.suppress(MalformedPolicy):
        check(json.dumps(document))
