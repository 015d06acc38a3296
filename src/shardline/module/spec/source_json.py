"""From JSON to plain values. A key that is given twice is a problem, and so is null."""

import json
from typing import Any

from shardline.module.spec.problems import ConfigErrors, Path, Problem
from shardline.module.spec.source import Source, no_value, twice


def read_json(text: str) -> Source:
    """Read JSON. Raises ConfigErrors for what is none."""
    source = Source()

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in pairs:
            if key in values:
                source.problems.append(twice((key,), None))
            values[key] = value
        return values

    try:
        source.values = json.loads(text, object_pairs_hook=members)
    except (json.JSONDecodeError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        said = getattr(error, "msg", "too many brackets")
        raise ConfigErrors([Problem((), f"this is not JSON: {said}", "", line)]) from None
    _refuse_nothing(source, source.values, ())
    return source


def _refuse_nothing(source: Source, value: Any, path: Path) -> None:
    if value is None:
        source.problems.append(no_value(path, None))
    elif isinstance(value, dict):
        for key, member in value.items():
            _refuse_nothing(source, member, (*path, key))
    elif isinstance(value, list):
        for place, member in enumerate(value):
            _refuse_nothing(source, member, (*path, place))
