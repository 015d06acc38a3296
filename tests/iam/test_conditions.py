"""The condition operators, after the User Guide's pages on operators and on multivalued keys."""

from typing import Any

import pytest

from iam.documents import policy, statement
from shardline.iam.policy.variables import Context

TAGS: Context = {"aws:tagkeys": ("team", "cost")}


def holds(condition: dict[str, Any], context: Context, effect: str = "Allow") -> bool:
    """Whether a statement with a Condition is about a request."""
    made = policy(statement(Effect=effect, Resource="*", Condition=condition))
    return made.statements[0].holds("*", context)


ADDRESS: Context = {"aws:sourceip": "203.0.113.5"}
NOW: Context = {"aws:currenttime": "2024-05-01T12:00:00Z"}
ARN: Context = {"aws:sourcearn": "arn:aws:kinesis:us-east-1:111111111111:stream/orders"}


@pytest.mark.parametrize(
    ("operator", "wanted", "context", "expected"),
    [
        ("StringEquals", "ann", {"k": "ann"}, True),
        ("StringEquals", "Ann", {"k": "ann"}, False),
        ("StringEquals", "a*", {"k": "ann"}, False),
        ("StringEquals", ["bob", "ann"], {"k": "ann"}, True),
        ("StringNotEquals", ["bob", "ann"], {"k": "ann"}, False),
        ("StringNotEquals", ["bob", "eve"], {"k": "ann"}, True),
        ("StringEqualsIgnoreCase", "ANN", {"k": "ann"}, True),
        ("StringNotEqualsIgnoreCase", "ANN", {"k": "ann"}, False),
        ("StringLike", "a?n*", {"k": "ann"}, True),
        ("StringNotLike", "a?n*", {"k": "ann"}, False),
        ("NumericEquals", "10", {"k": "10.0"}, True),
        ("NumericNotEquals", 10, {"k": "10"}, False),
        ("NumericLessThan", "10", {"k": "9.99"}, True),
        ("NumericLessThan", "10", {"k": "10"}, False),
        ("NumericLessThanEquals", "10", {"k": "10"}, True),
        ("NumericGreaterThan", "-1", {"k": "0"}, True),
        ("NumericGreaterThanEquals", "10", {"k": "9"}, False),
        ("NumericEquals", "10", {"k": "ten"}, False),
        ("NumericNotEquals", "10", {"k": "ten"}, False),  # neither: it cannot be compared
        ("DateEquals", "2024-05-01", {"k": "2024-05-01T00:00:00Z"}, True),
        ("DateNotEquals", "2024-05-01", {"k": "2024-05-01T00:00:01Z"}, True),
        ("DateLessThan", "2024-05-02", {"k": "2024-05-01T12:00:00Z"}, True),
        ("DateLessThanEquals", "1714564800", {"k": "2024-05-01T12:00:00Z"}, True),
        ("DateGreaterThan", "2024-05-01T12:00:00+02:00", {"k": "2024-05-01T12:00:00Z"}, True),
        ("DateGreaterThanEquals", "2024-05-02", {"k": "2024-05-01"}, False),
        ("DateGreaterThan", "01T", {"k": "2024-05-01"}, False),
        ("Bool", "TRUE", {"k": "true"}, True),
        ("Bool", False, {"k": "true"}, False),
        ("BinaryEquals", "QmluYXJ5", {"k": "QmluYXJ5"}, True),
        ("BinaryEquals", "QmluYXJ5", {"k": "QmluYXJ6"}, False),
        ("BinaryEquals", "no base64", {"k": "no base64"}, False),
        ("IpAddress", "203.0.113.0/24", {"k": "203.0.113.5"}, True),
        ("IpAddress", "203.0.113.4", {"k": "203.0.113.5"}, False),
        ("IpAddress", ["2001:db8::/32", "10.0.0.0/8"], {"k": "2001:db8::5"}, True),
        ("IpAddress", "10.0.0.0/8", {"k": "::ffff:10.0.0.5"}, True),
        ("NotIpAddress", "203.0.113.0/24", {"k": "203.0.113.5"}, False),
        ("NotIpAddress", "203.0.113.0/24", {"k": "no address"}, False),
        ("ArnEquals", "arn:aws:kinesis:*:*:stream/o*", {"k": ARN["aws:sourcearn"]}, True),
        ("ArnLike", "arn:aws:kinesis:*:stream/orders", {"k": ARN["aws:sourcearn"]}, False),
        ("ArnNotLike", "arn:aws:kinesis:*:*:stream/x*", {"k": ARN["aws:sourcearn"]}, True),
        ("Null", "true", {}, True),
        ("Null", "false", {"k": "x"}, True),
        ("Null", True, {"k": ""}, False),
        ("Null", "true", {"k": ("a",)}, False),
    ],
)
def test_an_operator(operator: str, wanted: Any, context: Context, expected: bool) -> None:
    assert holds({operator: {"k": wanted}}, context) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringLike", False),
        ("StringNotLike", True),
        ("StringEqualsIfExists", True),
        ("StringNotEqualsIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
        ("ForAnyValue:StringEqualsIfExists", True),
    ],
)
@pytest.mark.parametrize("context", [{}, {"aws:tagkeys": ()}])
def test_a_key_that_is_not_there(operator: str, expected: bool, context: Context) -> None:
    assert holds({operator: {"aws:TagKeys": "x"}}, context) is expected


@pytest.mark.parametrize(
    ("operator", "wanted", "expected"),
    [
        ("ForAllValues:StringEquals", ["team", "cost", "more"], True),
        ("ForAllValues:StringEquals", ["team"], False),
        ("ForAnyValue:StringEquals", ["team"], True),
        ("ForAnyValue:StringEquals", ["more"], False),
        ("ForAllValues:StringNotEquals", ["more"], True),
        ("ForAllValues:StringNotEquals", ["team"], False),
        ("ForAnyValue:StringNotEquals", ["team"], True),
        ("ForAnyValue:StringNotEquals", ["team", "cost"], False),
        ("ForAllValues:StringLike", ["t*", "c*"], True),
        ("StringEquals", ["team", "cost"], False),
        ("StringNotEquals", ["more"], False),
    ],
)
def test_a_key_of_several_values(operator: str, wanted: list[str], expected: bool) -> None:
    assert holds({operator: {"aws:TagKeys": wanted}}, TAGS) is expected


def test_all_operators_and_keys_must_hold_and_names_of_keys_know_no_case() -> None:
    both = {"IpAddress": {"AWS:sourceIP": "203.0.113.0/24"}, "Bool": {"aws:secureTransport": True}}
    assert holds(both, {**ADDRESS, "aws:securetransport": "true"})
    assert not holds(both, {**ADDRESS, "aws:securetransport": "false"})
    two_keys = {"StringEquals": {"a": "1", "b": "2"}}
    assert holds(two_keys, {"a": "1", "b": "2"})
    assert not holds(two_keys, {"a": "1"})


def test_variables_are_for_strings_and_arns() -> None:
    context: Context = {"k": "ann", "aws:username": "ann", "n": "1"}
    assert holds({"StringEquals": {"k": "${aws:username}"}}, context)
    assert holds({"StringLike": {"k": "${aws:user*}"}}, context) is False
    arn: Context = {"k": "arn:aws:iam::1:user/ann", "aws:username": "ann"}
    assert holds({"ArnLike": {"k": "arn:aws:iam::*:user/${aws:username}"}}, arn)
    assert not holds({"StringEquals": {"k": "${aws:userid}"}}, context)
    assert holds({"StringNotEquals": {"k": "${aws:userid}"}}, context)


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_without_values_nothing_fits_and_nothing_is_allowed(effect: str) -> None:
    assert not holds({"StringEquals": {"k": []}}, {"k": "x"}, effect)
    assert holds({"StringNotEquals": {"k": []}}, {"k": "x"}, effect) is (effect == "Deny")
