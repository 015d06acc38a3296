"""The decision: from a window of metrics and the current state to a number of shards, and why."""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Literal

from shardline.module.scaling.history import History
from shardline.module.scaling.load import Window
from shardline.module.scaling.rules import (
    DOWN_PAUSE_S,
    DOWN_POINTS,
    LOW_POINTS,
    MOST_LAG_S,
    RESERVED,
    UP_MINUTES,
    UP_PAUSE_S,
    WINDOW_MINUTES,
    Rules,
)
from shardline.module.scaling.steps import bounded, rounded

# A load that is exactly what the shards hold at the aim needs no further one.
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class State:
    """A stream as it is: open shards, how long it has been there, its changes, the time."""

    shards: int
    age_s: int
    history: History
    now_s: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a decision was made of. Shares are of the capacity of the shards that there are."""

    recent: float  # the least of the last five minutes: above `high`, all of them are
    peak: float  # the highest of five minutes on end, in the whole window
    quiet_points: int  # points of five minutes at or below `low`
    high: float
    low: float
    lag_s: float | None
    changes_left: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do: `up` or `down` to `shards`, or to `hold` what there is; `reason` says why."""

    word: Literal["up", "down", "hold"]
    shards: int
    reason: str
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class _Wish:
    word: Literal["up", "down"]
    shards: int
    reason: str


def decide(state: State, rules: Rules, window: Window) -> Decision:
    """What to do now with a stream that is ACTIVE and provisioned.

    What the load asks for is found first, then whether anything forbids it; a decision to hold
    says which of the two it was.
    """
    numbers = _numbers(state, rules, window)
    wish = _of_bounds(state, rules) or _up(state, rules, window, numbers)
    wish = wish or _down(state, rules, window, numbers)
    if isinstance(wish, str):
        return Decision("hold", state.shards, wish, numbers)
    obstacle = _obstacle(state, wish, numbers)
    if obstacle is not None:
        return Decision("hold", state.shards, f"{wish.reason}, but {obstacle}", numbers)
    return Decision(wish.word, wish.shards, wish.reason, numbers)


def _numbers(state: State, rules: Rules, window: Window) -> Numbers:
    recent = window.recent(UP_MINUTES)
    points = window.points
    return Numbers(
        recent=min(recent) / state.shards if len(recent) == UP_MINUTES else 0.0,
        peak=max(points, default=0.0) / state.shards,
        quiet_points=sum(point / state.shards <= rules.low for point in points[-DOWN_POINTS:]),
        high=rules.high,
        low=rules.low,
        lag_s=window.lag_s,
        changes_left=state.history.left(state.now_s),
    )


def _of_bounds(state: State, rules: Rules) -> _Wish | None:
    """Whoever changed the bounds, or the shards, does not wait for the load to say so."""
    if state.shards < rules.least:
        shards = bounded(state.shards, rules.least)
        return _Wish("up", shards, f"{state.shards} shards are fewer than the least, {rules.least}")
    if state.shards > rules.most:
        shards = bounded(state.shards, rules.most)
        return _Wish("down", shards, f"{state.shards} shards are more than the most, {rules.most}")
    return None


def _up(state: State, rules: Rules, window: Window, numbers: Numbers) -> "_Wish | str | None":
    if numbers.recent < rules.high:
        return None
    why = f"{UP_MINUTES} minutes at {numbers.recent:.0%} or more ({rules.high:.0%} is too much)"
    if state.shards >= rules.most:
        return f"{why}, but {rules.most} shards are the most that is allowed"
    needed = _needed(max(window.recent(UP_MINUTES)), rules)
    target = rounded(state.shards, bounded(state.shards, max(needed, state.shards + 1)))
    return _Wish("up", min(target, rules.most), why)


def _down(state: State, rules: Rules, window: Window, numbers: Numbers) -> "_Wish | str":
    if len(window.minutes) < WINDOW_MINUTES or state.age_s < WINDOW_MINUTES * 60:
        return (
            f"{numbers.recent:.0%} of the capacity is used; to shrink takes five hours of metrics"
        )
    quiet = f"{numbers.quiet_points} of {DOWN_POINTS} points at {rules.low:.0%} or less"
    if numbers.quiet_points < LOW_POINTS:
        return f"{quiet}; {LOW_POINTS} are needed to shrink"
    if state.shards <= rules.least:
        return f"{quiet}, but {rules.least} shards are the least that is allowed"
    needed = max(_needed(max(window.points), rules), rules.least)
    target = rounded(state.shards, bounded(state.shards, needed))
    if target >= state.shards:
        return f"{quiet}, but the peak of {numbers.peak:.0%} needs what there is"
    return _Wish("down", target, quiet)


def _needed(filled: float, rules: Rules) -> int:
    """The shards that hold a load at the aim; `filled` is how many it fills."""
    return max(1, ceil(filled / rules.target - _SLACK))


def _obstacle(state: State, wish: _Wish, numbers: Numbers) -> str | None:
    """What forbids a change now, as the rest of a sentence."""
    pause_s = UP_PAUSE_S if wish.word == "up" else DOWN_PAUSE_S
    last = state.history.last
    if last is not None and state.now_s - last < pause_s:
        return f"the last change was at {_clock(last)}: not before {_clock(last + pause_s)}"
    if not numbers.changes_left:
        free = _clock(state.history.next_at(state.now_s))
        return f"AWS's ten changes of 24 hours are used up: not before {free}"
    if wish.word == "down":
        if numbers.changes_left <= RESERVED:
            return f"the last {RESERVED} of AWS's ten changes of 24 hours are kept for growing"
        if numbers.lag_s is not None and numbers.lag_s > MOST_LAG_S:
            return f"a reader is {numbers.lag_s / 60:.0f} minutes behind"
    return None


def _clock(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%H:%M:%SZ")
