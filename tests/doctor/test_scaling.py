"""Scaling: the check by itself."""

from dataclasses import replace

import pytest

from doctor_samples import FACTS, NOW, STREAM, faults, found, section, shards, with_metrics
from shardline.doctor.facts import Alarm, Config, Facts, Failed, Limits, Load
from shardline.doctor.findings import Verdict
from shardline.module.scaling.history import TAG
from shardline.module.scaling.rules import Rules
from shardline.module.scaling.rules_tag import TAG as RULES

WARNING, ILL, UNKNOWN = Verdict.WARNING, Verdict.ILL, Verdict.UNKNOWN


def noted(count: int, facts: Facts = FACTS) -> Facts:
    """With so many changes in the scaler's tag, an hour apart."""
    return replace(facts, tags={TAG: " ".join(str(NOW - 3600 * i) for i in range(1, count + 1))})


def loaded(part: float, facts: Facts = FACTS) -> Facts:
    """With so much of the capacity used in each of the last minutes."""
    return replace(facts, load=Load([0.0] * 300, [part * 4 * 60 * 1000] * 300))


def test_a_stream_that_is_well() -> None:
    well = section("scaling", FACTS)
    assert well.verdict is Verdict.WELL
    assert well.line == "provisioned, 4 shards open, 0 closed; 10 of 10 changes left today"
    (overview,) = well.findings
    assert any("a scaler that aims at 60% would now" in line for line in overview.evidence)


def test_the_changes_are_counted() -> None:
    assert section("scaling", noted(9)).line.endswith("1 of 10 changes left today")
    assert found("scaling", noted(9)) == []
    assert found("scaling", noted(10)) == [("changes-used-up", WARNING)]
    assert found("scaling", loaded(0.9, noted(10))) == [("changes-used-up", ILL)]


def test_when_the_next_change_is_possible() -> None:
    (finding,) = faults("scaling", noted(10))
    assert "in 24 hours are used up" in finding.line
    assert any(line.startswith("one more is possible from ") for line in finding.evidence)


def test_without_the_tag_the_changes_are_guessed_from_the_shards() -> None:
    made = [shards(1, created_s=NOW - 3600 * i, is_open=i == 1)[0] for i in range(1, 11)]
    facts = replace(FACTS, shards=tuple(made))
    (finding,) = faults("scaling", facts)
    assert (finding.check, finding.verdict) == ("changes-used-up", WARNING)
    assert "seem used up" in finding.line
    # Shards that were made together are one change, and the first ones are none
    together = [shards(1, created_s=NOW - 3600 + 10 * i)[0] for i in range(10)]
    assert found("scaling", replace(FACTS, shards=tuple(together))) == []


def test_a_load_that_asks_for_more_shards() -> None:
    assert found("scaling", loaded(0.74)) == []
    (finding,) = faults("scaling", loaded(0.76))
    assert (finding.check, finding.verdict) == ("too-few-shards", WARNING)
    assert finding.commands == (
        "aws kinesis update-shard-count --stream-name orders --target-shard-count 6 "
        "--scaling-type UNIFORM_SCALING",
    )


def test_a_scaler_that_may_not_go_further() -> None:
    def scaled(most: int) -> Facts:
        return replace(loaded(0.9), config=Config("stream.yaml", Rules(2, most)))

    assert found("scaling", scaled(16)) == []  # it does it itself
    (finding,) = faults("scaling", scaled(4))
    assert finding.remedy == "Raise the most that the file allows."
    assert finding.commands == ()


def test_without_a_file_the_rules_are_those_of_the_streams_tag() -> None:
    def tagged(text: str) -> Facts:
        return replace(loaded(0.9), tags={RULES: text})

    # A scaler that may grow it is about to, one at its most is not, and a garbled tag has none
    assert found("scaling", tagged("min=2 max=16 target=0.60")) == []
    (finding,) = faults("scaling", tagged("min=2 max=4 target=0.60"))
    assert finding.remedy == "Raise the most that the file allows."
    (finding,) = faults("scaling", tagged("2 to 4"))
    assert finding.remedy.startswith("Go to ")


def test_readers_that_lag_keep_the_scaler_from_shrinking() -> None:
    age = ("GetRecords.IteratorAgeMilliseconds", "Maximum", "")

    def decided(facts: Facts) -> str:
        return section("scaling", facts).findings[-1].evidence[-1]

    assert "would now: down, 4 → 2 shards" in decided(loaded(0.1))
    behind = loaded(0.1, with_metrics({age: 3_600_000.0}))
    assert "would now: hold, 4 shards" in decided(behind)
    assert decided(behind).endswith("but a reader is 60 minutes behind")


def test_on_demand_the_count_is_aws_s() -> None:
    facts = replace(loaded(0.9, noted(10)), stream=replace(STREAM, mode="ON_DEMAND"))
    assert found("scaling", facts) == []
    assert section("scaling", facts).line == "on demand, 4 shards open, 0 closed"


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(1000, 899, 44, 50), []),
        (Limits(1000, 900, 0, 50), [("account-limit", WARNING)]),
        (Limits(1000, 900, 45, 50), [("account-limit", WARNING)] * 2),
    ],
)
def test_the_accounts_limits(limits: Limits, expected: list[tuple[str, Verdict]]) -> None:
    assert found("scaling", replace(FACTS, limits=limits)) == expected


def test_alarms() -> None:
    facts = replace(FACTS, alarms=(Alarm("kinesis-orders-put-success", "1 of 5", NOW - 60),))
    (finding,) = faults("scaling", facts)
    assert finding.line == "1 alarm in ALARM: kinesis-orders-put-success"


def test_what_cannot_be_read_is_unknown() -> None:
    denied = Failed("x:Y", "AccessDenied")
    facts = replace(FACTS, alarms=denied, load=denied, tags=denied, limits=denied, shards=denied)
    assert found("scaling", facts) == [("unknown", UNKNOWN)] * 5
