"""From datapoints to lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.doctor.facts import Metrics
from shardline.doctor.figures.lines import Line, full, lines_of
from shardline.doctor.figures.measures import CONSUMER, READING, WRITING, Group, Key
from shardline.doctor.figures.table import group_rows, row, shard_rows

GROUPS = (Group("writing", WRITING), Group("reading", READING), Group("c", CONSUMER))
KEYS = [key for group in GROUPS for measure in group.measures for key in measure.keys("")]


def lines(values: dict[Key, list[float | None]], group: Group = GROUPS[0]) -> dict[str, Line]:
    """The lines of a group by their labels, from two minutes of datapoints."""
    return {each.label: each for each in lines_of(group, Metrics(0, 60, 2, values))}


def test_a_minute_without_data_is_one_without_load() -> None:
    line = lines({("IncomingBytes", "Sum", ""): [120.0, None]})["bytes"]
    assert (line.values, line.latest, line.mean, line.highest) == ([2, 0], 0, 1, 2)


def test_the_mean_of_latencies_is_of_all_calls_and_the_highest_of_one() -> None:
    # Given a minute with 1 call of 10 ms, and one with 9 of which one took 90
    line = lines(
        {
            ("PutRecord.Latency", "Sum", ""): [10.0, 180.0],
            ("PutRecord.Latency", "SampleCount", ""): [1.0, 9.0],
            ("PutRecord.Latency", "Maximum", ""): [10.0, 90.0],
        }
    )["PutRecord time"]
    assert (line.values, line.latest, line.mean, line.highest) == ([10, 20], 20, 19, 90)


def test_failures_are_what_did_not_succeed() -> None:
    shown = lines(
        {
            ("PutRecord.Success", "Sum", ""): [0.0, 9.0],
            ("PutRecord.Success", "SampleCount", ""): [1.0, 9.0],
            ("PutRecords.SuccessfulRecords", "Sum", ""): [None, 300.0],
            ("PutRecords.TotalRecords", "Sum", ""): [None, 400.0],
        }
    )
    one, many = shown["PutRecord failed"], shown["PutRecords failed"]
    assert (one.values, one.highest) == ([1, 0], 1)
    assert one.mean == pytest.approx(0.1)
    assert (many.values, many.mean) == ([None, 0.25], 0.25)


def test_how_full_shards_were_is_told_by_what_filled_them_most() -> None:
    # Given one shard, half full by bytes and then full by records
    shown = lines(
        {
            ("IncomingBytes", "Sum", ""): [500 * 60.0, 0.0],
            ("IncomingRecords", "Sum", ""): [60.0, 600.0],
        }
    )
    used = full(list(shown.values()), {"IncomingBytes": 1000, "IncomingRecords": 10})
    assert used is not None
    assert (used.values, used.highest) == ([0.5, 1.0], 1.0)


def test_without_data_nothing_is_told() -> None:
    shown = lines({})
    assert not any(line.has_data for line in shown.values())
    assert full(list(shown.values()), {"IncomingBytes": 1000}) is None
    assert list(group_rows(list(shown.values()), 60)) == ["writing               no data"]
    assert row(shown["bytes"], 60) == "  bytes               no data"


def test_of_many_shards_the_busiest_are_shown() -> None:
    # Given 30 shards, the later the busier
    busy = [
        Line(f"shardId-{n:012d}", "bytes in", "IncomingBytes", "bytes", "second", [n], n, n, n)
        for n in range(30)
    ]
    shown = list(shard_rows(busy, 60))
    assert [line.split()[1] for line in shown[1:-1]] == [str(n) for n in range(10, 30)]
    assert shown[-1] == "  10 more with less: --json has all"


@given(
    st.dictionaries(
        st.sampled_from(
            [key for group in GROUPS for each in group.measures for key in each.keys("")]
        ),
        st.lists(st.none() | st.floats(0, 1e15), min_size=2, max_size=2),
    ),
    st.sampled_from([60, 300, 3600, 7200, 86_400, 660]),
)
def test_any_report_fits_the_terminal(values, step_s) -> None:  # type: ignore[no-untyped-def]
    points = Metrics(0, step_s, 2, values)
    for group in GROUPS:
        shown = list(group_rows(lines_of(group, points), step_s))
        assert all(len(line) <= 80 for line in shown)
