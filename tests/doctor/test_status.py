"""Stream not active: the check by itself."""

from dataclasses import replace

import pytest

from doctor_samples import FACTS, NOW, STREAM, faults, found, of_stream, section, shards
from shardline.doctor.facts import Consumer, Failed, Sample
from shardline.doctor.findings import Verdict

WARNING, ILL, UNKNOWN = Verdict.WARNING, Verdict.ILL, Verdict.UNKNOWN


def test_a_stream_that_is_well() -> None:
    well = section("status", FACTS)
    assert (well.verdict, well.line) == (Verdict.WELL, "ACTIVE, 4 open shards")


@pytest.mark.parametrize(
    ("status", "verdict"), [("CREATING", ILL), ("UPDATING", WARNING), ("DELETING", ILL)]
)
def test_a_status_that_is_not_active(status: str, verdict: Verdict) -> None:
    facts = of_stream(status=status)
    assert found("status", facts) == [("status", verdict)]
    (finding,) = faults("status", facts)
    assert status in finding.line
    assert "describe-stream --stream-name orders" in finding.commands[0]


def test_a_stream_that_was_just_created_only_has_to_be_waited_for() -> None:
    facts = of_stream(status="CREATING", created_s=NOW - 20)
    assert found("status", facts) == [("status", WARNING)]
    assert faults("status", facts)[0].line == "the stream is CREATING, for 20s"


@pytest.mark.parametrize(("minutes", "verdict"), [(29, WARNING), (31, ILL)])
@pytest.mark.parametrize("told_by", ["the scaler's tag", "the newest shard"])
def test_how_long_a_stream_is_updating(minutes: int, verdict: Verdict, told_by: str) -> None:
    begun = NOW - minutes * 60
    facts = of_stream(status="UPDATING")
    if told_by == "the scaler's tag":
        facts = replace(facts, tags={"shardline:module-resized": str(begun)})
    else:
        facts = replace(facts, shards=shards(4, created_s=begun))
    (finding,) = faults("status", facts)
    assert finding.verdict is verdict
    assert f"for {minutes}m or less" in finding.line
    assert ("support case" in finding.remedy) == (verdict is ILL)


def test_a_stream_that_is_not_there() -> None:
    facts = replace(
        FACTS, stream=Failed("kinesis:DescribeStreamSummary", "ResourceNotFoundException")
    )
    assert found("status", facts) == [("no-stream", ILL)]


def test_a_stream_that_may_not_be_read_is_unknown() -> None:
    facts = replace(FACTS, stream=Failed("kinesis:DescribeStreamSummary", "AccessDeniedException"))
    assert found("status", facts) == [("unknown", UNKNOWN)]
    assert "kinesis:DescribeStreamSummary" in faults("status", facts)[0].line


def test_consumers_that_are_not_active() -> None:
    consumers = (Consumer("a", "arn:a", "ACTIVE"), Consumer("b", "arn:b", "CREATING"))
    (finding,) = faults("status", replace(FACTS, consumers=consumers))
    assert (finding.check, finding.verdict) == ("consumer-not-active", WARNING)
    assert "b (CREATING)" in finding.line


KEY = "arn:aws:kms:us-east-1:123456789012:key/k"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("Enabled", []),
        (None, []),
        ("Disabled", [("key", ILL)]),
        ("PendingDeletion", [("key", ILL)]),
        (Failed("kms:DescribeKey", "AccessDeniedException"), [("unknown", UNKNOWN)]),
    ],
)
def test_the_key(state: str | Failed | None, expected: list[tuple[str, Verdict]]) -> None:
    facts = replace(FACTS, stream=replace(STREAM, key=KEY), key_state=state)
    assert found("status", facts) == expected


def test_a_key_that_refuses_to_read_a_sample() -> None:
    refused = Failed("kinesis:GetRecords", "KMSDisabledException", "arn is disabled.")
    sample = Sample(0, 4, (), (refused,))
    facts = replace(FACTS, stream=replace(STREAM, key=KEY), sample=sample, endpoint="http://x")
    assert found("status", facts) == [("key", ILL)]
    assert "KMSDisabledException" in faults("status", facts)[0].line
