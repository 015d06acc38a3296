"""Metric math beside a naive evaluation: lists with a place for every period, and loops."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudwatch.test_metric_math import compute
from example_counts import examples

PERIODS = 5
Row = list[float | None]


class Case(NamedTuple):
    """An expression of a series, and what it comes to."""

    text: str
    row: Row


def _kept(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) and abs(value) < 1e200 else None


def _binary(sign: str, one: float, other: float) -> float | None:
    if sign == "/":
        return one / other if other else None
    work: dict[str, Callable[[], float]] = {
        "+": lambda: one + other,
        "-": lambda: one - other,
        "*": lambda: one * other,
        "<": lambda: float(one < other),
        ">=": lambda: float(one >= other),
        "==": lambda: float(one == other),
        "!=": lambda: float(one != other),
        "AND": lambda: float(one != 0 and other != 0),
        "||": lambda: float(one != 0 or other != 0),
    }
    return work[sign]()


SIGNS = ["+", "-", "*", "/", "<", ">=", "==", "!=", "AND", "||"]


def two(one: Case, sign: str, other: Case) -> Case:
    row: Row = []
    for a, b in zip(one.row, other.row, strict=True):
        row.append(None if a is b is None else _kept(_binary(sign, a or 0.0, b or 0.0)))
    return Case(f"({one.text} {sign} {other.text})", row)


def with_scalar(one: Case, sign: str, scalar: int, is_first: bool) -> Case:
    row: Row = []
    for a in one.row:
        pair = (float(scalar), a) if is_first else (a, float(scalar))
        row.append(None if a is None else _kept(_binary(sign, *pair)))  # type: ignore[arg-type]
    text = f"{scalar} {sign} {one.text}" if is_first else f"{one.text} {sign} {scalar}"
    return Case(f"({text})", row)


def changed(one: Case, name: str) -> Case:
    row: Row = []
    total = 0.0
    before: tuple[int, float] | None = None
    for place, a in enumerate(one.row):
        result: float | None = None
        if a is not None:
            total += a
            if name == "-":
                result = -a
            elif name == "ABS":
                result = abs(a)
            elif name == "FLOOR":
                result = float(math.floor(a))
            elif name == "RUNNING_SUM":
                result = total
            elif before is not None:
                result = a - before[1]
                if name == "RATE":
                    result /= 60 * (place - before[0])
            before = place, a
        row.append(_kept(result))
    return Case(f"-{one.text}" if name == "-" else f"{name}({one.text})", row)


def filled(one: Case, how: str) -> Case:
    row: Row = []
    for place, a in enumerate(one.row):
        earlier = [(n, b) for n, b in enumerate(one.row[:place]) if b is not None]
        later = [(n, b) for n, b in enumerate(one.row) if n > place and b is not None]
        if a is not None:
            row.append(a)
        elif how == "REPEAT":
            row.append(earlier[-1][1] if earlier else None)
        elif how == "LINEAR" and earlier and later:
            (from_place, from_value), (to_place, to_value) = earlier[-1], later[0]
            part = (place - from_place) / (to_place - from_place)
            row.append(from_value + (to_value - from_value) * part)
        else:
            row.append(None if how == "LINEAR" else float(how))
    return Case(f"FILL({one.text}, {how})", row)


def across(cases: list[Case], name: str) -> Case:
    row: Row = []
    for place in range(PERIODS):
        there = [value for case in cases if (value := case.row[place]) is not None]
        row.append(_kept(_told(name, there, len(cases))) if there else None)
    return Case(f"{name}([{', '.join(case.text for case in cases)}])", row)


def _told(name: str, there: list[float], places: int) -> float:
    if name == "AVG":
        return sum(there) / places
    if name == "DATAPOINT_COUNT":
        return float(len(there))
    return {"SUM": sum, "MIN": min, "MAX": max}[name](there)


def chosen(condition: Case, true: Case, false: Case | int | None) -> Case:
    row: Row = []
    for place, holds in enumerate(condition.row):
        if holds is None:
            row.append(None)
        elif holds:
            row.append(true.row[place] or 0.0)
        elif isinstance(false, Case):
            row.append(false.row[place])
        else:
            row.append(None if false is None else float(false))
    behind = "" if false is None else f", {false.text if isinstance(false, Case) else false}"
    return Case(f"IF({condition.text}, {true.text}{behind})", row)


ROWS: dict[str, Row] = {
    "m1": [1, 2, None, 4, 0],
    "m2": [None, -3, 0, None, 5],
    "m3": [None, None, None, None, None],
    "m4": [2, 2, 2, 2, 2],
}


def _larger(inner: st.SearchStrategy[Case]) -> st.SearchStrategy[Case]:
    signs, scalars = st.sampled_from(SIGNS), st.integers(0, 4)
    names = st.sampled_from(["-", "ABS", "FLOOR", "RUNNING_SUM", "DIFF", "RATE"])
    hows = st.sampled_from(["REPEAT", "LINEAR", "0", "7"])
    sums = st.sampled_from(["SUM", "AVG", "MIN", "MAX", "DATAPOINT_COUNT"])
    return st.one_of(
        st.builds(two, inner, signs, inner),
        st.builds(with_scalar, inner, signs, scalars, st.booleans()),
        st.builds(changed, inner, names),
        st.builds(filled, inner, hows),
        st.builds(across, st.lists(inner, min_size=1, max_size=3), sums),
        st.builds(chosen, inner, inner, inner | scalars | st.none()),
    )


CASES = st.recursive(
    st.sampled_from([Case(name, [None if v is None else float(v) for v in row])
                     for name, row in ROWS.items()]),
    _larger,
    max_leaves=8,
)  # fmt: skip


@given(case=CASES)
@settings(max_examples=examples(400), deadline=None)
def test_every_expression_comes_to_what_a_naive_one_does(case: Case) -> None:
    found: Any = compute(case.text, **ROWS)
    for ours, theirs in zip(found, case.row, strict=True):
        if theirs is None:
            assert ours is None or abs(ours) >= 1e200, case.text
        else:
            assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9), case.text
