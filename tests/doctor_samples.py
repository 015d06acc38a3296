"""Facts of a stream that is well, for tests of doctor's checks: each changes what it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shardline.doctor.checks import CHECKS
from shardline.doctor.diagnosis import report_of
from shardline.doctor.facts import (
    Account,
    Facts,
    Limits,
    Load,
    Metrics,
    Policy,
    Principal,
    Shard,
    Stream,
)
from shardline.doctor.findings import Finding, Report, Section, SectionName, Verdict
from shardline.doctor.gather import Wish

NOW = 1_790_000_040
STEPS = 60
ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/orders"
STREAM = Stream(
    name="orders",
    arn=ARN,
    status="ACTIVE",
    mode="PROVISIONED",
    open_shards=4,
    retention_hours=24,
    key=None,
    shard_level_metrics=(),
    created_s=NOW - 30 * 86_400,
)


def shards(count: int, **changes: Any) -> tuple[Shard, ...]:
    """Open shards with equal ranges."""
    width = (1 << 128) // count
    return tuple(
        replace(
            Shard(f"shardId-{i:012d}", i * width, (i + 1) * width - 1, True, STREAM.created_s),
            **changes,
        )
        for i in range(count)
    )


Values = Sequence[float | None] | float | None


def metrics(
    values: Mapping[tuple[str, str, str], Values], step_s: int = 60, steps: int = STEPS
) -> Metrics:
    """Metrics that end now, hours with the one that runs; one number stands for all steps."""
    end_s = (NOW // step_s + (step_s == 3600)) * step_s
    columns = {
        key: value if isinstance(value, Sequence) else [value] * steps
        for key, value in values.items()
    }
    return Metrics(end_s - steps * step_s, step_s, steps, columns)


WELL: Mapping[tuple[str, str, str], Values] = {
    ("IncomingBytes", "Sum", ""): 60 * 1_000_000.0,
    ("IncomingRecords", "Sum", ""): 60 * 1_000.0,
    ("GetRecords.Bytes", "Sum", ""): 60 * 1_000_000.0,
    ("GetRecords.Records", "Sum", ""): 60 * 1_000.0,
    ("PutRecords.Success", "Sum", ""): 600.0,
    ("PutRecords.Success", "SampleCount", ""): 600.0,
    ("PutRecords.TotalRecords", "Sum", ""): 60_000.0,
    ("PutRecords.FailedRecords", "Sum", ""): 0.0,
    ("PutRecords.Latency", "Average", ""): 14.0,
    ("PutRecords.Latency", "p99", ""): 60.0,
    ("GetRecords.Success", "Sum", ""): 240.0,
    ("GetRecords.Success", "SampleCount", ""): 240.0,
    ("GetRecords.IteratorAgeMilliseconds", "Maximum", ""): 900.0,
    ("WriteProvisionedThroughputExceeded", "Sum", ""): 0.0,
    ("ReadProvisionedThroughputExceeded", "Sum", ""): 0.0,
}
HOURS: Mapping[tuple[str, str, str], Values] = {
    ("IncomingRecords", "Sum", ""): 3_600_000.0,
    ("GetRecords.Records", "Sum", ""): 3_600_000.0,
}
FACTS = Facts(
    name="orders",
    now_s=NOW,
    since_s=NOW - 3600,
    endpoint=None,
    stream=STREAM,
    shards=shards(4),
    consumers=(),
    tags={},
    key_state=None,
    metrics=metrics(WELL),
    shard_metrics=None,
    hours=metrics(HOURS, 3600, 25),
    load=Load([60 * 1_000_000.0] * 300, [60 * 1_000.0] * 300),
    limits=Limits(1000, 40, 3, 50),
    alarms=(),
    account=Account((), {}),
)


def with_metrics(changes: Mapping[tuple[str, str, str], Values], **more: Any) -> Facts:
    """The facts with other metrics of the last hour."""
    return replace(FACTS, metrics=metrics({**WELL, **changes}), **more)


def of_stream(**changes: Any) -> Facts:
    """The facts with another stream."""
    return replace(FACTS, stream=replace(STREAM, **changes))


def section(name: SectionName, facts: Facts) -> Section:
    """What a check says."""
    return CHECKS[name](facts)


def found(name: SectionName, facts: Facts) -> list[tuple[str, Verdict]]:
    """The findings of a section that are not well, in short."""
    return [(each.check, each.verdict) for each in faults(name, facts)]


def faults(name: SectionName, facts: Facts) -> list[Finding]:
    """The findings of a section that are not well."""
    findings = section(name, facts).findings
    return [each for each in findings if each.verdict is not Verdict.WELL]


def allow(actions: str | list[str], resources: str | list[str], **more: Any) -> dict[str, Any]:
    """A policy's document of one statement."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def principal(
    name: str, *documents: Mapping[str, Any], source: str = "inline p", of_aws: bool = False
) -> Principal:
    """A role with some policies."""
    policies = tuple(Policy(source, each, of_aws) for each in documents)
    return Principal("role", name, f"arn:aws:iam::123456789012:role/{name}", policies)


def example() -> Report:
    """The report of docs/doctor.md: a stream that is throttled, and whose reader is behind."""
    minutes = range(STEPS)
    facts = with_metrics(
        {
            ("IncomingBytes", "Sum", ""): [60e6 * (1 + i / 30) for i in minutes],
            ("IncomingRecords", "Sum", ""): [60e3 * (1 + i / 30) for i in minutes],
            ("WriteProvisionedThroughputExceeded", "Sum", ""): [0.0] * 57 + [90.0, 250.0, 480.0],
            ("GetRecords.IteratorAgeMilliseconds", "Maximum", ""): [
                43e6 + 20_000 * i for i in minutes
            ],
        },
        account=Account((principal("billing", allow("kinesis:Get*", ARN)),), {}),
    )
    return report_of(facts, Wish("orders", NOW - 3600, NOW))
