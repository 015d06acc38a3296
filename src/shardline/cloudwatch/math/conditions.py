"""IF. Pure.

Of a condition that is a series every datapoint is looked at: where it is true (not 0) and the true
value is missing, the answer is 0; where it is false and the false value is missing, there is none.
A condition that is a scalar chooses one of the two, and a scalar then stands at every period.
"""

import math
from collections.abc import Iterator

from shardline.cloudwatch.math.signatures import Scope, Spec
from shardline.cloudwatch.math.values import Series, Value, as_scalar


def _if(scope: Scope, condition: Value, true: Value, false: Value | None = None) -> Series:
    if isinstance(condition, Series):
        return condition.with_points(_mixed(condition, true, false))
    number = as_scalar(condition)
    chosen = None if math.isnan(number) else (true if number else false)
    if isinstance(chosen, Series):
        return chosen
    span = scope.span
    if chosen is None:
        return Series("", span.period_s, {})
    grid = span.grid(span.period_s)
    span.budget.take_points(len(grid))
    return Series("", span.period_s, {}).with_points((at, as_scalar(chosen)) for at in grid)


def _mixed(condition: Series, true: Value, false: Value | None) -> Iterator[tuple[int, float]]:
    for at, holds in condition.points.items():
        chosen = true if holds else false
        value = chosen.points.get(at) if isinstance(chosen, Series) else chosen
        if value is None and holds:
            value = 0.0
        if value is not None:
            yield at, as_scalar(value)


CONDITIONS: dict[str, Spec] = {
    "IF": Spec(
        "the second value where the first is not 0, else the third",
        ("S|TS, S|TS -> TS", "S|TS, S|TS, S|TS -> TS"),
        _if,
        takes_scope=True,
    )
}
