"""docs/stream-yaml.md says what is so."""

import re
from pathlib import Path

import pytest

from shardline.module.spec import ConfigErrors, loads

PAGE = (Path(__file__).parents[2] / "docs" / "stream-yaml.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_its_examples_are_right(example: str) -> None:
    loads(example)


def test_ten_lines_are_ten_lines_or_few_more() -> None:
    assert [len(example.splitlines()) for example in EXAMPLES] == [1, 11]


def test_its_messages_are_those_that_are_given() -> None:
    # Given what is broken in the way that the page tells of
    broken = "name: a\nshards:\n  # crossed\n  min: 9\n  max: 4\nretention: 24\n\n\nretension: 24h"

    # When it is loaded
    with pytest.raises(ConfigErrors) as raised:
        loads(broken, file="stream.yaml")

    # Then the page has these messages
    assert f"```\n{raised.value}\n```" in PAGE
