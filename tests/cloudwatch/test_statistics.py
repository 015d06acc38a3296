"""Statistics of statistic sets, as AWS's page "CloudWatch statistics definitions" has them."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from example_counts import examples
from shardline.cloudwatch.statistics import statistic_of
from shardline.storage.statistic_set import StatisticSet, set_of_statistics, set_of_values

TEN = [float(n) for n in range(1, 11)]


def of(name: str, *values: float) -> float | None:
    known = set_of_values((value, 1.0) for value in values)
    assert known is not None
    statistic = statistic_of(name)
    assert statistic is not None, name
    return statistic.of(known)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SampleCount", 10), ("Sum", 55), ("Average", 5.5), ("Minimum", 1), ("Maximum", 10),
        ("p0", 1), ("p50", 5), ("p90", 9), ("p90.5", 10), ("p99.9999999999", 10), ("p100", 10),
        # The mean without the tenth with the highest values
        ("tm90", 5), ("TM(:90%)", 5), ("TM(10%:90%)", 5.5), ("TM(20%:)", 6.5),
        ("TM(2:4)", 3.5), ("TM(:3)", 2), ("TM(8:)", 9.5),
        ("IQM", 5.5), ("TM(25%:75%)", 5.5), ("TM(5%:95%)", 5.5),
        # Those above the 90th percentile count as if they were it
        ("wm90", 5.4), ("WM(10%:90%)", 5.5), ("WM(20%:90%)", 5.7), ("WM(3:5)", 4.3),
        ("WM(:2)", 1.9),
        ("tc90", 9), ("TC(2:4)", 2), ("TC(5%:)", 9.5), ("TC(20:30)", 0),
        ("ts90", 45), ("TS(80%:)", 19), ("TS(2:4)", 7), ("TS(20:30)", 0),
        ("PR(:3)", 30), ("PR(3:5)", 20), ("PR(8:)", 20), ("PR(:0.5)", 0),
        ("TM(20:30)", None),
    ],
)  # fmt: skip
def test_statistics_of_ten_values(name: str, value: float | None) -> None:
    assert of(name, *TEN) == (None if value is None else pytest.approx(value))


NONE = """
    p p101 p-1 P99 p1e1 p99% tm tm101 TM90 TM TM() TM(:) TM(%:%) TM(90%:10%) TM(10:90%) TM(5:5)
    PR(10%:90%) pr(1:2) PR(:) PR50 iqm90 Median sum p\u0663 p99.99999999999 TM(0%:101%)
"""


@pytest.mark.parametrize("name", NONE.split())
def test_what_is_no_statistic(name: str) -> None:
    assert statistic_of(name) is None


def test_values_that_are_unknown_or_negative_have_only_the_five() -> None:
    # Given a set that came as a set, one whose values are known to be the same, and a negative one
    hidden, alike = set_of_statistics(3, 6, 1, 3), set_of_statistics(3, 6, 2, 2)
    for name in ("p50", "tm90", "IQM", "WM(1:2)", "tc90", "ts90", "PR(:2)"):
        statistic = statistic_of(name)
        assert statistic is not None
        assert statistic.needs_values
        assert statistic.of(hidden) is None
        assert statistic.of(alike) is not None
        assert of(name, -1.0, 2.0) is None
    assert of("Sum", -1.0, 2.0) == 1


_values = st.dictionaries(
    st.floats(0, 1e6, allow_nan=False), st.sampled_from([0.5, 1.0, 2.0, 3.0]), min_size=1
)
_shares = st.integers(0, 100)


@given(values=_values, low=_shares, high=_shares)
@settings(max_examples=examples(200), deadline=None)
def test_trimmed_statistics_fit_together(values: dict[float, float], low: int, high: int) -> None:
    known = set_of_values(values.items())
    assert known is not None

    def told(name: str, of: StatisticSet = known) -> float:
        statistic = statistic_of(name)
        assert statistic is not None
        value = statistic.of(of)
        assert value is not None
        return value

    near = {"rel_tol": 1e-9, "abs_tol": 1e-6}
    assert known.minimum <= told(f"p{low}") <= known.maximum
    assert math.isclose(told("tm100"), told("Average"), **near)
    assert math.isclose(told("wm100"), told("Average"), **near)
    if low < high:
        between = f"({low}%:{high}%)"
        assert told(f"p{low}") <= told(f"p{high}")
        assert math.isclose(
            told("TM" + between) * told("TC" + between), told("TS" + between), **near
        )
        assert math.isclose(told("TC" + between), known.count * (high - low) / 100, **near)
        assert told(f"p{low}") <= told("WM" + between) + 1e-6
        assert told("WM" + between) <= told(f"p{high}") + 1e-6
    edge = sorted(values)[len(values) // 2]
    if edge and f"{edge:f}" == f"{edge}":
        shares = told(f"PR(:{edge})") + told(f"PR({edge}:)")
        assert math.isclose(shares, 100, **near)
