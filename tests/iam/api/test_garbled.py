"""Garbled documents are refused as what they are, and never are a fault of ours."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from example_counts import examples
from iam_samples import document, new_name, trust
from shardline.iam.policy.documents import parse
from shardline.iam.policy.errors import MalformedPolicy
from shardline.iam.policy.grammar import Kind
from shardline.iam.policy.positions import statement_spans

pytestmark = pytest.mark.slow

ELEMENTS = ["Version", "Statement", "Effect", "Action", "Resource", "Principal", "Condition", "Sid"]
VALUES = ["2012-10-17", "Allow", "Deny", "kinesis:*", "*", "StringLike", "aws:username", "", "${"]
words = st.sampled_from([*ELEMENTS, *VALUES])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def garbled(draw: st.DrawFn) -> str:
    """A document with a part cut out, doubled or changed; or JSON of a policy's words."""
    text = draw(st.sampled_from([document(), trust()]))
    if draw(st.booleans()):
        return json.dumps(draw(json_values))
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    put = draw(st.sampled_from(["", text[start:end] * 2, "\\", '"', "{", "]", "\u00ff", "1e999"]))
    return text[:start] + put + text[end:] or " "


@given(text=garbled())
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_garbled_document(iam: Any, text: str) -> None:
    user, role = "garbled-user", "garbled-role"
    for make in (
        lambda: iam.create_user(UserName=user),
        lambda: iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust()),
    ):
        _status(make)
    calls = (
        (Kind.IDENTITY, lambda: iam.create_policy(PolicyName=new_name("g"), PolicyDocument=text)),
        (
            Kind.IDENTITY,
            lambda: iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=text),
        ),
        (
            Kind.TRUST,
            lambda: iam.update_assume_role_policy(RoleName=role, PolicyDocument=text),
        ),
        (
            Kind.IDENTITY,
            lambda: iam.simulate_custom_policy(PolicyInputList=[text], ActionNames=["a:b"]),
        ),
        (Kind.IDENTITY, lambda: iam.get_context_keys_for_custom_policy(PolicyInputList=[text])),
    )
    for kind, call in calls:
        status, code = _status(call)
        if _is_policy(text, kind):
            assert status in (200, 400)
        else:
            assert (status, code) in (
                (400, "MalformedPolicyDocument"),
                (400, "InvalidInput"),
                (400, "ValidationError"),  # characters that the model does not allow
            )


@given(text=garbled(), kind=st.sampled_from([Kind.IDENTITY, Kind.TRUST, Kind.RESOURCE]))
def test_whatever_is_a_policy_has_a_span_for_each_statement(text: str, kind: Kind) -> None:
    if not _is_policy(text, kind):
        return
    given = json.loads(text)["Statement"]
    statements = given if isinstance(given, list) else [given]
    spans = statement_spans(text)
    assert len(spans) == len(statements)
    lines = text.split("\n")
    for span in spans:
        assert lines[span.end.line - 1][span.end.column - 2] == "}"
        assert span.start < span.end


def _is_policy(text: str, kind: Kind) -> bool:
    try:
        parse(text, kind)
    except MalformedPolicy:
        return False
    return True


def _status(call: Any) -> tuple[int, str]:
    try:
        return int(call()["ResponseMetadata"]["HTTPStatusCode"]), ""
    except ClientError as error:
        metadata = error.response["ResponseMetadata"]
        return int(metadata["HTTPStatusCode"]), str(error.response["Error"]["Code"])
