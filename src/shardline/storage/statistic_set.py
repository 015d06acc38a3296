"""Statistic sets: what is kept of the values that a metric had in one minute, or one second.

Count, sum, minimum and maximum are exact. For percentiles the values themselves are kept, each with
how often it occurred: exactly as long as there are at most `MOST_VALUES` different ones, then
told by as many significant binary digits as make them fit: seven digits (what is kept of a value is
at most 0.8 % off) hold a range of eight doublings, five digits (3.2 %) one of 32. CloudWatch's own
percentiles are approximate too.

A set that came as a set (`StatisticValues`) says nothing of its values, unless they were all the
same; neither does what it is merged into, as on AWS.
"""

import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MOST_VALUES = 512
_FINEST_DIGITS = 7


@dataclass(frozen=True, slots=True)
class StatisticSet:
    """Values that were put together. `values` has how often each occurred; None is unknown."""

    count: float
    sum: float
    minimum: float
    maximum: float
    values: Mapping[float, float] | None

    def merged(self, other: "StatisticSet") -> "StatisticSet":
        """What both were, as one set."""
        return StatisticSet(
            self.count + other.count,
            self.sum + other.sum,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            _merged_values(self.values, other.values),
        )


def set_of_values(values: Iterable[tuple[float, float]]) -> StatisticSet | None:
    """The set of values, each with its count. A count of 0 is no value; None if there is none."""
    occurred: dict[float, float] = {}
    for value, count in values:
        if count:
            occurred[value] = occurred.get(value, 0.0) + count
    if not occurred:
        return None
    return StatisticSet(
        sum(occurred.values()),
        sum(value * count for value, count in occurred.items()),
        min(occurred),
        max(occurred),
        _fitted(occurred),
    )


def set_of_statistics(count: float, total: float, minimum: float, maximum: float) -> StatisticSet:
    """A set of which only these are known; its values too, if they can only have been the same."""
    is_one_value = minimum == maximum and total == minimum * count
    return StatisticSet(count, total, minimum, maximum, {minimum: count} if is_one_value else None)


def pack_values(values: Mapping[float, float] | None) -> bytes | None:
    """For a store: all values, then all counts, as little-endian doubles."""
    if values is None:
        return None
    return struct.pack(f"<{2 * len(values)}d", *values.keys(), *values.values())


def unpack_values(packed: bytes | None) -> Mapping[float, float] | None:
    """The reverse of `pack_values`."""
    if packed is None:
        return None
    numbers = struct.unpack(f"<{len(packed) // 8}d", packed)
    half = len(numbers) // 2
    return dict(zip(numbers[:half], numbers[half:], strict=True))


def _merged_values(
    one: Mapping[float, float] | None, other: Mapping[float, float] | None
) -> Mapping[float, float] | None:
    if one is None or other is None:
        return None
    merged = dict(one)
    for value, count in other.items():
        merged[value] = merged.get(value, 0.0) + count
    return _fitted(merged)


def _fitted(values: dict[float, float]) -> dict[float, float]:
    """`values`, by as many digits as make them few enough."""
    digits = _FINEST_DIGITS
    while len(values) > MOST_VALUES:
        fewer: dict[float, float] = {}
        for value, count in values.items():
            place = _middle(value, digits)
            fewer[place] = fewer.get(place, 0.0) + count
        values = fewer
        digits -= 1
    return values


def _middle(value: float, digits: int) -> float:
    """The middle of all numbers that begin with the same significant binary digits as `value`.

    The middle lies among them, so that fewer digits later give what they would have given at once.
    With no digits left (a range of over 256 doublings) it is a power of two, in ever larger steps.
    """
    if not value:
        return 0.0
    mantissa, exponent = math.frexp(value)
    if digits > 0:
        half = math.copysign(0.5, value)
        return math.ldexp(math.trunc(math.ldexp(mantissa, digits)) + half, exponent - digits)
    step = 1 << -digits
    return math.copysign(math.ldexp(0.5, exponent // step * step), value)
