"""Lost or missing records: the check by itself."""

from dataclasses import replace

import pytest

from doctor_samples import (
    FACTS,
    HOURS,
    NOW,
    STREAM,
    Values,
    faults,
    found,
    metrics,
    section,
    shards,
    with_metrics,
)
from shardline.doctor.facts import Consumer, Facts, Failed, Position
from shardline.doctor.findings import Verdict
from shardline.doctor.sequence import told

WARNING, ILL, UNKNOWN = Verdict.WARNING, Verdict.ILL, Verdict.UNKNOWN
AGE = ("GetRecords.IteratorAgeMilliseconds", "Maximum", "")
HOUR_MS = 3_600_000.0


def test_a_stream_that_is_well() -> None:
    well = section("records", FACTS)
    assert well.verdict is Verdict.WELL
    assert well.line == "kept for 1d, readers at most 0.9s behind"
    assert well.series[0].limit == 24 * HOUR_MS


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(11.9, []), (12, [("behind", WARNING)]), (21.6, [("behind", ILL)]), (25, [("behind", ILL)])],
)
def test_a_poller_that_is_behind(hours: float, expected: list[tuple[str, Verdict]]) -> None:
    assert found("records", with_metrics({AGE: hours * HOUR_MS})) == expected


def test_when_the_next_records_are_trimmed() -> None:
    (finding,) = faults("records", with_metrics({AGE: 23 * HOUR_MS}))
    assert finding.line == "the slowest poller is 23h behind: its records are trimmed in 1h"
    assert "--retention-period-hours 48" in finding.commands[0]
    (finding,) = faults("records", with_metrics({AGE: 25 * HOUR_MS}))
    assert "has not read are trimmed" in finding.line


def test_a_lag_that_was_caught_up_with_is_nothing() -> None:
    ages: Values = [23 * HOUR_MS] * 40 + [0.0] * 20
    assert found("records", with_metrics({AGE: ages})) == []


def test_a_consumer_that_is_behind_is_named() -> None:
    lag = ("SubscribeToShardEvent.MillisBehindLatest", "Maximum", "billing")
    facts = with_metrics({lag: 22 * HOUR_MS}, consumers=(Consumer("billing", "arn", "ACTIVE"),))
    (finding,) = faults("records", facts)
    assert finding.line.startswith("the consumer billing is 22h behind")


def idle(hours: int, name: str = "GetRecords.Records", owner: str = "") -> Facts:
    """Nobody has read in the last hours. The hour that runs is the last step."""
    read: Values = [3_600_000.0] * (25 - hours) + [0.0] * hours
    return replace(FACTS, hours=metrics({**HOURS, (name, "Sum", owner): read}, 3600, 25))


@pytest.mark.parametrize(
    ("hours", "expected"), [(1, []), (3, [("stalled", WARNING)]), (23, [("stalled", ILL)])]
)
def test_a_reader_that_stands_still(hours: int, expected: list[tuple[str, Verdict]]) -> None:
    assert found("records", idle(hours)) == expected


def test_nobody_ever_polled_and_nothing_came_in_are_nothing() -> None:
    unread: Values = None
    hours = metrics({**HOURS, ("GetRecords.Records", "Sum", ""): unread}, 3600, 25)
    assert found("records", replace(FACTS, hours=hours)) == []
    quiet = metrics({("GetRecords.Records", "Sum", ""): [5.0] + [None] * 24}, 3600, 25)
    assert found("records", replace(FACTS, hours=quiet)) == []


def test_who_polled_once_is_not_missed_where_consumers_read() -> None:
    consumers = (Consumer("billing", "arn", "ACTIVE"),)
    read = ("SubscribeToShardEvent.Records", "Sum", "billing")
    polled = ("GetRecords.Records", "Sum", "")
    once: Values = [5.0] + [None] * 24
    hours = metrics({**HOURS, polled: once, read: 3_600_000.0}, 3600, 25)
    assert found("records", replace(FACTS, hours=hours, consumers=consumers)) == []
    hours = metrics({**HOURS, polled: once, read: None}, 3600, 25)
    assert found("records", replace(FACTS, hours=hours, consumers=consumers)) == [("stalled", ILL)]


def test_a_consumer_that_stands_still() -> None:
    facts = idle(5, "SubscribeToShardEvent.Records", "billing")
    facts = replace(facts, consumers=(Consumer("billing", "arn", "ACTIVE"),))
    (finding,) = faults("records", facts)
    assert finding.line.startswith("the consumer billing has read nothing for 4h")


@pytest.mark.parametrize(("failed", "verdict"), [(1.0, WARNING), (60_000.0, ILL)])
def test_failed_puts(failed: float, verdict: Verdict) -> None:
    values: Values = [0.0] * 59 + [failed]
    facts = with_metrics({("PutRecords.FailedRecords", "Sum", ""): values})
    assert found("records", facts) == [("failed-puts", verdict)]


def failing(calls: float, key: str | None = None) -> Facts:
    """So many of 600 calls a minute fail."""
    facts = with_metrics({("PutRecords.Success", "Sum", ""): 600.0 - calls})
    return replace(facts, stream=replace(STREAM, key=key))


def test_failed_calls() -> None:
    assert found("records", failing(1)) == [("failed-calls", WARNING)]
    assert found("records", failing(600)) == [("failed-calls", ILL)]


def test_throttled_calls_are_no_failed_ones() -> None:
    throttled = ("WriteProvisionedThroughputExceeded", "Sum", "")
    values = {("PutRecords.Success", "Sum", ""): 590.0, throttled: 50.0}
    assert found("records", with_metrics(values)) == []


def test_calls_that_fail_on_an_encrypted_stream_point_to_its_key() -> None:
    (finding,) = faults("records", failing(600, key="alias/orders"))
    assert "KMS key" in finding.remedy
    assert finding.commands[-1].endswith("--partition-key doctor --data eA== --dry-run")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([5.0] * 57 + [None] * 3, [("gap", WARNING)]),
        ([5.0] * 58 + [None] * 2, []),
        ([5.0] * 30 + [0.0] * 5 + [5.0] * 25, [("gap", WARNING)]),
        ([None] * 50 + [5.0] * 5 + [None] * 5, []),  # there was no steady traffic
        ([5.0, None, None, None] * 15, []),  # a producer that comes now and then
        ([None] * 60, []),
    ],
)
def test_gaps(values: list[float | None], expected: list[tuple[str, Verdict]]) -> None:
    assert found("records", with_metrics({("IncomingRecords", "Sum", ""): values})) == expected


def test_a_gap_that_lasts_is_told_so() -> None:
    values: Values = [5.0] * 50 + [None] * 10
    (finding,) = faults("records", with_metrics({("IncomingRecords", "Sum", ""): values}))
    assert finding.line == "no records for 10m after steady traffic, and still none"


def number(put_s: int, shard: int = 0, created_s: int = STREAM.created_s) -> str:
    """A sequence number in the layout of version 2."""
    return str(2 << 184 | created_s << 148 | 7 << 80 | put_s << 36 | shard << 4 | 2)


def at(checkpoint: str, shard: str = "shardId-000000000000") -> Facts:
    return replace(FACTS, positions=(Position("checkpoint given", shard, checkpoint),))


def test_what_a_number_tells() -> None:
    known = told(number(NOW, 3))
    assert known is not None
    assert (known.created_s, known.put_s, known.shard) == (STREAM.created_s, NOW, 3)
    # A number that AWS is known to have given out
    aws = told("49590338271490256608559692538361571095921575989136588898")
    assert aws is not None
    assert 1_500_000_000 < aws.put_s < 1_700_000_000
    assert [told(each) for each in ("", "x", "7", "4" * 55, "9" * 56)] == [None] * 5


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(1, []), (13, [("checkpoint", WARNING)]), (23, [("checkpoint", ILL)])],
)
def test_a_checkpoint(hours: int, expected: list[tuple[str, Verdict]]) -> None:
    assert found("records", at(number(NOW - hours * 3600))) == expected


def test_a_checkpoint_at_the_tip_of_a_quiet_stream_is_nothing() -> None:
    quiet: Values = [None] * 11 + [1.0] + [None] * 13
    hours = metrics({("IncomingRecords", "Sum", ""): quiet}, 3600, 25)
    last = hours.start_s + 11 * 3600 + 60
    assert found("records", replace(at(number(last)), hours=hours)) == []


@pytest.mark.parametrize(
    "checkpoint", ["123", number(NOW, shard=1), number(NOW + 3600)], ids=["short", "other", "later"]
)
def test_a_checkpoint_that_tells_no_time(checkpoint: str) -> None:
    assert found("records", at(checkpoint)) == [("unknown", UNKNOWN)]


@pytest.mark.parametrize("word", ["LATEST", "SHARD_END", "AT_TIMESTAMP"])
def test_words_that_are_no_lag(word: str) -> None:
    assert found("records", at(word)) == []


def test_a_lease_that_has_not_begun_is_as_old_as_its_shard() -> None:
    assert found("records", at("TRIM_HORIZON")) == [("checkpoint", ILL)]
    young = replace(at("TRIM_HORIZON"), shards=shards(4, created_s=NOW - 60))
    assert found("records", young) == []


def leases(*names: int, owner: str | None = "worker") -> tuple[Position, ...]:
    return tuple(
        Position("lease table app", f"shardId-{i:012d}", number(NOW, i), owner, owner is not None)
        for i in names
    )


def test_leases_that_are_well() -> None:
    assert found("records", replace(FACTS, positions=leases(0, 1, 2, 3))) == []


def test_an_open_shard_without_a_lease() -> None:
    facts = replace(FACTS, positions=leases(0, 1, 3))
    assert found("records", facts) == [("lease", WARNING)]
    assert faults("records", facts)[0].evidence == ("shardId-000000000002",)


def test_children_have_no_lease_while_their_parents_are_read() -> None:
    parent = replace(shards(5)[4], is_open=False)
    facts = replace(FACTS, shards=(*shards(4), parent), positions=leases(0, 1, 4))
    assert found("records", facts) == []


def test_a_lease_without_an_owner() -> None:
    facts = replace(FACTS, positions=(*leases(0, 1, 2), *leases(3, owner=None)))
    assert found("records", facts) == [("lease", WARNING)]


def test_what_cannot_be_read_is_unknown() -> None:
    facts = replace(
        FACTS,
        metrics=Failed("cloudwatch:GetMetricData", "AccessDenied"),
        positions=Failed("dynamodb:Scan", "ResourceNotFoundException"),
    )
    assert found("records", facts) == [("unknown", UNKNOWN)] * 2
