"""The changes of a day, in a tag."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.kinesis import tags
from shardline.module.scaling.history import TAG, History
from shardline.module.scaling.rules import DAY_S

NOW = 1_790_000_000
TIMES = st.lists(st.integers(NOW - 2 * DAY_S, NOW), max_size=20)


@given(TIMES)
def test_a_tag_gives_back_what_was_kept(times: list[int]) -> None:
    history = History(tuple(sorted(times)))

    assert History.of_tags(history.tag()) == history


@given(TIMES)
def test_the_tag_is_one_that_kinesis_takes(times: list[int]) -> None:
    tag = History(tuple(sorted(times))).tag()

    assert tags.add((), tag) == ((TAG, tag[TAG]),)
    assert len(tag[TAG]) <= 256


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        ("", ()),
        ("never", ()),
        ("17 x -3 9", (9, 17)),
        ("²", ()),
        ("9" * 20, ()),
        ("1790000000", (1790000000,)),
    ],
)
def test_what_is_no_time_is_passed_over(value: str, changes: tuple[int, ...]) -> None:
    assert History.of_tags({TAG: value}).changes == changes


def test_ten_changes_leave_none_until_the_first_is_a_day_old() -> None:
    # Given ten changes, an hour apart
    history = History()
    for hour in range(10):
        assert history.left(NOW + hour * 3600) == 10 - hour
        history = history.after(NOW + hour * 3600)
    now = NOW + 9 * 3600

    assert history.left(now) == 0
    assert history.next_at(now) == NOW + DAY_S
    assert history.left(NOW + DAY_S) == 1
    assert history.next_at(NOW + DAY_S) == NOW + DAY_S
