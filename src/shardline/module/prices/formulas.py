"""How the price of a month follows from a stream and its load, as data.

Python computes with it (`estimate.py`), and so does the page that `shardline form` writes, which
has it from the schema: there is one set of formulas. An expression is a number; the name of a fact,
of something assumed, of a rate or of a step before; or an object with one member:

    {"sum": […]}   {"product": […]}   {"max": […]}   {"min": […]}
    {"up": …}      rounded up to a whole number

Data that is kept counts at its steady amount: what arrives in an hour, times the hours of keeping.
"""

from typing import Any

from shardline.module.prices.rates import HOURS

Expression = Any

LOAD = (
    {
        "name": "records_per_second",
        "title": "Records a second",
        "description": "How many records are written, on average over the month.",
        "default": 100,
        "least": 0,
    },
    {
        "name": "record_kib",
        "title": "Size of a record, in KiB",
        "description": "How large a record is, on average.",
        "default": 1,
        "least": 0.01,
    },
    {
        "name": "readers",
        "title": "Readers that are no fan-out consumers",
        "description": "How many applications read everything once.",
        "default": 1,
        "least": 0,
    },
)
"""What has to be assumed of the load."""

FACTS = (
    "on_demand",
    "shards",
    "retention_hours",
    "consumers",
    "shard_metrics",
    "alarm_metrics",
)
"""What the price depends on in the configuration. `on_demand` is 1 or 0; `shards` is 0 in that
mode, and the least number where the number follows the load."""

KIB_PER_GB = 1024 * 1024

STEPS: tuple[tuple[str, Expression], ...] = (
    ("provisioned", {"sum": [1, {"product": [-1, "on_demand"]}]}),
    ("records", {"product": ["records_per_second", 3600, HOURS]}),
    ("gb", {"product": ["records", "record_kib", 1 / KIB_PER_GB]}),
    ("gb_counted", {"product": ["records", {"up": "record_kib"}, 1 / KIB_PER_GB]}),
    ("put_units", {"product": ["records", {"up": {"product": ["record_kib", 1 / 25]}}]}),
    ("is_extended", {"min": [1, {"max": [0, {"sum": ["retention_hours", -24]}]}]}),
    ("extended_hours", {"max": [0, {"sum": [{"min": ["retention_hours", 168]}, -24]}]}),
    ("long_term_hours", {"max": [0, {"sum": ["retention_hours", -168]}]}),
    (
        "on_demand_shards",
        {
            "max": [
                4,
                {"up": {"product": ["records_per_second", 2 / 1000]}},
                {"up": {"product": ["records_per_second", "record_kib", 2 / 1024]}},
            ]
        },
    ),
    (
        "all_shards",
        {
            "sum": [
                {"product": ["provisioned", "shards"]},
                {"product": ["on_demand", "on_demand_shards"]},
            ]
        },
    ),
)
"""Names for what several lines need. An on-demand stream has 4 shards, or room for twice its
load."""


def _line(title: str, unit: str, rate: str, *amount: Expression) -> dict[str, Any]:
    return {"title": title, "unit": unit, "rate": rate, "amount": {"product": list(amount)}}


LINES = (
    _line("Shards", "shard-hours", "shard_hour", "provisioned", "shards", HOURS),
    _line("Records written", "units of 25 KB", "put_unit", "provisioned", "put_units"),
    _line(
        "Kept longer than 24 hours",
        "shard-hours",
        "extended_shard_hour",
        *("provisioned", "is_extended", "shards", HOURS),
    ),
    _line(
        "Fan-out consumers",
        "shard-hours",
        "fan_out_shard_hour",
        *("provisioned", "consumers", "shards", HOURS),
    ),
    _line("Sent to fan-out consumers", "GB", "fan_out_gb", "provisioned", "consumers", "gb"),
    _line("The stream", "hours", "stream_hour", "on_demand", HOURS),
    _line("Data written", "GB", "gb_in", "on_demand", "gb_counted"),
    _line("Data read", "GB", "gb_out", "on_demand", "readers", "gb_counted"),
    _line(
        "Sent to fan-out consumers",
        "GB",
        "on_demand_fan_out_gb",
        *("on_demand", "consumers", "gb_counted"),
    ),
    _line(
        "Kept longer than 24 hours",
        "GB-months",
        "on_demand_extended_gb_month",
        *("on_demand", "gb_counted", "extended_hours", 1 / HOURS),
    ),
    _line(
        "Kept longer than 7 days",
        "GB-months",
        "long_term_gb_month",
        *("gb", "long_term_hours", 1 / HOURS),
    ),
    _line("Metrics of each shard", "metrics", "metric", "shard_metrics", "all_shards"),
    _line("Alarms", "metrics watched", "alarm_metric", "alarm_metrics"),
)
"""The lines of a bill. One that comes to nothing is not shown."""
