"""What doctor found: sections of findings, each with its evidence and what to do.

    Report      a stream, when it was looked at, and its sections
    Section     one of the runbook's five subjects, its verdict, its findings, its metrics over time
    Finding     one thing that was found: a line, its numbers, the remedy, `aws` commands
    Series      a metric minute by minute, to be drawn

All of it is data: made by the pure checks, drawn by whoever shows it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal

from shardline.doctor.drawing.shard_map import MappedShard


class Verdict(IntEnum):
    """How a stream is; the greater is the worse.

    UNKNOWN is what could not be looked at (a permission that the caller lacks, an API that is not
    there). It is no illness and no warning, and does not change the exit code.
    """

    WELL = 0
    UNKNOWN = 1
    WARNING = 2
    ILL = 3


SectionName = Literal["status", "latency", "records", "access", "scaling"]
SECTIONS: Mapping[SectionName, str] = {
    "status": "Stream not active",
    "latency": "High latency",
    "records": "Lost or missing records",
    "access": "Permissions",
    "scaling": "Scaling",
}
"""The runbook's sections in their order, with the titles that people see."""

Unit = Literal["bytes", "records", "milliseconds", "share", "count", "shards"]


@dataclass(frozen=True, slots=True)
class Series:
    """A metric over time, a value for each step; None where there is no datapoint.

    Bytes and records are those of a whole step, not per second. `limit` is what a value should stay
    below, in the same unit and step: a capacity, the retention.
    """

    name: str
    unit: Unit
    start_s: int
    """The first step's beginning, in seconds since 1970."""
    step_s: int
    values: Sequence[float | None]
    limit: float | None = None

    @property
    def known(self) -> list[float]:
        """The values that are there."""
        return [value for value in self.values if value is not None]


CheckName = Literal[
    "no-stream", "status", "consumer-not-active", "key",
    "write-capacity", "read-capacity", "write-throttles", "read-throttles", "slow-calls",
    "hot-shard", "hot-shard-unseen", "hot-key",
    "behind", "stalled", "checkpoint", "lease", "failed-puts", "failed-calls", "gap",
    "who-may", "principal", "too-wide", "fan-out-on-stream", "no-resource", "module-policy",
    "not-attached",
    "changes-used-up", "too-few-shards", "account-limit", "alarm", "overview",
    "unknown",
]  # fmt: skip
"""What is checked, section by section; each is a heading of docs/doctor.md."""

FixName = Literal["shard-metrics", "attach-policy"]


@dataclass(frozen=True, slots=True)
class Fix:
    """A safe remedy, as one call, that `--fix` makes: reversible, and nothing is lost by it.

    `costs` says what it adds to the bill, if it does.
    """

    name: FixName
    what: str
    service: Literal["kinesis", "iam"]
    operation: str
    params: Mapping[str, Any]
    undo: str
    """The `aws` command that takes it back."""
    costs: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found."""

    check: CheckName
    verdict: Verdict
    line: str
    evidence: tuple[str, ...] = ()
    remedy: str = ""
    commands: tuple[str, ...] = ()
    """`aws` commands, of one line each, that run as they are in a shell."""
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One subject: the first series is the one that a terminal draws."""

    name: SectionName
    findings: tuple[Finding, ...]
    summary: str
    """What is to be said when all is well: `ACTIVE, 4 open shards`."""
    series: tuple[Series, ...] = ()
    commands: tuple[str, ...] = ()
    """The `aws` commands that show what this section looked at."""

    @property
    def title(self) -> str:
        """What people call it."""
        return SECTIONS[self.name]

    @property
    def verdict(self) -> Verdict:
        """The worst of its findings'."""
        return max((finding.verdict for finding in self.findings), default=Verdict.WELL)

    @property
    def line(self) -> str:
        """One line: the first of the worst findings, or that all is well."""
        if self.verdict is Verdict.WELL:
            return self.summary
        return next(each.line for each in self.findings if each.verdict is self.verdict)


@dataclass(frozen=True, slots=True)
class Report:
    """What doctor says of a stream."""

    stream: str
    arn: str
    region: str
    endpoint: str | None
    """None is AWS."""
    at_s: int
    since_s: int
    """What was looked at: from here to `at_s`, in seconds since 1970."""
    sections: tuple[Section, ...]
    fixed: tuple[str, ...] = ()
    """What `--fix` did."""
    heading: Mapping[str, str] = field(default_factory=dict)
    """A few facts of the stream for the head of a page: mode, shards, retention."""
    shards: tuple[MappedShard, ...] = ()
    """All that are listed, for a map of them."""

    @property
    def verdict(self) -> Verdict:
        """The worst of its sections'; what could not be looked at makes nobody ill."""
        known = [each.verdict for each in self.sections if each.verdict is not Verdict.UNKNOWN]
        return max(known, default=Verdict.UNKNOWN if self.sections else Verdict.WELL)
