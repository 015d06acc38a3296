"""A report as one JSON object: `report.schema.json`, beside this file, is its published form."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from shardline.doctor.findings import Finding, Report, Section, Series
from shardline.doctor.words import stamp

VERSION = 1


def object_of(report: Report) -> dict[str, Any]:
    """Everything that the report says."""
    return {
        "version": VERSION,
        "stream": report.stream,
        "arn": report.arn or None,
        "region": report.region or None,
        "endpoint": report.endpoint,
        "at": stamp(report.at_s),
        "since": stamp(report.since_s),
        "verdict": report.verdict.name.lower(),
        "sections": [_section(each) for each in report.sections],
        "fixed": list(report.fixed),
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "name": section.name,
        "title": section.title,
        "verdict": section.verdict.name.lower(),
        "line": section.line,
        "findings": [_finding(each) for each in section.findings],
        "series": [_series(each) for each in section.series],
        "commands": list(section.commands),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "verdict": finding.verdict.name.lower(),
        "line": finding.line,
        "evidence": list(finding.evidence),
        "remedy": finding.remedy or None,
        "commands": list(finding.commands),
        "fix": asdict(finding.fix) if finding.fix is not None else None,
    }


def _series(series: Series) -> dict[str, Any]:
    return {
        "name": series.name,
        "unit": series.unit,
        "start": stamp(series.start_s),
        "step_s": series.step_s,
        "limit": series.limit,
        "values": list(series.values),
    }


def schema() -> Mapping[str, Any]:
    """The JSON Schema (2020-12) of the object."""
    text = files("shardline.doctor").joinpath("report.schema.json").read_text("utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found
