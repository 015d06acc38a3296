"""The values of metric math: scalars, series, and arrays of series. Pure.

A scalar that has no value (a division by zero, the average of nothing) is not-a-number; a datapoint
that would be not-a-number or infinite is dropped.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast

Kind = Literal["S", "TS", "TS[]"]
"""What AWS's documentation calls a scalar number, a time series, and an array of time series."""

UNDEFINED = math.nan


@dataclass(frozen=True, slots=True)
class Series:
    """Datapoints by when they begin (seconds since 1970, ascending), `period_s` apart or more."""

    label: str
    period_s: int
    points: Mapping[int, float]

    def with_points(self, points: Iterable[tuple[int, float]]) -> "Series":
        """Other datapoints, in ascending order, under the same label."""
        return Series(self.label, self.period_s, finite(points))


Value: TypeAlias = float | Series | list[Series]


def finite(points: Iterable[tuple[int, float]]) -> dict[int, float]:
    """The datapoints that have a value."""
    return {at_s: value for at_s, value in points if math.isfinite(value)}


def kind_of(value: Value) -> Kind:
    """Which kind of value it is."""
    if isinstance(value, list):
        return "TS[]"
    return "TS" if isinstance(value, Series) else "S"


class MathError(Exception):
    """An expression that cannot be computed; the text says why."""


@dataclass(slots=True)
class Span:
    """The time that is asked for, and how much may still be computed for it.

    `period_s` is that of a series which is made of no other.
    """

    start_s: int
    end_s: int
    period_s: int
    budget: "Budget" = field(default_factory=lambda: Budget())

    def grid(self, period_s: int) -> range:
        """The beginnings of all periods; those of minutes and more begin at a minute."""
        start_s = self.start_s - self.start_s % 60 if period_s >= 60 else self.start_s
        return range(start_s, self.end_s, period_s)


MOST_SERIES = 500
"""Of an array: as many as a request may name metrics."""


class Budget:
    """How many datapoints may still be touched, so that no call computes for minutes.

    Each operation counts as some of them, whatever it has to do.
    """

    MOST = 2_000_000
    OPERATION = 4

    def __init__(self) -> None:
        self._left = self.MOST

    def take(self, value: Value) -> None:
        """Count an operation and its value. Raises `MathError` for one too many."""
        self.take_points(self.OPERATION)
        if isinstance(value, Series):
            self.take_points(len(value.points))
        elif isinstance(value, list):
            if len(value) > MOST_SERIES:
                raise MathError(f"an array must not have more than {MOST_SERIES} time series")
            self.take_points(sum(len(series.points) for series in value) + len(value))

    def take_points(self, points: int) -> None:
        """Count datapoints. Raises `MathError` for one too many."""
        self._left -= points
        if self._left < 0:
            raise MathError("the expressions need too many datapoints")


def as_series(value: Value) -> Series:
    """A value that is known to be a series."""
    return cast(Series, value)


def as_array(value: Value) -> list[Series]:
    """A value that is known to be a series or an array of them, as an array."""
    return value if isinstance(value, list) else [cast(Series, value)]


def as_scalar(value: Value) -> float:
    """A value that is known to be a scalar."""
    return cast(float, value)
