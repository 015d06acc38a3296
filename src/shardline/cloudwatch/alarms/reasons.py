"""Why an alarm is in its state: AWS's sentences, and the same as JSON. Pure.

Source: states and notifications of AWS quoted in public repositories; the tests have some of each
form. Not seen, and ours: an OK of more than three datapoints, which AWS lists otherwise today than
in the examples of its documentation from 2014.
"""

import json
from collections.abc import Sequence

from shardline.cloudwatch.alarms.evaluation import Evaluation, Point, breaches, needed
from shardline.cloudwatch.alarms.numbers import short, shown, stamp
from shardline.storage.alarm_entities import State, Watch

FIRST_REASON = "Unchecked: Initial alarm creation"

_LISTED, _RECENT = 3, 5  # more datapoints than are listed come as the most recent ones
_DATA_POINTS = 20  # so that the JSON stays within AWS's 4000 characters

_WORDS = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "GreaterThanThreshold": "greater than",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}


def reason(watch: Watch, state: State, found: Evaluation) -> str:
    """The sentence that explains a state by the evaluation that led to it."""
    wanted = watch.evaluation_periods
    if state == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {_counted(wanted, 'datapoint')} {_was(wanted)} unknown."
    told = [p for p in found.real if _tells(watch, p, state == "ALARM")]
    missing = _missing(watch, len(found.filled))
    if not told:
        received = _counted(len(found.real), "datapoint") if found.real else "no datapoints"
        periods = _counted(wanted, "period")
        return (
            f"Threshold Crossed: {received} {_was(len(found.real))} received for {periods}"
            f"{missing}."
        )
    if watch.datapoints_to_alarm is None:
        number, end = _counted(len(told), "datapoint"), "."
    else:
        number = f"{len(told)} out of the last {wanted} datapoints"  # also "1 datapoints"
        least = needed(watch) if state == "ALARM" else wanted - needed(watch) + 1
        way = "OK -> ALARM" if state == "ALARM" else "ALARM -> OK"
        end = f" (minimum {_counted(least, 'datapoint')} for {way} transition)."
    negation = "" if state == "ALARM" else "not "
    comparison = (
        f"{_was(len(told))} {negation}{_WORDS[watch.operator]} the threshold "
        f"({shown(watch.threshold)}){missing}"
    )
    if len(told) <= _LISTED:
        return f"Threshold Crossed: {number} {_list(told)} {comparison}{end}"
    crossed = "crossed" if state == "ALARM" else "did not cross"
    return (
        f"Threshold Crossed: {number} {comparison}. The most recent datapoints which {crossed} "
        f"the threshold: {_list(told[:_RECENT])}{end}"
    )


def reason_data(watch: Watch, found: Evaluation, now_ms: int) -> str:
    """The same as JSON, as StateReasonData has it."""
    data: dict[str, object] = {"version": "1.0", "queryDate": stamp(now_ms)}
    real = found.real[:_DATA_POINTS]
    if real:
        data["startDate"] = stamp(real[-1].start_s * 1000)
    if watch.metric is not None:
        if watch.metric.unit is not None:
            data["unit"] = watch.metric.unit
        data["statistic"] = watch.metric.stat
        data["period"] = watch.metric.period
    else:
        data["period"] = period_of(watch)
    data["recentDatapoints"] = [point.value for point in reversed(real)]
    data["threshold"] = watch.threshold
    looked_at = sorted(found.real + found.filled, key=lambda point: -point.start_s)
    data["evaluatedDatapoints"] = [_evaluated(point) for point in looked_at[:_DATA_POINTS]]
    return json.dumps(data, separators=(",", ":"))


def period_of(watch: Watch) -> int:
    """The seconds of an alarm's period: of its metric, or of what its expression is made from."""
    if watch.metric is not None:
        return watch.metric.period
    watched = next(query for query in watch.queries if query.returns)
    if watched.metric is not None:
        return watched.metric.period
    if watched.period is not None:
        return watched.period
    return max((query.metric.period for query in watch.queries if query.metric), default=60)


def _evaluated(point: Point) -> dict[str, object]:
    data: dict[str, object] = {"timestamp": stamp(point.start_s * 1000)}
    if point.samples is not None:
        data["sampleCount"] = point.samples
    if point.value is not None:
        data["value"] = point.value
    return data


def _tells(watch: Watch, point: Point, breaching: bool) -> bool:
    return point.value is not None and breaches(watch, point.value) is breaching


def _missing(watch: Watch, filled: int) -> str:
    treated = {"breaching": "Breaching", "notBreaching": "NonBreaching"}.get(
        watch.missing_data or ""
    )
    if not filled or treated is None:
        return ""
    return f" and {_counted(filled, 'missing datapoint')} {_was(filled)} treated as [{treated}]"


def _list(points: Sequence[Point]) -> str:
    texts = [f"{shown(p.value)} ({short(p.start_s)})" for p in points if p.value is not None]
    return f"[{', '.join(texts)}]"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"
