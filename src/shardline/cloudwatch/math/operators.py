"""Operators on scalars, series and arrays of series. Pure.

Between two series each timestamp counts that either has; a value that the other is missing is 0. A
datapoint that would be divided by zero, or has no real or no finite value, is dropped (AWS says so
of the first). A scalar without a value drops every datapoint it meets.
"""

import math
import operator
from collections.abc import Callable

from shardline.cloudwatch.math.values import UNDEFINED, Series, Value, as_scalar


def _divided(left: float, right: float) -> float:
    return left / right if right else UNDEFINED


def _power(left: float, right: float) -> float:
    try:
        value = left**right
    except (OverflowError, ZeroDivisionError):
        return UNDEFINED
    return UNDEFINED if isinstance(value, complex) else float(value)


def _truth(test: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    def value(left: float, right: float) -> float:
        return UNDEFINED if math.isnan(left) or math.isnan(right) else float(test(left, right))

    return value


_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "^": _power,
    "==": _truth(operator.eq),
    "!=": _truth(operator.ne),
    "<": _truth(operator.lt),
    "<=": _truth(operator.le),
    ">": _truth(operator.gt),
    ">=": _truth(operator.ge),
    "&&": _truth(lambda left, right: bool(left and right)),
    "||": _truth(lambda left, right: bool(left or right)),
}


def combined(sign: str, left: Value, right: Value) -> Value:
    """What an operator gives. Not for two arrays."""
    if isinstance(left, list):
        return [_with_one(sign, series, right) for series in left]
    if isinstance(right, list):
        # Each keeps the label that it has in the array.
        return [
            Series(series.label, series.period_s, _with_one(sign, left, series).points)
            for series in right
        ]
    if isinstance(left, Series) or isinstance(right, Series):
        return _with_one(sign, left, right)
    return _OPERATORS[sign](left, right)


def negated(value: Value) -> Value:
    """Unary minus."""
    return combined("-", 0.0, value)


def _with_one(sign: str, left: Value, right: Value) -> Series:
    """Where at least one is a series and none an array."""
    apply = _OPERATORS[sign]
    if isinstance(left, Series) and isinstance(right, Series):
        ours, theirs = left.points, right.points
        times = ours if ours.keys() == theirs.keys() else sorted(ours.keys() | theirs.keys())
        both = Series(left.label, min(left.period_s, right.period_s), {})
        return both.with_points((at, apply(ours.get(at, 0.0), theirs.get(at, 0.0))) for at in times)
    if isinstance(left, Series):
        other = as_scalar(right)
        return left.with_points((at, apply(value, other)) for at, value in left.points.items())
    assert isinstance(right, Series)
    other = as_scalar(left)
    return right.with_points((at, apply(other, value)) for at, value in right.points.items())
