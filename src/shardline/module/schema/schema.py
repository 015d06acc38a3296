"""The JSON Schema (2020-12) of `stream.yaml`, from which alone a form can be drawn.

What JSON Schema has no word for stands in keys that begin with `x-`; `KEYS` says what each means.
"""

import copy
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from shardline.module.schema.conditions import ascending, conditions
from shardline.module.schema.pricing import prices
from shardline.module.spec.config import StreamConfig
from shardline.module.spec.presets import PRESETS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ID = "urn:shardline:stream:1"

KEYS = {
    "x-immutable": "Of a field: it cannot be changed once the stream is there. Another value means "
    "another stream.",
    "x-quantity": "Of a text: it is a number and a unit. `units` has how much of `base` each unit "
    "is, and `names` what to call it; `least` and `most` are in `base`; `places` is how many "
    "decimals may be written.",
    "x-labels": "Of an enum, or of what is true or false: what to call its values.",
    "x-when": "Of a field: it means something only where another field has this value.",
    "x-group": "Of a field: the heading that it stands under, with those before and after it.",
    "x-kind": "Of a text: what it must be, in words that follow *is not*.",
    "x-presets": "Of a field: what each of its values stands for, which is a set of values to "
    "begin with. What is written goes before them, and a field whose `x-when` is then not met is "
    "left out.",
    "x-implies": "What holds for a field that neither the configuration nor its preset says, when "
    "the configuration is as `if` says; else its `default` holds.",
    "x-ascending": "Pairs of fields (JSON Pointers), of which the first must be less than the "
    "second, or as much unless `strictly`; for a field that is left out its default is taken.",
    "x-at": "Of a member of `allOf` or `x-ascending`: the field that it is told of. `x-wrong` and "
    "`x-right` are the words: what is wrong, and what would be right.",
    "x-prices": "AWS's list prices, and how the price of a month follows from the configuration "
    "and an assumed load.",
}
"""The keys that are not JSON Schema's."""


class _InOrder(GenerateJsonSchema):
    """Keeps the order in which things were written."""

    def sort(self, value: Any, parent_key: str | None = None) -> Any:
        return value


def schema() -> dict[str, Any]:
    """The JSON Schema. It has no references: each part stands where it is used."""
    made = StreamConfig.model_json_schema(schema_generator=_InOrder)
    parts = made.pop("$defs")
    body = _inlined(made, parts)
    body["properties"]["preset"]["x-presets"] = {
        name: {
            "title": preset.title,
            "description": preset.description,
            "values": dict(preset.values),
        }
        for name, preset in PRESETS.items()
    }
    return {
        "$schema": DIALECT,
        "$id": ID,
        "title": "Stream",
        "description": body["description"],
        "$comment": "Keys that begin with x- are explained in docs/stream-yaml.md.",
        "type": "object",
        "properties": body["properties"],
        "required": body["required"],
        "additionalProperties": False,
        "allOf": conditions(),
        "examples": [{"name": "orders"}, {"name": "orders", "preset": "production"}],
        "x-ascending": ascending(),
        "x-implies": [
            {
                "if": {"required": ["shards"], "not": {"required": ["preset"]}},
                "then": {"mode": "provisioned"},
            },
        ],
        "x-prices": prices(),
    }


def _inlined(node: Any, parts: dict[str, Any]) -> Any:
    """A node with every reference replaced by what it refers to; its own keys go before."""
    if isinstance(node, list):
        return [_inlined(member, parts) for member in node]
    if not isinstance(node, dict):
        return node
    own = {
        key: _inlined(value, parts)
        for key, value in node.items()
        # A model's None says that a field was left out; it is not what holds then.
        if key != "$ref" and (key, value) != ("default", None)
    }
    if "$ref" not in node:
        return own
    referred = copy.deepcopy(parts[node["$ref"].rpartition("/")[2]])
    return _inlined(referred, parts) | own
