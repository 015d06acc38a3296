"""From datapoints to lines: each with its values over time, the latest, the mean, the highest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shardline.doctor.facts import Metrics
from shardline.doctor.figures.measures import Group, Measure
from shardline.doctor.findings import Unit

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the report. `per` is "second" or "step" where values are of so long, else "".

    The latest value is None where the last step has no datapoint; all three are where nothing has.
    """

    group: str
    label: str
    metric: str
    unit: Unit
    per: str
    values: Values
    latest: float | None
    mean: float | None
    highest: float | None

    @property
    def has_data(self) -> bool:
        """Whether there is any datapoint."""
        return self.highest is not None


def lines_of(group: Group, metrics: Metrics) -> list[Line]:
    """The lines of a group, in its order."""
    return [_line(group, measure, metrics) for measure in group.measures]


def full(lines: Sequence[Line], capacities: Mapping[str, float]) -> Line | None:
    """How full the shards were: of several capacities, by metric, the one that was used most.

    None when there is no load to compare.
    """
    parts = [
        [None if value is None else value / capacities[line.metric] for value in line.values]
        for line in lines
        if line.metric in capacities and line.has_data
    ]
    if not parts:
        return None
    values = [
        max((value for value in at if value is not None), default=None)
        for at in zip(*parts, strict=True)
    ]
    return _summed_up(lines[0].group, "of capacity", "", "share", "", values)


def _line(group: Group, measure: Measure, metrics: Metrics) -> Line:
    per = {"rate": "second", "count": "step"}.get(measure.kind, "")
    about = (group.label, measure.label, measure.metric, measure.unit, per)
    first, *rest = (metrics.of(*key) for key in measure.keys(group.owner))
    if measure.kind in ("rate", "count"):
        by = metrics.step_s if measure.kind == "rate" else 1
        if all(value is None for value in first):
            return _summed_up(*about, first)
        return _summed_up(*about, [(value or 0.0) / by for value in first])
    if measure.kind == "age":
        return _summed_up(*about, first)
    parts = [_ratio(*each) for each in zip(first, rest[0], strict=True)]
    mean = _ratio(*(_total(values) for values in (first, rest[0])))
    if measure.kind == "mean":
        return _summed_up(*about, parts, mean, _highest(rest[1]))
    return _summed_up(*about, [_failed(part) for part in parts], _failed(mean))


def _summed_up(
    group: str,
    label: str,
    metric: str,
    unit: Unit,
    per: str,
    values: Values,
    mean: float | None = None,
    highest: float | None = None,
) -> Line:
    known = [value for value in values if value is not None]
    return Line(
        group,
        label,
        metric,
        unit,
        per,
        values,
        latest=values[-1] if values else None,
        mean=mean if mean is not None or not known else sum(known) / len(known),
        highest=highest if highest is not None else _highest(values),
    )


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _failed(succeeded: float | None) -> float | None:
    return None if succeeded is None else max(0.0, 1 - succeeded)


def _total(values: Values) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _highest(values: Values) -> float | None:
    return max((value for value in values if value is not None), default=None)
