"""The alarms of utilisation for another number of shards are those that `apply` would make."""

import pytest

from module_steps import wanted
from shardline.module.alarms import alarm_name
from shardline.module.alarms import alarms as all_alarms
from shardline.module.scaling.alarms import names, with_shards
from shardline.module.spec.alarms import UTILIZATIONS

WANTED = wanted("name: orders\nshards: {min: 2, max: 16}")


def test_their_names_are_those_of_the_module() -> None:
    assert set(names("orders")) == {alarm_name("orders", each) for each in UTILIZATIONS}


@pytest.mark.parametrize(("before", "after"), [(2, 4), (16, 8), (1, 1000), (60, 60)])
def test_they_are_the_same_as_if_made_anew(before: int, after: int) -> None:
    old, new = all_alarms(WANTED, before), all_alarms(WANTED, after)

    moved = [
        {**alarm, "Metrics": with_shards(alarm["Metrics"], after)} if "Metrics" in alarm else alarm
        for alarm in old
    ]

    assert moved == new


def test_what_is_written_in_another_way_stays() -> None:
    metrics = [{"Id": "share", "Expression": "load / 4", "ReturnData": True}]

    assert with_shards(metrics, 8) == metrics
