"""Policies of identities: what AWS takes, what it refuses, in its words, and where.

Documents and texts are those that moto's `tests/test_iam/test_iam_policies.py` recorded of AWS.
"""

import json
from typing import Any

import pytest

from iam.documents import BUCKET, document, statement
from shardline.iam.policy.documents import parse, size
from shardline.iam.policy.errors import MalformedPolicy
from shardline.iam.policy.grammar import Kind

SYNTAX = "Syntax errors in policy."
VERSION = "Policy document must be version 2012-10-17 or greater."
LEGACY = "The policy failed legacy parsing"
NO_ACTIONS = "Policy statement must contain actions."
NO_RESOURCES = "Policy statement must contain resources."
NO_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
COLONS = "Actions/Condition can contain only one colon."
SID_TWICE = "Statement IDs (SID) in a single policy must be unique."
IAM_PATH = (
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, '
    "instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, "
    "oidc-provider/, report/, access-report/."
)


def condition(**block: Any) -> str:
    """A document with a Condition."""
    return document(statement(Condition=block))


def whole(**elements: Any) -> str:
    """A document of one statement."""
    return document(statement(**elements))


SAME_SID = [statement(Sid="sdf"), {"Sid": "sdf", "Effect": "Allow"}]
REFUSED = [
    # The form
    ("This is not a json document", SYNTAX, "line 1, column 1"),
    ('{"Version": "2012-10-17",\n "Statement": }', SYNTAX, "line 2, column 15"),
    ("[]", SYNTAX, "the document"),
    ("null", SYNTAX, "the document"),
    (json.dumps({"Version": "2012-10-17"}), SYNTAX, "Statement"),
    (document(version="2012-10-17"), SYNTAX, "Statement"),
    (document(statement(), version="2013-10-17"), SYNTAX, "Version"),
    (json.dumps({"Version": "2012-10-17", "Statement": ["afd"]}), SYNTAX, "Statement[0]"),
    (document(statement(), **{"Extra field": "value"}), SYNTAX, "Extra field"),
    (whole(**{"Extra field": "value"}), SYNTAX, "Statement[0].Extra field"),
    (document(statement(), Id=["cd3a324d2343d942772346"]), SYNTAX, "Id"),
    (document(statement(), Id={}), SYNTAX, "Id"),
    (whole(Effect="invalid"), SYNTAX, "Statement[0].Effect"),
    (whole(Effect=None), SYNTAX, "Statement[0].Effect"),
    (whole(Resource={"a": BUCKET}), SYNTAX, "Statement[0].Resource"),
    (whole(Resource=["adfdf", {}]), SYNTAX, "Statement[0].Resource"),
    (whole(Action=[[]]), SYNTAX, "Statement[0].Action"),
    (whole(Action={}), SYNTAX, "Statement[0].Action"),
    (whole(NotResource=[]), SYNTAX, "Statement[0].NotResource"),
    (whole(NotAction="iam:dsf"), SYNTAX, "Statement[0].NotAction"),
    (whole(Sid={}), SYNTAX, "Statement[0].Sid"),
    (whole(Condition=[]), SYNTAX, "Statement[0].Condition"),
    (condition(a="b"), SYNTAX, "Statement[0].Condition.a"),
    (condition(DateGreaterThan=[]), SYNTAX, "Statement[0].Condition.DateGreaterThan"),
    (condition(DateGreaterThan={"a": {}}), SYNTAX, "Statement[0].Condition.DateGreaterThan.a"),
    (condition(x={"a": "1"}), SYNTAX, "Statement[0].Condition.x"),
    (
        condition(**{"ForAnyValue::StringEqualsIfExists": {"a": "asf"}}),
        *(SYNTAX, "Statement[0].Condition.ForAnyValue::StringEqualsIfExists"),
    ),
    (condition(NullIfExists={"a": "true"}), SYNTAX, "Statement[0].Condition.NullIfExists"),
    # The version, before all that has to do with what the elements say
    (document(statement(), version=None), VERSION, "Version"),
    (document(statement(), version="2008-10-17"), VERSION, "Version"),
    (document(*SAME_SID, version=None), VERSION, "Version"),
    (document(statement(Effect="denY"), version=None), VERSION, "Version"),
    # "Legacy parsing"
    (whole(Effect="denY"), LEGACY, "Statement[0].Effect"),
    (whole(Effect="allow", Resource="arn:aws:s3:us-east-1::x"), LEGACY, "Statement[0].Effect"),
    (whole(Resource="arn:aws:s3::example_bucket"), LEGACY, "Statement[0].Resource[0]"),
    (whole(Action=None, Resource="arn:aws:s3::bucket"), LEGACY, "Statement[0].Resource[0]"),
    (whole(Resource="arn:aws::::example_bucket"), LEGACY, "Statement[0].Resource[0]"),
    (whole(Resource="arn:aws::fdsasf"), LEGACY, "Statement[0].Resource[0]"),
    (
        whole(Resource=None, NotResource="arn:aws:s3::example_bucket"),
        *(LEGACY, "Statement[0].NotResource[0]"),
    ),
    *[
        (condition(DateLessThan={"a": text}), LEGACY, "Statement[0].Condition.DateLessThan.a")
        for text in (
            *("sdfdsf", "234-13", "9223372036854775808", "2016-12-13t2:00:00.593194+1"),
            "2016-12-13t2:00:00.1999999999+10:59",
        )
    ],
    (
        document(statement(Resource="arn:error:s3:::x", Condition={"DateEquals": {"a": "sdf"}})),
        *(LEGACY, "Statement[0].Condition.DateEquals.a"),
    ),
    # Statement ids
    (document(*SAME_SID), SID_TWICE, "Statement[1].Sid"),
    # Resources, before actions
    (
        whole(Resource="a b"),
        'Resource a b must be in ARN format or "*".',
        "Statement[0].Resource[0]",
    ),
    (whole(Resource=""), 'Resource  must be in ARN format or "*".', "Statement[0].Resource[0]"),
    (
        whole(Action="s:3:ListBucket", Resource="sdfsadf"),
        *('Resource sdfsadf must be in ARN format or "*".', "Statement[0].Resource[0]"),
    ),
    *[
        (whole(Resource=[BUCKET, given]), f'Partition {told}".', "Statement[0].Resource[1]")
        for given, told in {
            "a:bsdfdsafsad": '"bsdfdsafsad" is not valid for resource "arn:bsdfdsafsad:*:*:*:*',
            "a:b:cadfsdf": '"b" is not valid for resource "arn:b:cadfsdf:*:*:*',
            "a:b:c:d:e:f:g:h": '"b" is not valid for resource "arn:b:c:d:e:f:g:h',
            "aws:s3:::x": '"s3" is not valid for resource "arn:s3:::x:*',
            "arn:error:s3:::x": '"error" is not valid for resource "arn:error:s3:::x',
        }.items()
    ],
    (
        whole(Resource="arn:aws"),
        "Resource vendor must be fully qualified and cannot contain regexes.",
        "Statement[0].Resource[0]",
    ),
    (whole(Resource="arn:aws:iam:::example_bucket"), IAM_PATH, "Statement[0].Resource[0]"),
    (
        whole(Resource="arn:aws:iam:us-east-1::x"),
        "IAM resource arn:aws:iam:us-east-1::x cannot contain region information.",
        "Statement[0].Resource[0]",
    ),
    (
        whole(Resource="arn:aws:s3:us-east-1::x"),
        "Resource arn:aws:s3:us-east-1::x can not contain region information.",
        "Statement[0].Resource[0]",
    ),
    # Actions, and at last whether there are resources
    (whole(Action=None), NO_ACTIONS, "Statement[0]"),
    (whole(Action=[]), NO_ACTIONS, "Statement[0]"),
    (document({"Effect": "Allow"}), NO_ACTIONS, "Statement[0]"),
    (document(statement(), {"Effect": "Deny"}), NO_ACTIONS, "Statement[1]"),
    (whole(Action="invalid"), NO_VENDOR, "Statement[0].Action[0]"),
    (whole(Action=None, NotAction=""), NO_VENDOR, "Statement[0].NotAction[0]"),
    (whole(Action="invalid", Resource=None), NO_VENDOR, "Statement[0].Action[0]"),
    (whole(Action="a a:ListBucket"), "Vendor a a is not valid", "Statement[0].Action[0]"),
    (whole(Action=["s3s:List", "s:3s:ListBucket"]), COLONS, "Statement[0].Action[1]"),
    (whole(Resource=None), NO_RESOURCES, "Statement[0]"),
    (whole(Resource=[]), NO_RESOURCES, "Statement[0]"),
]

TAKEN = [
    whole(),
    json.dumps({"Version": "2012-10-17", "Statement": statement()}),  # an object, not a list
    whole(Action="iam: asdf safdsf af "),
    whole(Resource=[BUCKET, "*"]),
    whole(Action="*"),
    whole(Action="s3-s.x:ListBucket"),
    whole(Resource="arn:aws:iam:::user/example_bucket"),
    whole(Resource="arn:aws:iam::111111111111:root"),
    whole(Resource="arn:aws:fdsasf"),
    whole(Resource="arn:aws:kinesis:us-east-1:*"),
    whole(Resource="arn:aws-cn:kinesis:*:*:stream/*"),
    whole(Resource="arn:aws:invalid-service:us-east-1::example_bucket"),
    whole(Action=None, NotAction="s3:ListBucket", Resource=None, NotResource="*"),
    document(statement(Sid="dsfsdfsdfsdf"), statement(), Id="sdfsdfsdf"),
    document(statement(Sid=""), statement(Sid="")),
    condition(),
    condition(DateGreaterThan={}),
    condition(DateGreaterThan={"a": []}),
    condition(x={}, y={}),
    condition(StringEqualsIfExists={"a": "asf"}),
    condition(**{"ForAnyValue:StringEqualsIfExists": {"a": "asf"}}),
    condition(Bool={"aws:SecureTransport": True}, NumericLessThan={"s3:max-keys": 10}),
    *[
        condition(DateLessThanEquals={"a": text})
        for text in (
            *("01T", "2019-07-01T13:20:15Z", "2016-12-13T21:20:37.593194+00:00", "-292275054"),
            "2016-12-13t2:00:00.593194+23",
        )
    ],
]


@pytest.mark.one_in(4)
@pytest.mark.parametrize(("text", "told", "place"), REFUSED)
@pytest.mark.parametrize("kind", [Kind.IDENTITY, Kind.BOUNDARY, Kind.SESSION])
def test_what_aws_refuses_is_refused_in_its_words(
    text: str, told: str, place: str, kind: Kind
) -> None:
    with pytest.raises(MalformedPolicy) as refused:
        parse(text, kind)
    assert (refused.value.text, refused.value.place) == (told, place)


@pytest.mark.parametrize("text", TAKEN)
def test_what_aws_takes_is_taken(text: str) -> None:
    assert parse(text, Kind.IDENTITY).statements


@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
def test_a_policy_of_an_identity_names_no_principal(element: str) -> None:
    # The text: MalformedPolicyDocument of CreatePolicy, quoted in many public issues.
    with pytest.raises(MalformedPolicy) as refused:
        parse(whole(**{element: "*"}), Kind.IDENTITY)
    assert refused.value.text == "Policy document should not specify a principal."
    assert refused.value.place == f"Statement[0].{element}"


def test_statement_ids_are_of_letters_and_digits() -> None:
    # The text: a recorded answer of CreatePolicy (CloudTrail, in a public report).
    with pytest.raises(MalformedPolicy) as refused:
        parse(whole(Sid="allow-list"), Kind.IDENTITY)
    assert refused.value.text == (
        "Statement IDs (SID) must be alpha-numeric. "
        "Check that your input satisfies the regular expression [0-9A-Za-z]*"
    )


@pytest.mark.parametrize(
    ("operator", "value"),
    [("NumericEquals", "ten"), ("IpAddress", "10.0.0.0.0"), ("Bool", "yes"), ("Null", "1")],
)
def test_a_value_that_its_operator_cannot_read_is_refused(operator: str, value: str) -> None:
    # Decided here: what AWS says to these is not known; such a policy could only mislead.
    with pytest.raises(MalformedPolicy) as refused:
        parse(condition(**{operator: {"aws:x": value}}), Kind.IDENTITY)
    assert refused.value.text == LEGACY


def test_a_document_that_says_something_twice_is_refused() -> None:
    twice = document(statement()).replace('"Effect"', '"Effect": "Deny", "Effect"')
    with pytest.raises(MalformedPolicy) as refused:
        parse(twice, Kind.IDENTITY)
    assert (refused.value.text, refused.value.place) == (SYNTAX, "Effect is given twice")


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5_000, "x" * 200_000, '{"a": NaN}'])
def test_what_no_parser_should_swallow_is_refused(text: str) -> None:
    with pytest.raises(MalformedPolicy, match=SYNTAX):
        parse(text, Kind.IDENTITY)


def test_white_space_does_not_count() -> None:
    # Quotas: "IAM doesn't count white space when calculating the size of a policy".
    assert size(' {\n\t"Version": "2012-10-17"\r\n}') == len('{"Version":"2012-10-17"}')
