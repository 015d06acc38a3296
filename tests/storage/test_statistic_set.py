"""Statistic sets: exact where they promise it, and near where they do not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.storage.statistic_set import (
    MOST_VALUES,
    StatisticSet,
    pack_values,
    set_of_statistics,
    set_of_values,
    unpack_values,
)

LIMIT = 2.0**360
numbers = st.floats(-LIMIT, LIMIT)
few = st.dictionaries(st.integers(-(2**40), 2**40).map(float), st.integers(1, 9).map(float),
                      min_size=1, max_size=20)  # fmt: skip


def set_of(values: dict[float, float]) -> StatisticSet:
    found = set_of_values(values.items())
    assert found is not None
    return found


@given(values=few)
def test_a_set_of_few_values_is_exact(values: dict[float, float]) -> None:
    found = set_of(values)
    assert found.values == values
    assert found.count == sum(values.values())
    assert found.sum == sum(value * count for value, count in values.items())
    assert (found.minimum, found.maximum) == (min(values), max(values))


@given(one=few, other=few)
def test_merging_is_putting_together(one: dict[float, float], other: dict[float, float]) -> None:
    together = set_of_values([*one.items(), *other.items()])
    assert set_of(one).merged(set_of(other)) == together
    assert set_of(other).merged(set_of(one)) == together


@given(values=st.dictionaries(numbers, st.just(1.0), min_size=1, max_size=2000))
def test_what_is_kept_of_many_values_is_bounded(values: dict[float, float]) -> None:
    found = set_of(values)
    assert found.values is not None
    assert len(found.values) <= MOST_VALUES
    assert sum(found.values.values()) == found.count
    assert all(math.isfinite(value) for value in found.values)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ([1 + n / 10_000 for n in range(10_000)], 0.008),
        ([1.01**n for n in range(2_000)], 0.033),
        ([-(1.01**n) for n in range(2_000)], 0.033),
    ],
    ids=["a doubling", "29 doublings", "negative"],
)
def test_what_is_kept_of_many_values_is_near(values: list[float], error: float) -> None:
    kept = set_of(dict.fromkeys(values, 1.0)).values
    assert kept is not None
    ordered = sorted((value, count) for value, count in kept.items())
    spread = [value for value, count in ordered for _ in range(int(count))]
    for true, near in zip(sorted(values), spread, strict=True):
        assert near == pytest.approx(true, rel=error)


def test_a_count_of_nothing_is_no_value() -> None:
    assert set_of_values([(1.0, 0.0)]) is None
    assert set_of_values([]) is None
    assert set_of_values([(1.0, 0.0), (2.0, 3.0)]) == StatisticSet(3, 6, 2, 2, {2.0: 3.0})


def test_statistics_tell_their_values_only_if_they_are_all_the_same() -> None:
    assert set_of_statistics(4, 12, 3, 3).values == {3: 4}
    assert set_of_statistics(4, 11, 3, 3).values is None
    assert set_of_statistics(4, 12, 2, 4).values is None


@given(values=st.none() | st.dictionaries(numbers, numbers, max_size=20))
def test_packed_values_come_back(values: dict[float, float] | None) -> None:
    assert unpack_values(pack_values(values)) == values
