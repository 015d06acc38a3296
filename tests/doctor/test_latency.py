"""High latency: the check by itself."""

from dataclasses import replace

import pytest

from doctor_samples import (
    FACTS,
    STREAM,
    Values,
    faults,
    found,
    metrics,
    section,
    shards,
    with_metrics,
)
from shardline.doctor.facts import Facts, Failed, Metrics, Sample
from shardline.doctor.findings import Verdict

WARNING, ILL, UNKNOWN = Verdict.WARNING, Verdict.ILL, Verdict.UNKNOWN
FULL_BYTES, FULL_RECORDS = 4 * 60 * 1_048_576.0, 4 * 60 * 1000.0
THROTTLED_WRITES = ("WriteProvisionedThroughputExceeded", "Sum", "")
THROTTLED_READS = ("ReadProvisionedThroughputExceeded", "Sum", "")


def test_a_stream_that_is_well() -> None:
    well = section("latency", FACTS)
    assert well.verdict is Verdict.WELL
    assert well.line == "25% of the write capacity at the peak, no throttles"
    assert well.series[0].limit == FULL_BYTES


def in_the_last(minutes: int, value: float, before: float = 0.0) -> Values:
    return [before] * (60 - minutes) + [value] * minutes


@pytest.mark.parametrize(
    ("name", "full"), [("IncomingBytes", FULL_BYTES), ("IncomingRecords", FULL_RECORDS)]
)
@pytest.mark.parametrize(
    ("minutes", "part", "expected"),
    [
        (60, 0.79, []),
        (2, 0.85, []),
        (3, 0.85, [("write-capacity", WARNING)]),
        (1, 1.0, [("write-capacity", ILL)]),
    ],
)
def test_the_write_capacity(
    name: str, full: float, minutes: int, part: float, expected: list[tuple[str, Verdict]]
) -> None:
    facts = with_metrics({(name, "Sum", ""): in_the_last(minutes, part * full)})
    assert found("latency", facts) == expected


def test_more_shards_are_the_remedy_as_a_command_that_runs() -> None:
    (finding,) = faults("latency", with_metrics({("IncomingBytes", "Sum", ""): FULL_BYTES}))
    assert (
        "aws kinesis update-shard-count --stream-name orders --target-shard-count 8 "
        "--scaling-type UNIFORM_SCALING"
    ) in finding.commands


def test_on_demand_no_shard_count_is_changed() -> None:
    facts = with_metrics({("IncomingBytes", "Sum", ""): FULL_BYTES})
    (finding,) = faults("latency", replace(facts, stream=replace(STREAM, mode="ON_DEMAND")))
    assert not any("update-shard-count" in command for command in finding.commands)
    assert "twice the peak" in finding.remedy


@pytest.mark.parametrize(
    ("part", "expected"),
    [(0.79, []), (0.8, [("read-capacity", WARNING)]), (1.0, [("read-capacity", ILL)])],
)
def test_the_read_capacity(part: float, expected: list[tuple[str, Verdict]]) -> None:
    facts = with_metrics({("GetRecords.Bytes", "Sum", ""): in_the_last(1, part * 2 * FULL_BYTES)})
    assert found("latency", facts) == expected


@pytest.mark.parametrize(
    ("refused", "verdict"), [(1.0, WARNING), (40_000.0, ILL)], ids=["few", "many"]
)
def test_throttled_writes(refused: float, verdict: Verdict) -> None:
    facts = with_metrics({THROTTLED_WRITES: in_the_last(1, refused)})
    assert ("write-throttles", verdict) in found("latency", facts)


def test_throttled_reads() -> None:
    facts = with_metrics({THROTTLED_READS: in_the_last(1, 5.0)})
    assert found("latency", facts) == [("read-throttles", WARNING)]
    facts = with_metrics({THROTTLED_READS: 30.0})
    assert found("latency", facts) == [("read-throttles", ILL)]


@pytest.mark.parametrize(("statistic", "value"), [("Average", 500.0), ("p99", 2000.0)])
def test_slow_calls(statistic: str, value: float) -> None:
    name = ("PutRecords.Latency", statistic, "")
    assert found("latency", with_metrics({name: value})) == [("slow-calls", WARNING)]
    assert found("latency", with_metrics({name: value - 1})) == []


def of_shards(records: list[float], throttled: dict[int, float]) -> Metrics:
    values = {
        ("IncomingRecords", "Sum", f"shardId-{i:012d}"): each for i, each in enumerate(records)
    }
    refused = {
        ("WriteProvisionedThroughputExceeded", "Sum", f"shardId-{i:012d}"): each
        for i, each in throttled.items()
    }
    return metrics({**values, **refused})


def hot(records: list[float], throttled: dict[int, float] | None = None) -> Facts:
    return replace(FACTS, shard_metrics=of_shards(records, throttled or {}))


@pytest.mark.parametrize(
    ("records", "throttled", "expected"),
    [
        ([54_000.0] * 4, {}, []),  # busy, and even
        ([6_000.0, 60.0, 60.0, 60.0], {}, []),  # uneven, and idle
        ([40_000.0, 6_000.0, 6_000.0, 6_000.0], {}, [("hot-shard", WARNING)]),
        ([60_000.0, 6_000.0, 6_000.0, 6_000.0], {}, [("hot-shard", ILL)]),
        ([6_000.0, 60.0, 60.0, 60.0], {0: 100.0}, [("hot-shard", ILL)]),
    ],
)
def test_a_hot_shard(
    records: list[float], throttled: dict[int, float], expected: list[tuple[str, Verdict]]
) -> None:
    assert found("latency", hot(records, throttled)) == expected


def test_a_hot_shard_is_named_with_its_shares() -> None:
    (finding,) = faults("latency", hot([40_000.0, 2_000.0, 2_000.0, 6_000.0]))
    assert finding.line == "shardId-000000000000 is hot: 80% of the load on 25% of the hash keys"
    assert "split-shard" in finding.commands[-1]


def test_throttles_without_shard_level_metrics_ask_for_them() -> None:
    facts = with_metrics({THROTTLED_WRITES: in_the_last(1, 100.0)})
    finding = next(each for each in faults("latency", facts) if each.fix is not None)
    assert finding.check == "hot-shard-unseen"
    assert finding.fix is not None
    assert finding.fix.operation == "EnableEnhancedMonitoring"
    assert "disable-enhanced-monitoring" in finding.fix.undo
    # And with one shard there is nothing to be found out
    single = replace(facts, stream=replace(STREAM, open_shards=1), shards=shards(1))
    assert all(each.fix is None for each in faults("latency", single))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ((("a", 29), ("b", 20)), []),
        ((("a", 30), ("b", 20)), [("hot-key", WARNING)]),
    ],
)
def test_a_hot_key(keys: tuple[tuple[str, int], ...], expected: list[tuple[str, Verdict]]) -> None:
    assert found("latency", replace(FACTS, sample=Sample(100, 4, keys))) == expected
    # A sample that is too small says nothing
    assert found("latency", replace(FACTS, sample=Sample(49, 4, keys))) == []


def test_metrics_that_cannot_be_read_are_unknown() -> None:
    facts = replace(FACTS, metrics=Failed("cloudwatch:GetMetricData", "AccessDenied"))
    well = section("latency", facts)
    assert well.verdict is UNKNOWN
    assert well.line == "metrics cannot be read: the caller lacks cloudwatch:GetMetricData"
