"""The readings of several processes as those of one."""

from shardline.histogram import Histogram
from shardline.prometheus import families
from shardline.prometheus.families import Family, Reading, Sample, Summary
from shardline.prometheus.merging import decode, encode, merged

AGE = Family("age_seconds", "gauge", "The highest.", ("stream",))
TIMES = Family("times_seconds", "summary", "How long.", ("stream",))


def readings(scale: int) -> list[Reading]:
    seconds = Histogram((1.0, 2.0))
    seconds.add(scale)
    return [
        (families.COMMITS, [Sample((), 2 * scale)]),
        (families.SERVING, [Sample((), 1)]),
        (families.MEMORY_BYTES, [Sample((), 10 * scale)]),
        (families.STREAMS, [Sample(("ACTIVE",), 3)]),
        (families.COMMIT_SECONDS, [Sample((), seconds)]),
        (AGE, [Sample(("a",), scale), Sample((f"only-{scale}",), 1)]),
        (TIMES, [Sample(("a",), Summary(scale, 0.5))]),
    ]


def values(found: list[Reading]) -> dict[tuple[str, tuple[str, ...]], object]:
    return {
        (family.name, sample.labels): (
            (sample.value.counts, sample.value.sum)
            if isinstance(sample.value, Histogram)
            else sample.value
        )
        for family, samples in found
        for sample in samples
    }


def test_what_was_counted_is_added_and_what_all_know_is_not() -> None:
    assert values(merged([readings(1), readings(2)])) == {
        ("shardline_log_commits_total", ()): 6,
        ("shardline_serving", ()): 2,
        ("shardline_memory_bytes", ()): 30,
        ("shardline_streams", ("ACTIVE",)): 3,
        ("shardline_log_commit_duration_seconds", ()): ([1, 1, 0], 3.0),
        ("age_seconds", ("a",)): 2,
        ("age_seconds", ("only-1",)): 1,
        ("age_seconds", ("only-2",)): 1,
        ("times_seconds", ("a",)): Summary(3, 1.0),
    }


def test_of_one_process_nothing_changes() -> None:
    assert values(merged([readings(1)])) == values(readings(1))


def test_another_process_is_given_the_same() -> None:
    assert values(decode(encode(readings(2)))) == values(readings(2))
    assert [family for family, _ in decode(encode(readings(2)))] == [f for f, _ in readings(2)]
