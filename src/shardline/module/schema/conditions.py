"""The rules of `rules.py` as the schema has them, for whoever has the schema alone.

What JSON Schema can say stands in `allOf`; that one field must be less than another it cannot, and
that stands in `x-ascending`. Each has the words to tell it in: `x-at` is the field it is told of.
"""

from typing import Any

from shardline.module.spec.alarms import AGES, UTILIZATIONS, AlarmName
from shardline.module.spec.presets import VALUES
from shardline.module.spec.rules import MAX_CONSUMERS_PROVISIONED


def _has(field: str) -> dict[str, Any]:
    return {"required": [field]}


def _is(field: str, *values: str) -> dict[str, Any]:
    return {"required": [field], "properties": {field: {"enum": list(values)}}}


def _lacks(*fields: str) -> dict[str, Any]:
    return {"not": {"anyOf": [_has(field) for field in fields]}}


def _presets(mode: str) -> list[str]:
    return [name for name, values in VALUES.items() if values["mode"] == mode]


ON_DEMAND = {
    "anyOf": [
        _is("mode", "on_demand"),
        {"allOf": [_lacks("mode"), _is("preset", *_presets("on_demand"))]},
        _lacks("mode", "preset", "shards"),
    ]
}
PROVISIONED = {
    "anyOf": [
        _is("mode", "provisioned"),
        {"allOf": [_lacks("mode"), _is("preset", *_presets("provisioned"))]},
        {"allOf": [_lacks("mode", "preset"), _has("shards")]},
    ]
}


def conditions() -> list[dict[str, Any]]:
    """The members of the schema's `allOf`."""
    return [
        {
            "x-at": "/shards",
            "x-wrong": "AWS chooses the number of shards in on_demand mode",
            "x-right": "leave shards out, or choose provisioned",
            "if": ON_DEMAND,
            "then": {"not": _has("shards")},
        },
        {
            "x-at": "/shards",
            "x-wrong": "provisioned mode needs a number of shards",
            "x-right": "write how many",
            "if": {
                "allOf": [
                    _is("mode", "provisioned"),
                    {"not": _is("preset", *_presets("provisioned"))},
                ]
            },
            "then": _has("shards"),
        },
        {
            "x-at": "/consumers",
            "x-wrong": "a provisioned stream can have "
            f"{MAX_CONSUMERS_PROVISIONED} fan-out consumers",
            "x-right": "leave some out, or choose on_demand, which can have 50",
            "if": PROVISIONED,
            "then": {"properties": {"consumers": {"maxItems": MAX_CONSUMERS_PROVISIONED}}},
        },
        *(_no_utilization(name) for name in AlarmName if name in UTILIZATIONS),
    ]


def _no_utilization(name: AlarmName) -> dict[str, Any]:
    no_text = {"properties": {name.value: {"not": {"type": "string"}}}}
    return {
        "x-at": f"/alarms/{name}",
        "x-wrong": "a stream in on_demand mode has no fixed capacity to compare with",
        "x-right": "leave it out, or choose provisioned",
        "if": ON_DEMAND,
        "then": {"properties": {"alarms": no_text}},
    }


def ascending() -> list[dict[str, Any]]:
    """The schema's `x-ascending`."""
    return [
        {
            "x-at": "/shards/min",
            "x-wrong": "this is more than the most",
            "x-right": "exchange the two",
            "fields": ["/shards/min", "/shards/max"],
            "strictly": False,
        },
        *(
            {
                "x-at": f"/alarms/{name}",
                "x-wrong": "records would be gone before anybody is warned",
                "x-right": "write less than the retention",
                "fields": [f"/alarms/{name}", "/retention"],
                "strictly": True,
            }
            for name in sorted(AGES)
        ),
    ]
