"""Figures as people read them: `1.2 MiB`, `3.4k`, `250 ms`, `98.3%`.

Bytes go by 1,024, as AWS's limits on shards do, everything else by 1,000. Three digits are shown:
the fourth changes while it is read.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from shardline.doctor.findings import Unit

_KIB = 1024.0
_STEPS: dict[Unit, Sequence[tuple[float, str]]] = {
    "bytes": (
        (1, "B"), (_KIB, "KiB"), (_KIB**2, "MiB"), (_KIB**3, "GiB"), (_KIB**4, "TiB"),
        (_KIB**5, "PiB"),
    ),
    "milliseconds": ((1, "ms"), (1e3, "s"), (6e4, "min"), (3.6e6, "h"), (8.64e7, "d")),
    "share": ((0.01, "%"),),
}  # fmt: skip
_PLAIN = ((1, ""), (1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T"))
_BESIDE = {"", "k", "M", "G", "T", "%"}


class Scale(NamedTuple):
    """What a figure is divided by, and the unit that is written behind the result."""

    by: float
    unit: str

    def number(self, value: float) -> str:
        """The figure in this unit, without it: three digits, or all that stand before the point."""
        scaled = value / self.by
        if not math.isfinite(scaled):
            return "∞" if scaled > 0 else "-∞" if scaled < 0 else "?"
        if abs(scaled) >= 1e6:  # beyond the largest unit
            return f"{scaled:.1e}"
        digits = next((each for each in (0, 1) if abs(scaled) >= 10 ** (2 - each)), 2)
        text = f"{scaled:,.{digits}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text


def scale_of(value: float, unit: Unit) -> Scale:
    """The scale in which a figure has few digits; for a row of figures that of the largest."""
    steps = _STEPS.get(unit, _PLAIN)
    fitting = [Scale(*step) for step in steps if abs(value) >= step[0]]
    return fitting[-1] if fitting else Scale(*steps[0])


def human(value: float, unit: Unit, *, per_second: bool = False) -> str:
    """A figure with its unit. Milliseconds, and shares from 0 to 1, are told as such."""
    scale = scale_of(value, unit)
    room = "" if scale.unit in _BESIDE else " "
    return f"{scale.number(value)}{room}{scale.unit}{'/s' if per_second else ''}"
