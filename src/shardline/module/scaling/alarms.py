"""The alarms of utilisation compare the load with a number of shards, and follow that number."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

KINDS = ("bytes-in", "records-in", "bytes-out")
_SHARDS = re.compile(r"(?<=/ \()[0-9]+(?= \* )")


def names(stream: str) -> list[str]:
    """The names of a stream's alarms of utilisation."""
    return [f"kinesis-{stream}-{kind}-utilization" for kind in KINDS]


def with_shards(metrics: Sequence[Mapping[str, Any]], shards: int) -> list[dict[str, Any]]:
    """An alarm's Metrics for so many shards: `load / (4 * 60 * 1000)` and its label say how many.

    What is written in another way stays as it is.
    """
    return [
        {
            name: _SHARDS.sub(str(shards), value) if name in ("Expression", "Label") else value
            for name, value in metric.items()
        }
        for metric in metrics
    ]
