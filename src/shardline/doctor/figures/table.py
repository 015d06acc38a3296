"""Lines as text that fits 80 columns."""

from collections.abc import Iterator, Mapping, Sequence

from shardline.doctor.drawing.numbers import Scale, human, scale_of
from shardline.doctor.drawing.shard_map import number
from shardline.doctor.drawing.sparkline import sparkline
from shardline.doctor.figures.lines import Line

LABEL, SPARK, NUMBER = 22, 23, 8
MOST = 20
"""So many shards are shown of each metric: those with the highest values."""


def heading(text: str) -> str:
    """The names of the columns, behind the name of a group."""
    columns = "".join(f"{name:>{NUMBER}}" for name in ("now", "mean", "max"))
    return f"{_cut(text, LABEL + SPARK + 1):<{LABEL + SPARK + 1}}{columns}  unit"


def row(line: Line, step_s: int, label: str | None = None) -> str:
    """A line: its name, its course, three figures in one unit, the unit."""
    name = f"  {_cut(line.label if label is None else label, LABEL - 3):<{LABEL - 2}}"
    if line.highest is None:
        return f"{name}no data"
    scale = scale_of(max(line.highest, line.mean or 0.0), line.unit)
    figures = (line.latest, line.mean, line.highest)
    numbers = "".join(f"{_number(scale, value):>{NUMBER}}" for value in figures)
    drawn = sparkline(line.values, SPARK)
    return f"{name}{drawn:<{SPARK}} {numbers}  {_unit(line, scale, step_s)}".rstrip()


def group_rows(lines: Sequence[Line], step_s: int) -> Iterator[str]:
    """A group: its heading and its lines, or a word that there is nothing."""
    if not any(line.has_data for line in lines):
        yield f"{_cut(lines[0].group, LABEL - 1):<{LABEL}}no data"
        return
    yield heading(lines[0].group)
    yield from (row(line, step_s) for line in lines)


def shard_rows(lines: Sequence[Line], step_s: int) -> Iterator[str]:
    """One metric of many shards; of more than `MOST` those with the highest values."""
    if not any(line.has_data for line in lines):
        yield f"{_cut(f'{lines[0].label} by shard', LABEL - 1):<{LABEL}}no data"
        return
    yield heading(f"{lines[0].label} by shard")
    hottest = sorted(lines, key=lambda line: line.highest or 0.0, reverse=True)[:MOST]
    shown = set(map(id, hottest))
    yield from (
        row(line, step_s, f"shard {number(line.group)}") for line in lines if id(line) in shown
    )
    if len(lines) > MOST:
        yield f"  {len(lines) - MOST:,} more with less: --json has all"


def capacity_rows(open_shards: int, capacity: Mapping[str, float]) -> Iterator[str]:
    """What the open shards take and give, in words."""
    takes = human(capacity["IncomingBytes"], "bytes", per_second=True)
    gives = human(capacity["GetRecords.Bytes"], "bytes", per_second=True)
    records = f"{capacity['IncomingRecords']:,.0f} records/s"
    yield f"Capacity of {shards(open_shards)}: {takes} and {records} written,"
    yield f"{gives} read by GetRecords, and as much by each fan-out consumer."


def shards(count: int) -> str:
    """`1 open shard`, `4 open shards`."""
    return f"{count:,} open shard{'' if count == 1 else 's'}"


def every(step_s: int) -> str:
    """`a value for each minute`, `a value for 5 minutes`."""
    count, _, name = _step(step_s)
    return f"a value for each {name}" if count == 1 else f"a value for {count} {name}s"


def _step(step_s: int) -> tuple[int, str, str]:
    """A step of whole minutes: how many of the largest unit that fits, its short and long name."""
    units = ((86_400, "d", "day"), (3600, "h", "hour"), (60, "min", "minute"))
    size, short, long = next(each for each in units if step_s % each[0] == 0)
    return step_s // size, short, long


def _unit(line: Line, scale: Scale, step_s: int) -> str:
    if line.per == "step":
        count, short, _ = _step(step_s)
        return f"{scale.unit}/{short}" if count == 1 else f"{scale.unit}/{count} {short}"
    return scale.unit + ("/s" if line.per == "second" else "")


def _number(scale: Scale, value: float | None) -> str:
    return "-" if value is None else scale.number(value)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
