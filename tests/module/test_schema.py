"""The schema says what the loader does: what one accepts the other accepts."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from pydantic import ValidationError

from module.configurations import anything, right, unhurried
from shardline.module.schema import schema
from shardline.module.schema.schema import KEYS
from shardline.module.spec import StreamConfig
from shardline.module.spec.alarm_fields import Alarms
from shardline.module.spec.alarms import AlarmName
from shardline.module.spec.presets import PRESETS
from shardline.module.spec.rules import broken_rules

SCHEMA = schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def fields(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of the schema, with its path."""
    for kind in (node, *node.get("oneOf", ())):
        for name, field in kind.get("properties", {}).items():
            yield f"{path}/{name}", field
            yield from fields(field, f"{path}/{name}")
        if "items" in kind:
            yield from fields(kind["items"], f"{path}/*")


FIELDS = dict(fields(SCHEMA))


def accepted(values: Any) -> bool:
    """Whether the model takes it."""
    try:
        StreamConfig.model_validate(values)
    except ValidationError:
        return False
    return True


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@unhurried
@given(right)
def test_what_is_right_is_right_for_both(values: dict[str, Any]) -> None:
    assert broken_rules(values) == []
    StreamConfig.model_validate(values)
    VALIDATOR.validate(values)


@unhurried
@given(anything())
def test_what_the_schema_refuses_is_refused(values: dict[str, Any]) -> None:
    if accepted(values):
        VALIDATOR.validate(values)


BEYOND_JSON_SCHEMA = {pair["x-at"].strip("/").replace("/", ".") for pair in SCHEMA["x-ascending"]}


@unhurried
@given(anything())
def test_what_is_refused_the_schema_refuses(values: dict[str, Any]) -> None:
    if {broken.path for broken in broken_rules(values)} & BEYOND_JSON_SCHEMA:
        return  # that one field is less than another is said by x-ascending
    assert accepted(values) == VALIDATOR.is_valid(values)


@pytest.mark.parametrize("path", FIELDS)
def test_every_field_explains_itself(path: str) -> None:
    field = FIELDS[path]
    assert field["title"]
    assert field["description"].endswith(".")
    assert field["examples"]


@pytest.mark.parametrize("path", FIELDS)
def test_examples_and_defaults_are_right(path: str) -> None:
    field = FIELDS[path]
    for example in [*field["examples"], *([field["default"]] if "default" in field else [])]:
        jsonschema.Draft202012Validator(field).validate(example)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_right_by_itself_and_with_its_values_written(name: str) -> None:
    values = SCHEMA["properties"]["preset"]["x-presets"][name]["values"]
    for written in ({"name": "a", "preset": name}, {"name": "a", **values}):
        VALIDATOR.validate(written)
        assert accepted(written)


def test_what_cannot_be_changed_is_said() -> None:
    assert [path for path, field in FIELDS.items() if field.get("x-immutable")] == [
        "/name",
        "/region",
    ]


def test_every_key_of_ours_is_explained() -> None:
    used: set[str] = set()

    def collect(node: Any) -> None:
        if isinstance(node, dict):
            used.update(key for key in node if key.startswith("x-"))
            for value in node.values():
                collect(value)
        elif isinstance(node, list):
            for value in node:
                collect(value)

    collect(SCHEMA)
    assert used - {"x-wrong", "x-right"} == set(KEYS)


def test_there_is_a_field_for_every_alarm() -> None:
    assert set(AlarmName) == set(Alarms.model_fields) - {"notify", "notify_recovered"}
