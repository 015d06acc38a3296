"""Which state follows from which datapoints: AWS's tables, and properties of the rule."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch.alarms.samples import a_watch, points
from shardline.cloudwatch.alarms.evaluation import (
    Evaluation,
    Point,
    breaches,
    evaluate,
    evaluation_range,
    needed,
    percentile_of,
)
from shardline.storage.alarm_entities import MetricStat

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
RETAIN = None

# "How alarm state is evaluated when data is missing": datapoints, how many have to be filled, and
# the state for missing, ignore, breaching and notBreaching.
THREE_OF_THREE = [
    ("0 - X - X", 0, ("OK", "OK", "OK", "OK")),
    ("0 - - - -", 2, ("OK", "OK", "OK", "OK")),
    ("- - - - -", 3, ("INSUFFICIENT_DATA", RETAIN, "ALARM", "OK")),
    ("0 X X - X", 0, ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("- - X - -", 2, ("ALARM", RETAIN, "ALARM", "OK")),
]
TWO_OF_THREE = [
    ("0 - X - X", 0, ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("0 0 X 0 X", 0, ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("0 - X - -", 1, ("OK", "OK", "ALARM", "OK")),
    ("- - - - 0", 2, ("OK", "OK", "ALARM", "OK")),
    ("- - - X -", 2, ("ALARM", RETAIN, "ALARM", "OK")),
]
TABLES = [
    (wanted, drawn, filled, treatment, state)
    for wanted, table in ((None, THREE_OF_THREE), (3, THREE_OF_THREE), (2, TWO_OF_THREE))
    for drawn, filled, states in table
    for treatment, state in zip(TREATMENTS, states, strict=True)
]


@pytest.mark.parametrize(("wanted", "drawn", "filled", "treatment", "state"), TABLES)
def test_awss_tables(
    wanted: int | None, drawn: str, filled: int, treatment: str, state: str | None
) -> None:
    watch = a_watch(datapoints_to_alarm=wanted, missing_data=treatment)
    assert evaluation_range(watch) == 5
    found = evaluate(watch, points(drawn))
    assert found.state == state
    assert len(found.filled) == filled


def test_missing_is_the_default() -> None:
    for _, drawn, _, treatment, state in TABLES[: len(TREATMENTS) * len(THREE_OF_THREE)]:
        if treatment == "missing":
            assert evaluate(a_watch(), points(drawn)).state == state


@pytest.mark.parametrize("drawn", ["- - - - X", "- - - X -"])
def test_a_few_breaching_datapoints_wait_for_others(drawn: str) -> None:
    # AWS's examples of "Avoiding premature transitions to alarm state"
    assert evaluate(a_watch(), points(drawn)).state is RETAIN


@pytest.mark.parametrize(
    ("operator", "below", "at", "above"),
    [
        ("GreaterThanOrEqualToThreshold", False, True, True),
        ("GreaterThanThreshold", False, False, True),
        ("LessThanThreshold", True, False, False),
        ("LessThanOrEqualToThreshold", True, True, False),
    ],
)
def test_operators(operator: str, below: bool, at: bool, above: bool) -> None:
    watch = a_watch(operator=operator)
    assert [breaches(watch, value) for value in (9.9, 10.0, 10.1)] == [below, at, above]


# Percentiles of few samples


def test_a_percentile_of_too_few_samples_keeps_the_state_where_that_is_wanted() -> None:
    # Given an alarm on the p99 of one period, which needs 1000 samples (AWS's example)
    metric = MetricStat("App", "Latency", (), 60, "p99")
    watch = a_watch(metric=metric, evaluation_periods=1, low_samples="ignore")

    def state_with(samples: float) -> str | None:
        return evaluate(watch, [Point(0), Point(60), Point(120, 25.0, samples)]).state

    assert state_with(999) is RETAIN
    assert state_with(1000) == "ALARM"
    low = replace(watch, metric=replace(metric, stat="p1"))
    assert evaluate(low, [Point(0, 25.0, 999)]).state is RETAIN
    assert evaluate(low, [Point(0, 25.0, 1000)]).state == "ALARM"
    # The maximum is none of too few, and by default nothing is
    highest = replace(watch, metric=replace(metric, stat="p100"))
    assert evaluate(highest, [Point(0, 25.0, 1)]).state == "ALARM"
    assert evaluate(replace(watch, low_samples=None), [Point(0, 25.0, 1)]).state == "ALARM"
    # What is missing is missing, whatever the samples
    assert evaluate(watch, [Point(0)]).state == "INSUFFICIENT_DATA"


def test_which_statistics_are_percentiles() -> None:
    named = {"p99.9": 99.9, "p0": 0.0, "tm90": None, "Sum": None, "IQM": None, "pX": None, "": None}
    assert {stat: percentile_of(stat) for stat in named} == named


# Properties

marks = st.sampled_from("0X-")


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, int, str]:
    wanted = draw(st.integers(1, 6))
    least = draw(st.integers(1, wanted))
    return wanted, least, " ".join(draw(st.lists(marks, min_size=wanted + 2, max_size=wanted + 2)))


def found_of(history: tuple[int, int, str], treatment: str) -> Evaluation:
    wanted, least, drawn = history
    watch = a_watch(evaluation_periods=wanted, datapoints_to_alarm=least, missing_data=treatment)
    return evaluate(watch, points(drawn))


@given(histories())
def test_the_treatment_counts_only_where_something_has_to_be_filled(
    history: tuple[int, int, str],
) -> None:
    found = {treatment: found_of(history, treatment) for treatment in TREATMENTS}
    for each in found.values():
        assert len(each.real) + len(each.filled) == history[0]
    if not found["missing"].filled:
        assert len({each.state for each in found.values()}) == 1
        assert found["missing"].state in ("OK", "ALARM")


@given(histories())
def test_breaching_alarms_whenever_any_treatment_does(history: tuple[int, int, str]) -> None:
    states = {treatment: found_of(history, treatment).state for treatment in TREATMENTS}
    if "ALARM" in states.values():
        assert states["breaching"] == "ALARM"
    if states["notBreaching"] == "ALARM":
        assert set(states.values()) == {"ALARM"}


@given(histories())
def test_only_an_alarm_that_misses_everything_is_without_data(
    history: tuple[int, int, str],
) -> None:
    nothing = set(history[2]) <= {"-", " "}
    assert (found_of(history, "missing").state == "INSUFFICIENT_DATA") == nothing
    assert found_of(history, "ignore").state != "INSUFFICIENT_DATA"
    for treatment in ("breaching", "notBreaching"):
        assert found_of(history, treatment).state in ("OK", "ALARM")


@given(histories(), st.sampled_from(TREATMENTS))
def test_one_more_breach_never_ends_an_alarm(history: tuple[int, int, str], treatment: str) -> None:
    wanted, least, drawn = history
    worse = (wanted, least, drawn.replace("0", "X", 1))
    if found_of(history, treatment).state == "ALARM":
        assert found_of(worse, treatment).state == "ALARM"


def test_needed() -> None:
    assert needed(a_watch()) == 3
    assert needed(a_watch(datapoints_to_alarm=1)) == 1
