"""The engine: each rule by itself, and what always holds."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.module.scaling.decision import Decision, State, decide
from shardline.module.scaling.history import History
from shardline.module.scaling.load import Load, Window
from shardline.module.scaling.rules import DAY_S, MINUTE_S, SHARD_BYTES, WINDOW_MINUTES, Rules

NOW = 1_790_000_000
RULES = Rules(least=2, most=64)
STATE = State(shards=8, age_s=DAY_S, history=History(), now_s=NOW)


def filled(*shards: float, before: float = 0.0, lag_s: float | None = None) -> Window:
    """A whole window in which the last minutes filled so many shards, and those before as said."""
    loads = [before] * (WINDOW_MINUTES - len(shards)) + list(shards)
    return Window([Load(bytes=each * SHARD_BYTES * MINUTE_S) for each in loads], lag_s)


def decided(window: Window, state: State = STATE, rules: Rules = RULES, **changes: Any) -> Decision:
    return decide(replace(state, **changes), rules, window)


def test_five_full_minutes_grow_it_to_where_the_load_is_at_the_aim() -> None:
    decision = decided(filled(*[7.2] * 5, before=4))

    assert (decision.word, decision.shards) == ("up", 12)  # 7.2 / 0.6
    assert decision.reason == "5 minutes at 90% or more (75% is too much)"


def test_four_full_minutes_do_not() -> None:
    decision = decided(filled(5.9, 7, 7, 7, 7, before=4))

    assert decision.word == "hold"
    assert decision.numbers.recent == pytest.approx(5.9 / 8)


def test_records_count_as_bytes_do() -> None:
    minutes = [Load(bytes=1, records=8 * 60_000)] * WINDOW_MINUTES

    assert decided(Window(minutes)).word == "up"


def test_it_at_most_doubles() -> None:
    assert decided(filled(*[8] * 5), shards=4).shards == 8


def test_it_grows_by_quarters() -> None:
    assert decided(filled(*[6.1] * 5)).shards == 12  # 10.2 is needed: 12 are 150% of 8


def test_it_never_grows_above_the_most() -> None:
    assert decided(filled(*[8] * 5), rules=Rules(2, 9)).shards == 9
    held = decided(filled(*[8] * 5), rules=Rules(2, 8))
    assert held.word == "hold"
    assert held.reason.endswith("but 8 shards are the most that is allowed")


@pytest.mark.parametrize(("shards", "after"), [(1, 2), (2, 4), (40, 20), (20, 16)])
def test_bounds_are_kept_whatever_the_load(shards: int, after: int) -> None:
    decision = decided(filled(before=shards / 2), shards=shards, rules=Rules(4, 16))

    assert decision.shards == after
    assert decision.word == ("up" if after > shards else "down")


def test_five_quiet_hours_shrink_it() -> None:
    decision = decided(filled(before=1.5))

    assert (decision.word, decision.shards) == ("down", 4)  # 1.5 / 0.6 is 3: half at most
    assert decision.reason == "60 of 60 points at 25% or less"


def test_three_loud_points_are_let_pass_but_must_fit() -> None:
    # Given 15 loud minutes in five quiet hours
    window = filled(*[4.0] * 15, *[0.5] * 60, before=0.5)

    decision = decided(window)

    # Then what is left holds them at the aim: 4.0 / 0.6 is 7, and the quarters of 8 are 6 and 8
    assert decision.word == "hold"
    assert (
        decision.reason == "57 of 60 points at 25% or less, but the peak of 50% needs what there is"
    )
    assert decided(filled(*[3.0] * 15, *[0.5] * 60, before=0.5)).shards == 6


def test_four_loud_points_are_too_many() -> None:
    decision = decided(filled(*[3.0] * 20, *[0.5] * 60, before=0.5))

    assert decision.word == "hold"
    assert decision.reason == "56 of 60 points at 25% or less; 57 are needed to shrink"


def test_a_young_stream_is_not_shrunk() -> None:
    assert decided(filled(), age_s=WINDOW_MINUTES * 60 - 1).word == "hold"
    assert decided(Window([Load()] * (WINDOW_MINUTES - 1))).word == "hold"
    assert decided(filled(), age_s=WINDOW_MINUTES * 60).word == "down"


@pytest.mark.parametrize(("lag_s", "word"), [(None, "down"), (1800, "down"), (1801, "hold")])
def test_it_is_not_shrunk_while_a_reader_lags(lag_s: float | None, word: str) -> None:
    decision = decided(filled(before=1, lag_s=lag_s))

    assert decision.word == word
    if word == "hold":
        assert decision.reason.endswith("but a reader is 30 minutes behind")


def test_a_reader_that_lags_does_not_keep_it_small() -> None:
    assert decided(filled(*[8] * 5, lag_s=86_400)).word == "up"


@pytest.mark.parametrize(("ago", "word"), [(599, "hold"), (600, "up")])
def test_it_grows_ten_minutes_after_any_change(ago: int, word: str) -> None:
    assert decided(filled(*[8] * 5), history=History((NOW - ago,))).word == word


@pytest.mark.parametrize(("ago", "word"), [(3599, "hold"), (3600, "down")])
def test_it_shrinks_an_hour_after_any_change(ago: int, word: str) -> None:
    assert decided(filled(before=1), history=History((NOW - ago,))).word == word


@pytest.mark.parametrize(
    ("made", "up", "down"),
    [(7, "up", "down"), (8, "up", "hold"), (9, "up", "hold"), (10, "hold", "hold")],
)
def test_two_changes_a_day_are_kept_for_growing(made: int, up: str, down: str) -> None:
    history = History(tuple(NOW - 7200 - each for each in reversed(range(made))))

    assert decided(filled(*[8] * 5), history=history).word == up
    assert decided(filled(before=1), history=history).word == down


def test_a_change_that_cannot_be_made_says_when_it_can() -> None:
    history = History(tuple(NOW - 7200 for _ in range(10)))

    reason = decided(filled(*[8] * 5), history=history).reason

    assert reason.startswith("5 minutes at 100% or more")
    assert reason.endswith("AWS's ten changes of 24 hours are used up: not before 12:13:20Z")


@pytest.mark.parametrize(
    ("least", "most", "target"), [(0, 4, 0.6), (5, 4, 0.6), (1, 4, 0), (1, 4, 1.1)]
)
def test_rules_that_make_no_sense_are_refused(least: int, most: int, target: float) -> None:
    with pytest.raises(ValueError, match="no rules of scaling"):
        Rules(least, most, target)


@st.composite
def situations(draw: st.DrawFn) -> tuple[State, Rules, Window]:
    """Anything that can be."""
    least = draw(st.integers(1, 200))
    rules = Rules(least, draw(st.integers(least, 400)), draw(st.floats(0.2, 0.9)))
    past = draw(st.lists(st.integers(0, 2 * DAY_S), max_size=12))
    state = State(
        shards=draw(st.integers(1, 500)),
        age_s=draw(st.integers(0, 10 * DAY_S)),
        history=History(tuple(sorted(NOW - ago for ago in past))),
        now_s=NOW,
    )
    even = draw(st.floats(0, 1.2)) * state.shards
    last = [each * state.shards for each in draw(st.lists(st.floats(0, 1.2), max_size=8))]
    lag = draw(st.none() | st.floats(0, 86_400))
    return state, rules, filled(*last, before=even, lag_s=lag)


@given(situations())
def test_limits_are_never_broken(situation: tuple[State, Rules, Window]) -> None:
    state, rules, window = situation

    decision = decide(state, rules, window)

    if decision.word == "hold":
        assert decision.shards == state.shards
        return
    assert state.shards / 2 <= decision.shards <= state.shards * 2
    assert decision.word == ("up" if decision.shards > state.shards else "down")
    left = state.history.left(NOW)
    assert left > (0 if decision.word == "up" else 2)
    if rules.least <= state.shards <= rules.most:
        assert rules.least <= decision.shards <= rules.most
    if decision.word == "down":
        assert window.lag_s is None or window.lag_s <= 1800


@given(situations())
def test_an_even_load_is_never_answered_by_going_back(
    situation: tuple[State, Rules, Window],
) -> None:
    # Given a change that the load asked for, and the same load afterwards
    state, rules, window = situation
    if not rules.least <= state.shards <= rules.most:
        return
    decision = decide(state, rules, Window([window.minutes[0]] * WINDOW_MINUTES))
    if decision.word == "hold":
        return
    later = replace(state, shards=decision.shards, history=History(), age_s=10 * DAY_S)

    # When the next decisions are made, then none of them undoes it
    back = decide(later, rules, Window([window.minutes[0]] * WINDOW_MINUTES))
    assert back.word in ("hold", decision.word)
