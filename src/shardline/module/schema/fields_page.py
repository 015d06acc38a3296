"""The tables of docs/stream-yaml.md, made from the schema and the prices."""

from collections.abc import Iterator
from typing import Any

from shardline.module.prices import rates
from shardline.module.schema.schema import KEYS, schema
from shardline.module.spec.wording import flow

_RATES = {
    "shard_hour": "a shard, an hour",
    "put_unit": "a million units of 25 KB written",
    "extended_shard_hour": "a shard, an hour, when records are kept for more than 24 hours",
    "long_term_gb_month": "a GB kept for more than 7 days, a month",
    "fan_out_shard_hour": "a fan-out consumer of a shard, an hour",
    "fan_out_gb": "a GB sent to a fan-out consumer",
    "stream_hour": "an on-demand stream, an hour",
    "gb_in": "a GB written, on demand",
    "gb_out": "a GB read, on demand",
    "on_demand_fan_out_gb": "a GB sent to a fan-out consumer, on demand",
    "on_demand_extended_gb_month": "a GB kept for 24 hours to 7 days, a month, on demand",
    "metric": "a metric of a shard, a month",
    "alarm_metric": "a metric that an alarm watches, a month",
}


def fields_table() -> str:
    """Every field, under a heading for each group."""
    made = schema()
    groups: dict[str, list[str]] = {}
    for name, field in made["properties"].items():
        rows = groups.setdefault(field["x-group"], [])
        rows += [_row(path, inner) for path, inner in _fields(name, field)]
    head = "| field | what may be written | usually | what it means |\n|---|---|---|---|\n"
    return "\n".join(f"### {group}\n\n{head}{''.join(rows)}" for group, rows in groups.items())


def _fields(path: str, field: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A field, and those below it."""
    yield path, field
    for kind in (field, *field.get("oneOf", ())):
        for name, inner in kind.get("properties", {}).items():
            yield from _fields(f"{path}.{name}", inner)
    for kind in field.get("items", {}).get("oneOf", ()):
        for name, inner in kind.get("properties", {}).items():
            yield from _fields(f"{path}[].{name}", inner)


def _row(path: str, field: dict[str, Any]) -> str:
    usually = f"`{flow(field['default'])}`" if "default" in field else ""
    fixed = " Cannot be changed later." if field.get("x-immutable") else ""
    kinds = "; or ".join(_kind(kind) for kind in field.get("oneOf", [field]))
    text = f"**{field['title']}.** {field['description']}{fixed}"
    return f"| `{path}` | {kinds} | {usually} | {text} |\n"


def _kind(field: dict[str, Any]) -> str:
    """What may be written, in words."""
    if "enum" in field:
        return ", ".join(f"`{choice}`" for choice in field["enum"])
    if "x-kind" in field:
        return str(field["x-kind"])
    if field["type"] == "integer":
        return f"{field['minimum']:,} to {field['maximum']:,}"
    if field["type"] == "array":
        items = "; or ".join(_kind(kind) for kind in field["items"].get("oneOf", [field["items"]]))
        return f"a list, of {field['maxItems']} at most: {items}"
    if field["type"] == "boolean":
        return "`true`, `false`"
    if "properties" in field:
        return ", ".join(f"`{name}`" for name in field["properties"])
    return f"keys and values, {field['maxProperties']} at most"


def presets_table() -> str:
    """The presets, and what they say."""
    presets = schema()["properties"]["preset"]["x-presets"]
    rows = (
        f"| `{name}` | {preset['description']} | `{flow(preset['values'])}` |\n"
        for name, preset in presets.items()
    )
    return "| preset | | the same as |\n|---|---|---|\n" + "".join(rows)


def keys_table() -> str:
    """The schema's own keys."""
    return "| key | |\n|---|---|\n" + "".join(
        f"| `{key}` | {text} |\n" for key, text in KEYS.items()
    )


def prices_table() -> str:
    """The table of rates."""
    table = rates.RATES[rates.LIKE]
    rows = (f"| {_RATES[name]} | {_dollars(name, rate)} |\n" for name, rate in table.items())
    regions = " and ".join(rates.RATES)
    return f"| {regions}, {rates.AS_OF} | US dollars |\n|---|---|\n" + "".join(rows)


def _dollars(name: str, rate: float) -> str:
    return f"{rate * 1_000_000 if name == 'put_unit' else rate:.3f}"
