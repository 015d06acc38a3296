"""The schema's `x-prices`: the table of rates, the formulas, and where their facts come from.

A fact is an expression as `prices/formulas.py` has them, with these besides, of the configuration
after its preset and defaults have been filled in. Fields are JSON Pointers.

    {"number": FIELD}      the field, if it is a number
    {"quantity": FIELD}    how many of the base unit it is
    {"count": FIELD}       how long the list is; 0 of what is none
    {"first": […]}         the first that is something
    {"if": SCHEMA, "then": …, "else": …}
"""

from typing import Any

from shardline.module.prices import estimate, formulas, rates
from shardline.module.prices.formulas import Expression
from shardline.module.spec.alarms import UTILIZATIONS, AlarmName
from shardline.module.spec.resolve import METRICS


def prices() -> dict[str, Any]:
    """The schema's `x-prices`."""
    return {
        "as_of": rates.AS_OF,
        "currency": rates.CURRENCY,
        "rates": {region: dict(table) for region, table in rates.RATES.items()},
        "region": "/region",
        "like": rates.LIKE,
        "load": list(formulas.LOAD),
        "facts": _facts(),
        "steps": [list(step) for step in formulas.STEPS],
        "lines": list(formulas.LINES),
    }


def _facts() -> dict[str, Expression]:
    return {
        "on_demand": _if(_const("mode", "on_demand"), 1),
        "shards": {"first": [{"number": "/shards"}, {"number": "/shards/min"}, 0]},
        "retention_hours": {"product": [{"quantity": "/retention"}, 1 / 60]},
        "consumers": {"count": "/consumers"},
        "shard_metrics": _if(
            _const("shard_level_metrics", "all"),
            len(METRICS),
            {"count": "/shard_level_metrics"},
        ),
        "alarm_metrics": {"sum": [_alarm(name) for name in AlarmName]},
    }


def _alarm(name: AlarmName) -> Expression:
    silenced = {"required": [name.value], "properties": {name.value: {"const": False}}}
    there: dict[str, Any] = {
        "properties": {"alarms": {"anyOf": [{"const": True}, {"type": "object", "not": silenced}]}}
    }
    if name in UTILIZATIONS:
        there = {"allOf": [there, _const("mode", "provisioned")]}
    metrics: Expression = estimate.metrics_watched(name)
    if name is AlarmName.CONSUMER_LAG:
        metrics = {"product": [metrics, {"count": "/consumers"}]}
    return _if(there, metrics)


def _const(field: str, value: str) -> dict[str, Any]:
    return {"properties": {field: {"const": value}}}


def _if(condition: dict[str, Any], then: Expression, otherwise: Expression = 0) -> Expression:
    return {"if": condition, "then": then, "else": otherwise}
