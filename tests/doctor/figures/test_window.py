"""Which steps of time are asked for."""

import pytest

from shardline.doctor.figures.reading import MOST_STEPS, window_of

NOW_S = 1_769_594_412
HOUR_S, DAY_S = 3600, 86_400


@pytest.mark.parametrize(
    ("ago_s", "step_s"),
    [(HOUR_S, 60), (DAY_S, 60), (2 * DAY_S, 300), (9 * DAY_S, 3600), (400 * DAY_S, DAY_S)],
)
def test_the_shortest_step_that_fits_is_taken(ago_s: int, step_s: int) -> None:
    window = window_of(NOW_S - ago_s, NOW_S, None)
    assert window.step_s == step_s
    assert window.start_s % step_s == 0
    assert 1 <= window.steps <= MOST_STEPS + 1


def test_the_minute_that_has_just_passed_is_left_out() -> None:
    window = window_of(NOW_S - HOUR_S, NOW_S, 60)
    assert window.start_s + window.steps * 60 == (NOW_S - 60) // 60 * 60


def test_a_span_shorter_than_a_step_is_the_step_before() -> None:
    window = window_of(NOW_S - 1, NOW_S, 300)
    assert (window.steps, window.start_s) == (1, (NOW_S - 60) // 300 * 300 - 300)


@pytest.mark.parametrize(
    ("ago_s", "step_s", "words"),
    [
        (HOUR_S, 61, "whole minutes: a --period of 60 would do"),
        (3 * DAY_S, 60, "more than 1,440 values: a --period of 300 would do"),
        (70 * DAY_S, 7200 + 60, "for the last 15 days: a --period of 86400 would do"),
        (60 * DAY_S, 3600 + 60, "for the last 15 days: a --period of 3600 would do"),
    ],
)
def test_what_cannot_be_had_says_what_would_do(ago_s: int, step_s: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        window_of(NOW_S - ago_s, NOW_S, step_s)
