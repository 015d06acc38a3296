"""60 days of real shapes of load: what on-demand mode promises, and the picture of it."""

from functools import cache

import pytest
from on_demand_picture import IMAGE, panel, picture
from on_demand_simulation import DAY, DAYS, Run, shapes, simulate

from shardline.kinesis.hashing import HASH_KEYS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SHAPES = ("flights", "step", "spike", "hot key")
GIVEN = 15  # minutes


@cache
def run(name: str) -> Run:
    found = [shape for shape in shapes() if shape.name == name]
    return simulate(*found)


def peaks(values: list[float]) -> list[float]:
    """For each minute the highest of the last 30 days, but for the last 15 to 30 minutes."""
    by_quarter = [max(values[at : at + GIVEN]) for at in range(0, len(values), GIVEN)]
    window = 30 * DAY // GIVEN
    highest = [
        max(by_quarter[max(0, quarter - window) : max(0, quarter - 1)], default=0.0)
        for quarter in range(len(by_quarter))
    ]
    return [highest[minute // GIVEN] for minute in range(len(values))]


@pytest.mark.parametrize("name", SHAPES)
def test_the_picture_is_of_this_run(name: str) -> None:
    assert panel(run(name)) in IMAGE.read_text()


def test_the_picture_has_nothing_else() -> None:
    kept = IMAGE.read_text()
    frame = picture([]).splitlines()
    rest = [line for line in kept.splitlines() if line.startswith(("<svg", "<rect w", "</svg"))]
    assert len(rest) == 3
    assert [line for line in frame if line not in kept] == frame[:1] + [
        line for line in frame if line.startswith("<rect w")
    ]
    assert kept.count('<text class="title"') == len(SHAPES)


@pytest.mark.parametrize("name", ["flights", "step", "spike"])
def test_load_up_to_twice_the_peak_is_never_refused(name: str) -> None:
    seen = run(name)
    taken = [load - lost for load, lost in zip(seen.offered, seen.refused, strict=True)]
    promised = [max(4.0, 2 * peak) for peak in peaks(taken)]
    broken = [
        minute
        for minute, (load, room) in enumerate(zip(seen.offered, promised, strict=True))
        if load <= room and seen.refused[minute] > 0
    ]
    assert broken == []


@pytest.mark.parametrize("name", ["flights", "step", "spike"])
def test_there_is_room_for_twice_the_peak_and_not_for_more_than_four_times(name: str) -> None:
    seen = run(name)
    taken = [load - lost for load, lost in zip(seen.offered, seen.refused, strict=True)]
    for minute, peak in enumerate(peaks(taken)):
        assert seen.shards[minute] >= 2 * peak - 0.001
    # A split halves: a stream may have up to twice the shards that it needs.
    assert max(seen.shards) <= max(4, 4 * max(taken))


def test_flights_are_followed_in_two_days_and_never_refused() -> None:
    seen = run("flights")
    assert sum(seen.refused) == 0
    assert all(minute < 2 * DAY for minute in seen.reshards)
    assert len(seen.reshards) == 2


def test_a_step_grows_at_once_and_is_given_up_30_days_after_it() -> None:
    seen = run("step")
    # More than double within 15 minutes is refused, until the first look
    assert [minute for minute, lost in enumerate(seen.refused) if lost] == [10 * DAY]
    assert seen.shards[10 * DAY + 15] >= 8
    assert seen.shards[45 * DAY - 1] == 16  # the last minute of the step is 30 days ago
    # Then it at most halves in a day
    assert seen.shards[45 * DAY + 2 : 46 * DAY] == [8] * (DAY - 2)
    assert seen.shards[-1] == 4


def test_a_spike_beyond_double_is_refused_in_part() -> None:
    seen = run("spike")
    lost = [minute for minute, refused in enumerate(seen.refused) if refused]
    assert lost == list(range(20 * DAY + 600, 20 * DAY + 610))
    assert seen.refused[20 * DAY + 600] == 12.0  # 8 shards had grown for 2 MiB/s
    assert seen.refused[20 * DAY + 605] == 4.0  # 16: doubled once in 15 minutes
    assert seen.shards[-1] == 8


def test_one_hot_key_does_not_make_shards_grow_without_end() -> None:
    seen = run("hot key")
    # Its own shard is split, and split again, as far as that may part it from others
    assert seen.shards[5 * DAY + 2] == 5
    assert max(seen.shards) == 10
    assert seen.narrowest >= HASH_KEYS // (16 * 10 * 2)
    assert [minute for minute in seen.reshards if minute > 8 * DAY] == [36 * DAY + 0]
    # What the key has above a shard's limit is refused, as on AWS; all else is not
    assert sum(seen.refused[20 * DAY : 35 * DAY]) == pytest.approx(15 * DAY * 0.5, rel=0.02)
    assert sum(map(bool, seen.refused[: 20 * DAY])) <= 20
    assert sum(seen.refused[35 * DAY :]) == 0


def test_every_run_is_60_days_long() -> None:
    assert {len(run(name).shards) for name in SHAPES} == {DAYS * DAY}
