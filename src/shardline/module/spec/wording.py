"""Pydantic's errors in plain words, each with what would be right."""

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from shardline.module.spec.alarm_fields import Alarms
from shardline.module.spec.config import StreamConfig
from shardline.module.spec.part import Part
from shardline.module.spec.parts import Access, NewRole, OwnKey, ShardRange
from shardline.module.spec.problems import Path, Problem
from shardline.module.spec.source import Source
from shardline.module.spec.types import kind_of, shown

_PARTS: Mapping[str | int, type[Part]] = {
    "<range>": ShardRange,
    "<key>": OwnKey,
    "<alarms>": Alarms,
    "<role>": NewRole,
    "access": Access,
}
"""The part that a step of a path leads into: by the tag of a union, or by the field."""

_ELSEWHERE = {
    "encryption_type": "encryption",
    "enhanced_monitoring": "shard_level_metrics",
    "kms_key_id": "encryption",
    "retention_hours": "retention",
    "retention_period": "retention",
    "shard_count": "shards",
    "stream_mode": "mode",
    "stream_mode_details": "mode",
    "stream_name": "name",
}
"""What a field is called in CloudFormation's, Terraform's and AWS's own configurations."""

_SWITCHES = {"yes": "true", "on": "true", "no": "false", "off": "false", "y": "true", "n": "false"}


def problem_of(error: ErrorDetails, source: Source) -> Problem:
    """The problem that an error of pydantic's is, with its line in the source."""
    steps: Path = tuple(error["loc"])
    path = tuple(step for step in steps if not str(step).startswith("<") and step != "[key]")
    wrong, right = _WORDS.get(error["type"], _other)(error, _part_and_field(steps))
    return Problem(path, wrong, right, source.line(path))


Where = tuple[type[Part], FieldInfo | None]


def _part_and_field(steps: Path) -> Where:
    """The part that a path ends in, and the last field of it that the path names."""
    part: type[Part] = StreamConfig
    field: FieldInfo | None = None
    for step in steps:
        if isinstance(step, str) and step in part.model_fields:
            field = part.model_fields[step]
        part = _PARTS.get(step, part)
    return part, field


def _own(error: ErrorDetails, where: Where) -> tuple[str, str]:
    return error["ctx"]["wrong"], error["ctx"]["right"]


def _unknown(error: ErrorDetails, where: Where) -> tuple[str, str]:
    name = str(error["loc"][-1])
    fields = list(where[0].model_fields)
    plain = "".join(f"_{char.lower()}" if char.isupper() else char for char in name).strip("_")
    plain = plain.replace("-", "_")
    meant = [_ELSEWHERE[plain]] if _ELSEWHERE.get(plain) in fields else []
    meant = meant or difflib.get_close_matches(plain, fields, 1, 0.6)
    if meant:
        return "there is no such field", f"did you mean {meant[0]}?"
    return "there is no such field", f"possible are {_listed(fields)}"


def _missing(error: ErrorDetails, where: Where) -> tuple[str, str]:
    return "is missing", _example(error["loc"], where[1])


def _choice(error: ErrorDetails, where: Where) -> tuple[str, str]:
    given = error["input"]
    choices = error["ctx"]["expected"].replace("'", "")
    wrong = f"{shown(given)} is not possible"
    if isinstance(given, str):
        lower = given.lower().replace("-", "_").replace(" ", "_")
        names = choices.replace(" or ", ", ").split(", ")
        if close := difflib.get_close_matches(lower, names, 1, 0.6):
            return wrong, f"did you mean {close[0]}? Possible are {choices}"
    return wrong, f"possible are {choices}"


def _switch(error: ErrorDetails, where: Where) -> tuple[str, str]:
    given = error["input"]
    if isinstance(given, str) and given.lower() in _SWITCHES:
        right = f"write {_SWITCHES[given.lower()]}, which all versions of YAML read alike"
        return f"{given!r} is a text", right
    return f"{shown(given)} is {kind_of(given)}", _example(error["loc"], where[1])


def _number(error: ErrorDetails, where: Where) -> tuple[str, str]:
    given = error["input"]
    if isinstance(given, str) and given.strip().isdigit():
        return f"{given!r} is a text", f"write it without quotes: {int(given)}"
    return f"{shown(given)} is not a whole number", _example(error["loc"], where[1])


def _too_small(error: ErrorDetails, where: Where) -> tuple[str, str]:
    return f"{error['input']} is too small", f"the least is {error['ctx']['ge']:,}"


def _too_large(error: ErrorDetails, where: Where) -> tuple[str, str]:
    return f"{error['input']} is too large", f"the most is {error['ctx']['le']:,}"


def _too_long(error: ErrorDetails, where: Where) -> tuple[str, str]:
    return f"there are {len(error['input'])}", f"{error['ctx']['max_length']} is the most"


def _empty(error: ErrorDetails, where: Where) -> tuple[str, str]:
    return "is empty", _example(error["loc"], where[1])


def _wrong_kind(error: ErrorDetails, where: Where) -> tuple[str, str]:
    wanted = "a list" if error["type"] in ("list_type", "tuple_type") else "a group of fields"
    given = error["input"]
    said = kind_of(given) if isinstance(given, dict | list) else shown(given)
    return f"{said} is not {wanted}", _example(error["loc"], where[1])


def _other(error: ErrorDetails, where: Where) -> tuple[str, str]:
    return error["msg"], _example(error["loc"], where[1])


_WORDS: Mapping[str, Callable[[ErrorDetails, Where], tuple[str, str]]] = {
    "wrong": _own,
    "extra_forbidden": _unknown,
    "missing": _missing,
    "literal_error": _choice,
    "bool_type": _switch,
    "int_type": _number,
    "greater_than_equal": _too_small,
    "less_than_equal": _too_large,
    "too_long": _too_long,
    "too_short": _empty,
    "list_type": _wrong_kind,
    "tuple_type": _wrong_kind,
    "dict_type": _wrong_kind,
    "model_type": _wrong_kind,
}


def _example(steps: Iterable[str | int], field: FieldInfo | None) -> str:
    """`write, for example, shards: 4`."""
    names = [step for step in steps if isinstance(step, str) and not step.startswith("<")]
    if field is None or not field.examples:
        return ""
    examples = " or ".join(f"{names[-1]}: {flow(value)}" for value in field.examples[:2])
    return f"write, for example, {examples}"


def flow(value: Any) -> str:
    """A value in one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return value if isinstance(value, str) else json.dumps(value)


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
