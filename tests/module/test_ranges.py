"""The patterns of ranges match the numbers of the range and nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from module.configurations import unhurried
from shardline.module.spec.ranges import range_pattern

numbers = st.integers(0, 600_000)


@unhurried
@given(numbers, numbers, numbers)
def test_a_pattern_matches_exactly_its_range(one: int, other: int, number: int) -> None:
    least, most = sorted((one, other))
    matches = re.fullmatch(range_pattern(least, most), str(number)) is not None
    assert matches == (least <= number <= most)


@unhurried
@given(numbers, numbers)
def test_the_ends_belong_to_it_and_their_neighbours_do_not(one: int, other: int) -> None:
    least, most = sorted((one, other))
    pattern = re.compile(range_pattern(least, most))
    assert pattern.fullmatch(str(least))
    assert pattern.fullmatch(str(most))
    assert not pattern.fullmatch(str(most + 1))
    assert least == 0 or not pattern.fullmatch(str(least - 1))


@pytest.mark.parametrize("text", ["024", "", "24.0", "-24", "٢٤"])
def test_nothing_but_plain_digits_matches(text: str) -> None:
    assert not re.fullmatch(range_pattern(1, 9999), text)


@pytest.mark.parametrize("ends", [(-1, 3), (3, 2)])
def test_what_is_no_range_is_refused(ends: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no range"):
        range_pattern(*ends)
