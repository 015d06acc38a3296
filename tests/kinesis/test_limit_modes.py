"""Modes, and the tag that sets one."""

import pytest

from shardline.gateway.errors import ServiceError
from shardline.kinesis import limit_modes
from shardline.kinesis.limit_modes import MODES, LimitsMode


@pytest.mark.parametrize("node", MODES)
@pytest.mark.parametrize("tagged", MODES)
def test_the_tag_wins(node: LimitsMode, tagged: LimitsMode) -> None:
    assert limit_modes.of_stream([("a", "aws"), ("shardline:limits", tagged)], node) == tagged


@pytest.mark.parametrize("node", MODES)
def test_without_a_tag_that_says_one_it_is_the_node_s(node: LimitsMode) -> None:
    assert limit_modes.of_stream([], node) == node
    assert limit_modes.of_stream([("limits", "off")], node) == node
    assert limit_modes.of_stream([("shardline:limits", "of a later version")], node) == node


@pytest.mark.parametrize("value", ["", "AWS", "on", "aws "])
def test_a_mode_that_is_none(value: str) -> None:
    with pytest.raises(ServiceError) as refused:
        limit_modes.check_tag({"a": "b", "shardline:limits": value})
    assert (refused.value.code, refused.value.message) == (
        "InvalidArgumentException",
        f"The tag shardline:limits cannot have the value {value!r}: it is one of counts, aws, off.",
    )


def test_other_tags_have_any_value() -> None:
    limit_modes.check_tag({"limits": "anything"})
    limit_modes.check_tag({"shardline:limits": "off"})
