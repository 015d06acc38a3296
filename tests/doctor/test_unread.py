"""Whatever cannot be read: no check fails of it, and nobody is called ill for it."""

from dataclasses import fields, replace

import pytest

from doctor_samples import FACTS
from shardline.doctor.checks import check
from shardline.doctor.facts import Facts, Failed
from shardline.doctor.findings import SECTIONS, Section, Verdict

READINGS = [
    each.name
    for each in fields(Facts)
    if each.name not in ("name", "now_s", "since_s", "endpoint", "needs", "config")
]
DENIED = Failed("service:Operation", "AccessDeniedException")


def checked(facts: Facts) -> tuple[Section, ...]:
    return check(facts, tuple(SECTIONS))


@pytest.mark.parametrize("reading", READINGS)
def test_one_reading(reading: str) -> None:
    sections = checked(replace(FACTS, **{reading: DENIED}))
    verdicts = {each.verdict for each in sections}
    # The key's state is of no matter to a stream that is not encrypted
    expected = Verdict.WELL if reading == "key_state" else Verdict.UNKNOWN
    assert max(verdicts) is expected
    told = [each.line for section in sections for each in section.findings]
    assert any("service:Operation" in line for line in told) == (expected is Verdict.UNKNOWN)


def test_all_readings() -> None:
    sections = checked(replace(FACTS, **dict.fromkeys(READINGS, DENIED)))
    assert {each.verdict for each in sections} == {Verdict.UNKNOWN}
    sections = checked(
        replace(FACTS, **dict.fromkeys((each for each in READINGS if each != "stream"), DENIED))
    )
    assert max(each.verdict for each in sections) is Verdict.UNKNOWN
