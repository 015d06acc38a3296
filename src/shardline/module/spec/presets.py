"""Sets of values to begin with. What is written goes before what a preset says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

PresetName = Literal["development", "production", "managed"]


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset: `values` are fields as they would be written."""

    title: str
    description: str
    values: Mapping[str, Any]


PRESETS: Mapping[PresetName, Preset] = {
    "development": Preset(
        "Development",
        "4 shards and no alarms: to try something out.",
        {"mode": "provisioned", "shards": 4, "alarms": False},
    ),
    "production": Preset(
        "Production",
        "16 shards, and all alarms.",
        {"mode": "provisioned", "shards": 16, "alarms": True},
    ),
    "managed": Preset(
        "Managed",
        "Room for whatever arrives, paid for by use; all alarms.",
        {"mode": "on_demand", "alarms": True},
    ),
}

VALUES: Mapping[str, Mapping[str, Any]] = {name: preset.values for name, preset in PRESETS.items()}

DEFAULTS: Mapping[str, Any] = {
    "retention": "24h",
    "max_record_size": "1MiB",
    "encryption": True,
    "shard_level_metrics": "none",
    "consumers": (),
    "expect_readers": True,
    "alarms": True,
    "tags": {},
}
"""What holds where neither the configuration nor its preset says anything."""
