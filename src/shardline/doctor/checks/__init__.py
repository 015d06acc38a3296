"""The checks: one pure file for each section of the runbook, facts to a section.

A threshold that is AWS's is said to be; the others are ours, and docs/doctor.md has them all.
"""

from collections.abc import Callable, Mapping

from shardline.doctor.checks import access, latency, records, scaling, status
from shardline.doctor.facts import Facts, Failed
from shardline.doctor.findings import Finding, Section, SectionName, Verdict

CHECKS: Mapping[SectionName, Callable[[Facts], Section]] = {
    "status": status.check,
    "latency": latency.check,
    "records": records.check,
    "access": access.check,
    "scaling": scaling.check,
}


def check(facts: Facts, names: tuple[SectionName, ...]) -> tuple[Section, ...]:
    """The sections of those names, in the runbook's order."""
    return tuple(_section(facts, name) for name in CHECKS if name in names)


def _section(facts: Facts, name: SectionName) -> Section:
    """Without its stream, a section other than the first has nothing to look at."""
    if name != "status" and isinstance(facts.stream, Failed):
        line = "not looked at: the stream could not be read"
        return Section(name, (Finding("unknown", Verdict.UNKNOWN, line),), line)
    return CHECKS[name](facts)
