"""A series as one line of blocks: `▁▂▃▅█`."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

BLOCKS = "▁▂▃▄▅▆▇█"
GAP = " "

How = Literal["max", "mean"]


def sparkline(
    values: Sequence[float | None], width: int, *, how: How = "max", top: float | None = None
) -> str:
    """At most `width` blocks, from 0 to the largest value, or to `top` if that is given.

    A value that is not there is a gap, one below 0 is 0. More values than blocks are made to fit
    (see `resample`); fewer are not stretched.
    """
    fitted = resample(values, width, how)
    known = [value for value in fitted if value is not None]
    highest = max(known, default=0.0) if top is None else top
    return "".join(GAP if value is None else BLOCKS[_level(value, highest)] for value in fitted)


def resample(values: Sequence[float | None], width: int, how: How = "max") -> list[float | None]:
    """At most `width` values, each the largest or the mean of those whose place it takes.

    What is no number is as if it were not there, and what is below 0 as if it were 0.
    """
    count = max(0, min(width, len(values)))
    borders = [number * len(values) // count for number in range(count + 1)] if count else []
    return [_together(values[start:end], how) for start, end in pairwise(borders)]


def _together(part: Sequence[float | None], how: How) -> float | None:
    known = [max(0.0, value) for value in part if value is not None and not math.isnan(value)]
    if not known:
        return None
    return max(known) if how == "max" else sum(known) / len(known)


def _level(value: float, highest: float) -> int:
    """Which block: the lowest is of 0 alone, so that a little is told from nothing."""
    if value <= 0 or highest <= 0:
        return 0
    if value >= highest:
        return len(BLOCKS) - 1
    if math.isinf(highest):
        return 1
    return max(1, round(value / highest * (len(BLOCKS) - 1)))
