"""Policy variables, after the User Guide's "Variables and tags"."""

import pytest

from shardline.iam.policy import patterns
from shardline.iam.policy.variables import Context, template

ANN: Context = {"aws:username": "ann", "aws:principaltag/team": "red", "aws:tagkeys": ("a", "b")}


@pytest.mark.parametrize(
    ("text", "value", "fits"),
    [
        ("home-${aws:username}", "home-ann", True),
        ("home-${aws:username}", "home-bob", False),
        ("${AWS:UserName}-${aws:PrincipalTag/Team}", "ann-red", True),
        ("${aws:username}*", "ann-1", True),
        ("${aws:userid}", "", False),  # no value: fits nothing
        ("${aws:tagkeys}", "a", False),  # several values: no variable
        ("${aws:PrincipalTag/none, 'company-wide'}", "company-wide", True),
        ("${aws:PrincipalTag/team, 'company-wide'}", "red", True),
        ("${aws:PrincipalTag/none, ''}", "", True),
        ("${*}", "*", True),
        ("${*}", "x", False),
        ("a${?}b${$}{c}", "a?b${c}", True),
        ("${aws:username", "${aws:username", True),  # text that begins like one, and is none
        ("${}", "${}", True),
        ("$${aws:username}", "$ann", True),
    ],
)
def test_a_variable(text: str, value: str, fits: bool) -> None:
    pattern = template(text, variables=True).resolve(ANN)
    assert (pattern is not None and patterns.text_matcher(pattern)(value)) is fits


def test_what_comes_out_of_a_variable_is_no_wildcard() -> None:
    pattern = template("x-${aws:username}", variables=True).resolve({"aws:username": "*"})
    assert pattern is not None
    assert patterns.text_matcher(pattern)("x-*")
    assert not patterns.text_matcher(pattern)("x-ann")


def test_the_first_version_of_the_language_has_no_variables() -> None:
    pattern = template("${aws:username}", variables=False).resolve(ANN)
    assert pattern is not None
    assert patterns.text_matcher(pattern)("${aws:username}")
