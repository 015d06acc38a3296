"""A series as an SVG picture that stands inside a page.

Its colours are the page's variables (`--ink`, `--soft`, `--line`, `--accent`, `--warn`), so that
it is drawn in light and dark; where a page has none, it is dark on light.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from shardline.doctor.drawing.axes import ticks, time_labels, time_ticks
from shardline.doctor.drawing.numbers import Scale, human, scale_of
from shardline.doctor.drawing.sparkline import resample
from shardline.doctor.drawing.svg import line, text
from shardline.doctor.findings import Series

WIDTH, HEIGHT = 440, 190
LEFT, RIGHT, TOP, BOTTOM = 48, 432, 30, 164
MOST_POINTS = 300
_RATES = ("bytes", "records")
_LETTER, _BOLD_LETTER = 6.4, 7.2  # about what one takes
_NEAR = 4.0  # a limit further above the data than so many times would flatten it


@dataclass(frozen=True, slots=True)
class _Plane:
    """Where times and values stand in the picture."""

    start_s: float
    end_s: float
    highest: float

    def x(self, at_s: float) -> float:
        return LEFT + (at_s - self.start_s) / (self.end_s - self.start_s) * (RIGHT - LEFT)

    def y(self, value: float) -> float:
        return BOTTOM - min(value / self.highest, 1.0) * (BOTTOM - TOP)


def chart_svg(series: Series, ident: str) -> str:
    """The picture: an area over time, its limit dashed. `ident` is an id, the page's only one.

    Bytes and records are shown by the second. Times are in UTC. Of many steps the largest of those
    that share a place is shown.
    """
    shown = per_second(series)
    values = resample(shown.values, MOST_POINTS)
    # Beyond these a picture cannot be told from one of the largest value.
    values = [None if value is None else min(value, 1e300) for value in values]
    known = [value for value in values if value is not None]
    limit = shown.limit if shown.limit is not None and math.isfinite(shown.limit) else None
    in_sight = limit is not None and (not known or limit <= _NEAR * max(known))
    highest = max([*known, limit if in_sight and limit is not None else 0.0, 0.0])
    scale = scale_of(highest, series.unit)
    marks = [mark * scale.by for mark in ticks(highest / scale.by)]
    end_s = series.start_s + series.step_s * max(1, len(series.values))
    plane = _Plane(series.start_s, end_s, marks[-1])
    return "".join(
        [
            f'<svg class="chart" role="img" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'aria-labelledby="{ident}-title {ident}-desc">',
            f'<title id="{ident}-title">{escape(series.name)}</title>',
            f'<desc id="{ident}-desc">{escape(described(series))}</desc>',
            *_heading(series, scale, None if in_sight else limit),
            *_grid(plane, marks, scale),
            *_times(plane),
            *_area(plane, values),
            *(_limit(plane, series, limit) if in_sight and limit is not None else ()),
            "" if known else text((LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2, "no data", "middle"),
            "</svg>",
        ]
    )


def per_second(series: Series) -> Series:
    """Bytes and records by the second instead of the step; other series as they are."""
    if series.unit not in _RATES:
        return series
    by = series.step_s
    values = [None if value is None else value / by for value in series.values]
    limit = None if series.limit is None else series.limit / by
    return Series(series.name, series.unit, series.start_s, by, values, limit)


def described(series: Series) -> str:
    """The picture in words: the latest, the mean and the highest value, and the limit."""
    shown = per_second(series)
    known = [value for value in shown.known if math.isfinite(value)]
    if not known:
        return "No data."
    figures = {
        "latest": known[-1],
        "mean": math.fsum(value / len(known) for value in known),
        "highest": max(known),
    }
    if shown.limit is not None:
        figures["limit"] = shown.limit
    words = (f"{name} {_told(each, series)}" for name, each in figures.items())
    text = ", ".join(words)
    return f"{text[0].upper()}{text[1:]}."


def _axis_unit(series: Series, scale: Scale) -> str:
    plain = f"{scale.unit} {series.unit}".strip() if series.unit in ("records", "shards") else ""
    return (plain or scale.unit) + ("/s" if series.unit in _RATES else "")


def _heading(series: Series, scale: Scale, far_limit: float | None) -> Iterator[str]:
    """The name, cut to the room that there is, the unit, and a limit that is out of sight."""
    unit = _axis_unit(series, scale)
    limit = "" if far_limit is None else f"limit {_told(far_limit, series)} ↑  "
    room = int((RIGHT - LEFT - _LETTER * (len(unit) + len(limit))) / _BOLD_LETTER) - 1
    name = series.name if len(series.name) <= room else f"{series.name[: max(0, room - 1)]}…"
    yield text(LEFT, 14, name, "start", weight=600, fill="ink")
    yield text(RIGHT, 14, unit, "end")
    if limit:
        yield text(RIGHT - _LETTER * (len(unit) + 2), 14, limit.rstrip(), "end", fill="warn")


def _told(value: float, series: Series) -> str:
    return human(value, series.unit, per_second=series.unit in _RATES)


def _grid(plane: _Plane, marks: Sequence[float], scale: Scale) -> Iterator[str]:
    for mark in marks:
        y = plane.y(mark)
        yield line(LEFT, y, RIGHT, y, "line")
        yield text(LEFT - 8, y + 4, f"{mark / scale.by:.4g}", "end")


def _times(plane: _Plane) -> Iterator[str]:
    at = time_ticks(int(plane.start_s), int(plane.end_s), most=5)
    for number, (time, label) in enumerate(zip(at, time_labels(at), strict=True)):
        x = plane.x(time)
        yield line(x, BOTTOM, x, BOTTOM + 4, "line")
        anchor = "end" if x > RIGHT - 16 else "middle"
        yield text(x, BOTTOM + 18, label + (" UTC" if number == 0 else ""), anchor)


def _area(plane: _Plane, values: Sequence[float | None]) -> Iterator[str]:
    step = (plane.end_s - plane.start_s) / max(1, len(values))
    accent = "var(--accent, #1f6feb)"
    for run in _runs(values):
        points = [
            (plane.x(plane.start_s + (number + 0.5) * step), plane.y(value))
            for number, value in run
        ]
        if len(points) == 1:
            (x, y) = points[0]
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{accent}"/>'
            continue
        course = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        first, last = points[0][0], points[-1][0]
        yield (
            f'<polygon points="{first:.1f},{BOTTOM} {course} {last:.1f},{BOTTOM}" '
            f'fill="{accent}" fill-opacity="0.16"/>'
            f'<polyline points="{course}" fill="none" stroke="{accent}" stroke-width="1.8" '
            'stroke-linejoin="round" stroke-linecap="round"/>'
        )


def _runs(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    """The stretches without a gap, each value with its place."""
    run: list[tuple[int, float]] = []
    for number, value in enumerate(values):
        if value is not None:
            run.append((number, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _limit(plane: _Plane, series: Series, limit: float) -> Iterator[str]:
    y = plane.y(max(limit, 0.0))
    yield line(LEFT, y, RIGHT, y, "warn", 'stroke-dasharray="6 4" stroke-width="1.5"')
    beside = y + (14 if y < TOP + 14 else -5)
    yield text(RIGHT - 4, beside, f"limit {_told(limit, series)}", "end", fill="warn")
