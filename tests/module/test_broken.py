"""Every broken configuration gets a message of its own, at its place, from `load`."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from module.broken_configurations import BROKEN, Broken
from shardline.module.schema import schema
from shardline.module.spec import ConfigErrors, load
from shardline.module.spec.load import read_source
from shardline.module.spec.problems import written_path


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_it_is_told_with_place_and_remedy(broken: Broken, tmp_path: Path) -> None:
    # Given a file with one thing wrong
    path = tmp_path / "stream.yaml"
    path.write_text(broken.text)

    # When it is loaded
    with pytest.raises(ConfigErrors) as raised:
        load(path)

    # Then that is told, and nothing besides
    (problem,) = raised.value.problems
    assert (written_path(problem.path), problem.line) == (broken.path, broken.line)
    place = f"{path}:{broken.line}" if broken.line else str(path)
    told = f"{broken.path}: {broken.message}" if broken.path else broken.message
    assert str(raised.value) == f"{place}: {told}"


def test_there_are_forty_at_least_and_each_message_is_its_own() -> None:
    told = [(broken.path, broken.message) for broken in BROKEN]
    assert len(told) >= 40
    assert len(set(told)) == len(told)


@pytest.mark.one_in(4)
@pytest.mark.parametrize(
    "broken",
    [broken for broken in BROKEN if broken.in_schema is not None],
    ids=lambda broken: broken.name,
)
def test_the_schema_alone_refuses_it_too(broken: Broken) -> None:
    valid = jsonschema.Draft202012Validator(schema()).is_valid(read_source(broken.text).values)
    assert valid != broken.in_schema


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    # Given all that is wrong in single fields, in one file
    values: dict[str, Any] = {
        "name": "my orders",
        "mode": "on_demand",
        "shards": {"min": 9, "max": 4, "target_utilization": 0.6},
        "retention": 24,
        "tags": {"team": 7},
        "alarms": {"iterator_age": "2d", "foo": True},
        "retension": "24h",
    }
    path = tmp_path / "stream.yaml"
    path.write_text(yaml.safe_dump(values, sort_keys=False))

    # When it is loaded
    with pytest.raises(ConfigErrors) as raised:
        load(path)

    # Then everything is told, in the order of the file, rules between fields included
    assert [written_path(problem.path) for problem in raised.value.problems] == [
        "name",
        "shards",
        "shards.min",
        "shards.target_utilization",
        "retention",
        "tags.team",
        "alarms.foo",
        "retension",
    ]


def test_json_is_told_alike(tmp_path: Path) -> None:
    path = tmp_path / "stream.json"
    path.write_text(json.dumps({"name": "a", "retention": 24, "region": None}))
    with pytest.raises(ConfigErrors) as raised:
        load(path)
    assert str(raised.value).splitlines() == [
        f"{path}: region: has no value; give it one, or leave the field out",
        f"{path}: retention: 24 has no unit; write it with h or d, for example 24h",
    ]
