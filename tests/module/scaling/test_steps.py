"""Steps of UpdateShardCount: property tests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.module.scaling.steps import MAX_SHARDS, rounded, steps

COUNTS = st.integers(1, MAX_SHARDS)


@pytest.mark.parametrize(
    ("current", "target", "expected"),
    [
        (4, 4, []),
        (4, 8, [8]),
        (4, 20, [8, 16, 20]),
        (20, 4, [10, 5, 4]),
        (1, 5, [2, 4, 5]),
        (5, 1, [3, 2, 1]),
        (6000, 10_000, [10_000]),
    ],
)
def test_the_way_to_a_count(current: int, target: int, expected: list[int]) -> None:
    assert steps(current, target) == expected


@given(COUNTS, COUNTS)
def test_each_step_is_one_that_aws_takes(current: int, target: int) -> None:
    for count in steps(current, target):
        assert count <= 2 * current
        assert 2 * count >= current
        assert count != current
        current = count
    assert current == target


@pytest.mark.parametrize("target", [0, -1, MAX_SHARDS + 1])
def test_what_is_no_count_is_refused(target: int) -> None:
    with pytest.raises(ValueError, match="no way from 4"):
        steps(4, target)


@given(COUNTS, COUNTS)
def test_rounding_only_adds_and_stays_within_a_quarter(current: int, target: int) -> None:
    count = rounded(current, target)

    assert target <= count < target + max(current / 4, 1)
    if current % 4 == 0:
        assert count % (current // 4) == 0
