"""A report as people read it in a terminal, 80 columns wide."""

import re
import textwrap
from collections.abc import Callable, Iterator

from shardline.doctor.drawing.numbers import human
from shardline.doctor.drawing.sparkline import sparkline
from shardline.doctor.findings import Finding, Report, Section, Series, Verdict
from shardline.doctor.words import clock, span

WIDTH = 80
_WORDS = {
    Verdict.WELL: "well",
    Verdict.UNKNOWN: "unknown",
    Verdict.WARNING: "WARNING",
    Verdict.ILL: "ILL",
}
_COLOURS = {
    Verdict.WELL: "green",
    Verdict.UNKNOWN: "cyan",
    Verdict.WARNING: "yellow",
    Verdict.ILL: "red",
}
_TITLE = 24
_SPARK = 24
_RATES = ("bytes", "records")

# What a shell takes for a word: quotes and $(…) hold spaces.
_WORD = re.compile(r"(?:'[^']*'|\$\([^)]*\)|[^ ])+")

Paint = Callable[[str, Verdict], str]


def plain(text: str, verdict: Verdict) -> str:
    """No colour."""
    return text


def coloured(text: str, verdict: Verdict) -> str:
    """The colour of a verdict, for a terminal."""
    import click

    return click.style(text, fg=_COLOURS[verdict], bold=verdict > Verdict.UNKNOWN)


def text_of(report: Report, *, verbose: bool = False, paint: Paint = plain) -> str:
    """A verdict line for each section, with its main metric, then what is not well.

    `verbose` shows what is well too, and every command.
    """
    lines = list(_heading(report))
    for section in report.sections:
        lines += _verdict(section, paint)
    for section in report.sections:
        lines += _details(section, paint, verbose=verbose)
    for each in report.fixed:
        lines += ["", *_wrapped(f"--fix: {each}", "", "  ")]
    return "\n".join(lines)


def _heading(report: Report) -> Iterator[str]:
    place = f" in {report.region}" if report.region else ""
    yield f"{report.stream}{place} ({report.endpoint or 'AWS'})"
    facts = ", ".join(report.heading.get(each, "") for each in ("mode", "shards") if report.heading)
    looked = f"{clock(report.at_s)}, the last {span(report.at_s - report.since_s)}"
    yield from _wrapped(f"{facts}; {looked}" if facts else looked, "", "")
    yield ""


def _verdict(section: Section, paint: Paint) -> Iterator[str]:
    word = _WORDS[section.verdict]
    start = f"{word:<8}{section.title:<{_TITLE}}"
    first, *more = textwrap.wrap(section.line, WIDTH - len(start), break_on_hyphens=False) or [""]
    yield paint(f"{word:<8}", section.verdict) + f"{section.title:<{_TITLE}}{first}"
    yield from (f"{'':<{8 + _TITLE}}{line}" for line in more)
    for series in section.series[:1]:
        if series.known:
            yield " " * 8 + _drawn(series)


def _drawn(series: Series) -> str:
    """A metric's course, its highest value, and what it should stay below."""
    by = series.step_s if series.unit in _RATES else 1
    rate = series.unit in _RATES
    most = human(max(series.known) / by, series.unit, per_second=rate)
    limit = (
        f" of {human(series.limit / by, series.unit, per_second=rate)}"
        if series.limit is not None
        else ""
    )
    name = series.name.removeprefix("GetRecords.").removeprefix("SubscribeToShardEvent.")
    line = f"{name[: _TITLE - 1]:<{_TITLE}}{sparkline(series.values, _SPARK)} {most}{limit}"
    return line[: WIDTH - 8].rstrip()


def _details(section: Section, paint: Paint, *, verbose: bool) -> Iterator[str]:
    shown = [each for each in section.findings if verbose or each.verdict is not Verdict.WELL]
    if not verbose:
        # What the section's line has said already, and that is all there is to say.
        shown = [each for each in shown if each.evidence or each.remedy or each.commands]
    for finding in shown:
        yield ""
        yield from _finding(finding, paint, verbose=verbose)
    if verbose:
        yield ""
        yield f"{section.title}: to look for yourself"
        for command in section.commands:
            yield from command_lines(command)


def _finding(finding: Finding, paint: Paint, *, verbose: bool) -> Iterator[str]:
    word = _WORDS[finding.verdict]
    first, *more = _wrapped(f"{word}: {finding.line} [{finding.check}]", "", "  ")
    yield paint(word, finding.verdict) + first[len(word) :]
    yield from more
    for each in finding.evidence if verbose else finding.evidence[:5]:
        yield from _wrapped(each, "  - ", "    ")
    if finding.remedy:
        yield from _wrapped(finding.remedy, "  > ", "    ")
    for command in finding.commands if verbose else finding.commands[:3]:
        yield from command_lines(command)


def command_lines(command: str) -> list[str]:
    """A command in lines that a shell takes for one: an option stays with its value if both fit."""
    lines, current = [], "  $"
    for option in re.split(r" (?=--)", command):
        words = [option] if len(option) <= WIDTH - 8 else _WORD.findall(option)
        for word in words:
            if current.strip() not in ("", "$") and len(current) + len(word) + 3 > WIDTH:
                lines.append(current + " \\")
                current = "     "
            current += " " + word
    return [*lines, current]


def _wrapped(text: str, first: str, then: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=then,
        break_on_hyphens=False,
    )
