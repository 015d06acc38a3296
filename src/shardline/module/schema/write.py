"""Writing `stream.yaml`, with what each field means as a comment beside it."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from shardline.module.schema.schema import schema
from shardline.module.spec.rules import mode_of, preset_values
from shardline.module.spec.wording import flow

WIDTH = 88


def commented(values: Mapping[str, Any]) -> str:
    """The text of a file that means `values`, and lists at its end what else could be said.

    Fields stand in the schema's order. Loading the text gives the same values.
    """
    fields = schema()["properties"]
    parts = ["# A stream for `shardline plan` and `shardline apply`.\n"]
    parts += [
        _written(name, field, values[name]) for name, field in fields.items() if name in values
    ]
    holding = {"mode": mode_of(values), **preset_values(values)}
    if left_out := [name for name in fields if name not in values]:
        head = "# What else can be said; where a value is shown, it is what holds now.\n"
        shown = (
            _mentioned(name, holding.get(name, fields[name].get("default"))) for name in left_out
        )
        parts.append(head + "".join(shown))
    return "\n".join(parts)


def _written(name: str, field: Mapping[str, Any], value: Any) -> str:
    fixed = " Cannot be changed later." if field.get("x-immutable") else ""
    dumped: str = yaml.safe_dump({name: value}, sort_keys=False, allow_unicode=True, width=WIDTH)
    return "".join(_comment(field["description"] + fixed)) + dumped


def _mentioned(name: str, holds: Any) -> str:
    return f"# {name}:\n" if holds is None else f"# {name}: {flow(holds)}\n"


def _comment(text: str) -> Iterator[str]:
    for line in textwrap.wrap(text, WIDTH - 2, break_long_words=False, break_on_hyphens=False):
        yield f"# {line}\n"
