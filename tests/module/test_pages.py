"""What the module's page says is so."""

import re
from pathlib import Path

from module_steps import wanted
from shardline.module.alarms import alarms
from shardline.module.spec.wanted import ScaledShards

PAGE = (Path(__file__).parents[2] / "docs" / "stream-module.md").read_text()


def test_the_example_is_right() -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert example

    want = wanted(example[1])

    assert want.capacity == ScaledShards(2, 16, 0.6)
    assert len(alarms(want, 2)) == 10


def test_the_plan_of_the_page_fits_a_terminal() -> None:
    shown = re.search(r"## Plan\n\n```\n(.*?)```", PAGE, re.DOTALL)
    assert shown
    assert max(map(len, shown[1].splitlines())) <= 80
