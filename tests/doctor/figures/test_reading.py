"""How long a value is of."""

import pytest

from shardline.doctor.figures.reading import MOST_STEPS, step_for

NOW_S = 1_769_594_412
HOUR_S, DAY_S = 3600, 86_400


@pytest.mark.parametrize(
    ("ago_s", "step_s"),
    [(HOUR_S, 60), (DAY_S, 60), (2 * DAY_S, 300), (9 * DAY_S, 3600), (400 * DAY_S, DAY_S)],
)
def test_the_shortest_step_that_fits_is_taken(ago_s: int, step_s: int) -> None:
    assert step_for(NOW_S - ago_s, NOW_S) == step_s
    assert ago_s / step_s <= MOST_STEPS


def test_one_that_fits_may_be_asked_for() -> None:
    assert step_for(NOW_S - HOUR_S, NOW_S, 120) == 120


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
        step_for(NOW_S - ago_s, NOW_S, step_s)
