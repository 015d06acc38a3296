"""The engine over weeks of made-up time: no flapping, the utilisation kept, no limit broken."""

import itertools
import math
import random

import pytest
from scaling_simulation import Run, simulate

from shardline.module.scaling.rules import Rules

DAY = 1440
RULES = Rules(least=2, most=64)
pytestmark = pytest.mark.slow


def check_limits(run: Run, rules: Rules = RULES) -> None:
    """What AWS would refuse, and what the rules forbid."""
    for number, change in enumerate(run.changes):
        assert change.before / 2 <= change.after <= change.before * 2
        assert rules.least <= change.after <= rules.most
        day = [each for each in run.changes[: number + 1] if each.minute > change.minute - DAY]
        assert len(day) <= 10
        if change.after < change.before:
            assert len(day) <= 8
        if number:
            pause = change.minute - run.changes[number - 1].minute
            assert pause >= (10 if change.after > change.before else 60)


def turns(run: Run) -> int:
    """How often it went the other way than before."""
    ups = [change.after > change.before for change in run.changes]
    return sum(one is not other for one, other in itertools.pairwise(ups))


def test_a_step_is_followed_and_left_alone() -> None:
    # Given a load that rises tenfold on the second day, and falls back on the ninth
    run = simulate(lambda minute: 20 if DAY <= minute < 8 * DAY else 2, RULES, days=14, shards=4)

    # Then it doubles until the load is held, soon, and shrinks once the load has been gone
    check_limits(run)
    assert turns(run) == 1
    assert len(run.throttled) <= 60
    assert max(run.shards) in range(32, 41)
    assert 20 / run.shards[7 * DAY] <= RULES.high
    assert 2 / run.shards[-1] >= RULES.low


@pytest.mark.parametrize("base", [1.3, 3.0, 7.7, 20.0])
def test_an_even_load_with_noise_comes_to_rest(base: float) -> None:
    chance = random.Random(1)

    run = simulate(lambda minute: base * chance.uniform(0.85, 1.15), RULES, days=21, shards=4)

    check_limits(run)
    assert turns(run) <= 1
    assert all(change.minute < DAY for change in run.changes)
    assert base / run.shards[-1] < RULES.high


@pytest.mark.parametrize("threshold", [RULES.high, RULES.low])
def test_a_load_on_a_threshold_does_not_make_it_flap(threshold: float) -> None:
    chance = random.Random(2)

    run = simulate(
        lambda minute: 16 * threshold * chance.uniform(0.9, 1.1), RULES, days=21, shards=16
    )

    check_limits(run)
    assert turns(run) == 0


def test_days_and_nights() -> None:
    """A curve of a day with weekends that are half of it, as the flights of New York have it."""
    chance = random.Random(3)

    def offered(minute: int) -> float:
        weekend = 0.5 if minute // DAY % 7 >= 5 else 1.0
        sun = max(0.0, math.sin((minute % DAY - 6 * 60) / DAY * 2 * math.pi))
        return (0.5 + 17 * sun) * weekend * chance.uniform(0.9, 1.1)

    run = simulate(offered, RULES, days=28, shards=4)

    check_limits(run)
    # Then it follows each day once up and once down, and is hardly ever too small
    assert turns(run) <= 2 * 28
    assert len(run.throttled) < 0.005 * len(run.offered)
    # and costs less than a stream that is made for the peak
    assert run.shard_minutes() < 0.75 * 32 * len(run.offered)


def test_spikes_that_are_over_in_a_moment_are_not_followed() -> None:
    # Given three minutes of four times the load, every two hours
    run = simulate(lambda minute: 16 if minute % 120 < 3 else 4, RULES, days=14, shards=8)

    check_limits(run)
    assert run.changes == []


def test_spikes_that_stay_do_not_use_up_the_day() -> None:
    # Given twenty minutes of the tenfold load, every six hours
    run = simulate(lambda minute: 20 if minute % 360 < 20 else 2, RULES, days=14, shards=4)

    check_limits(run)
    assert turns(run) <= 4 * 2 * 14


def test_a_reader_that_lags_keeps_it_large() -> None:
    # Given a load that ends on the second day, and a reader that is behind until the fifth
    run = simulate(
        lambda minute: 20 if minute < DAY else 1,
        RULES,
        days=10,
        shards=40,
        lag_s=lambda minute: 7200 if minute < 5 * DAY else 0,
    )

    check_limits(run)
    downs = [change.minute for change in run.changes if change.after < change.before]
    assert downs
    assert min(downs) >= 5 * DAY


def test_random_loads_break_nothing() -> None:
    """A load that wanders and jumps: whatever it does, the limits hold."""
    for seed in range(4):
        chance = random.Random(seed)
        level = 4.0

        def offered(minute: int, chance: random.Random = chance) -> float:
            nonlocal level
            if chance.random() < 0.002:
                level = chance.uniform(0.1, 80)
            level = min(90.0, max(0.05, level * chance.uniform(0.98, 1.02)))
            return level

        run = simulate(offered, RULES, days=7, shards=8)
        check_limits(run)
        assert min(run.shards) >= RULES.least
        assert max(run.shards) <= RULES.most
