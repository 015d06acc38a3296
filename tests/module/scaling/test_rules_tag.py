"""The rules of scaling, in a tag."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.kinesis import tags
from shardline.module.scaling.rules import Rules
from shardline.module.scaling.rules_tag import TAG, rules_of, tag_of

RULES = st.builds(
    lambda least, more, percent: Rules(least, min(least + more, 10_000), percent / 100),
    st.integers(1, 10_000),
    st.integers(0, 10_000),
    st.integers(20, 90),
)


@given(RULES)
def test_a_tag_gives_back_the_rules(rules: Rules) -> None:
    assert rules_of(tag_of(rules)[TAG]) == rules


@given(RULES)
def test_the_tag_is_one_that_kinesis_takes(rules: Rules) -> None:
    tag = tag_of(rules)

    assert tags.add((), tag) == ((TAG, tag[TAG]),)


def test_it_says_what_the_configuration_does() -> None:
    assert tag_of(Rules(2, 16)) == {TAG: "min=2 max=16 target=0.60"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "min=2 max=16",
        "min=2 max=16 target=0.6",
        "min=2 max=16 target=60",
        "min=2 max=16 target=0.00",
        "min=2 max=16 target=1.20",
        "min=2 max=1 target=0.60",
        "min=0 max=16 target=0.60",
        "min=02 max=16 target=0.60",
        "min=2 max=10001 target=0.60",
        "min=2  max=16 target=0.60",
        "min=2 max=16 target=0.60 ",
        "min=2 max=16 target=0.60\n",
        "min=٢ max=16 target=0.60",
        "max=16 min=2 target=0.60",
    ],
)
def test_what_is_written_in_another_way_is_no_rule(text: str) -> None:
    assert rules_of(text) is None
