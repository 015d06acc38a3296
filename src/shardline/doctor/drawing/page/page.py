"""Puts the page together: everything is inside of it, and nothing is loaded or run.

Names, tags and policies are what other people wrote: the template escapes every text, and the
Content-Security-Policy allows the one style, by its hash, and nothing else.
"""

import base64
import hashlib
from importlib.resources import files
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from shardline import __version__
from shardline.doctor.drawing.chart import chart_svg, described
from shardline.doctor.drawing.shard_map import MappedShard
from shardline.doctor.drawing.shard_svg import MOST_SHARDS, shards_svg
from shardline.doctor.findings import Report, Section, Series, Verdict
from shardline.doctor.words import clock, span


class Badge(NamedTuple):
    """How a verdict is shown: by a sign and a word, not by its colour alone."""

    word: str
    sign: str
    sentence: str


BADGES = {
    Verdict.WELL: Badge("well", "✓", "Nothing is wrong with this stream."),
    Verdict.UNKNOWN: Badge("unknown", "?", "This stream could not be looked at."),
    Verdict.WARNING: Badge("warning", "!", "Something should be looked after."),
    Verdict.ILL: Badge("ill", "✕", "Something is wrong with this stream."),
}


def page_html(report: Report) -> str:
    """The HTML of a report."""
    style = _part("page.css")
    page = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(_part("page.html"))
    return page.render(
        report=report,
        badges=BADGES,
        style=Markup(style),
        policy=f"default-src 'none'; style-src {_hash(style)}",
        charts=_charts,
        described=described,
        shards=Markup(shards_svg(report.shards, "shards")),
        counted=_counted(report.shards),
        clock=clock,
        span=span,
        version=__version__,
    )


def _charts(section: Section) -> list[tuple[Series, Markup]]:
    """The series of a section with their pictures."""
    return [
        (series, Markup(chart_svg(series, f"{section.name}-{number}")))
        for number, series in enumerate(section.series)
    ]


def _counted(shards: tuple[MappedShard, ...]) -> str:
    opened = sum(shard.is_open for shard in shards)
    closed = len(shards) - opened
    left_out = "; the closed ones are left out" if closed and len(shards) > MOST_SHARDS else ""
    return f"{opened:,} open, {closed:,} closed{left_out}"


def _part(name: str) -> str:
    """The text of one of the files that the page is made of."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
