"""Which state follows from the datapoints of an alarm. Pure.

Source: AWS's pages "Alarm evaluation" and "Configuring how CloudWatch alarms treat missing data",
whose tables are tests. What they leave open is marked "ours".

An alarm needs N = EvaluationPeriods datapoints, and M = DatapointsToAlarm of them beyond its
threshold. It looks at a few periods more than N, the evaluation range, and fills what is missing as
few times as possible: with N or more real datapoints the latest N of them decide, whatever gaps lie
between; with fewer, all of them do, and the rest is filled as TreatMissingData says.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shardline.storage.alarm_entities import State, Watch

EXTRA_PERIODS = 2
"""How many periods the evaluation range has beyond N. AWS's example has 2, and that is all that it
says; ours is always 2."""

PERCENTILE_SAMPLES = 10
"""Of so many samples the one that a percentile names must stand out, or there are too few."""

ANOMALY_OPERATORS = (
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
)


@dataclass(frozen=True, slots=True)
class Point:
    """A period of an alarm's metric: its first second, and its value if it has one.

    `samples` is None where they are not known, as with the result of an expression.
    """

    start_s: int
    value: float | None = None
    samples: float | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came out: the state, None to keep the one that is; and what it was made from.

    `real` are the datapoints that counted, newest first, `filled` the periods that were filled.
    """

    state: State | None
    real: tuple[Point, ...]
    filled: tuple[Point, ...]


def evaluation_range(watch: Watch) -> int:
    """How many periods an evaluation looks at."""
    return watch.evaluation_periods + EXTRA_PERIODS


def needed(watch: Watch) -> int:
    """How many datapoints must be breaching for ALARM."""
    return watch.datapoints_to_alarm or watch.evaluation_periods


def evaluate(watch: Watch, points: Sequence[Point]) -> Evaluation:
    """Evaluate an alarm by the periods of its evaluation range, oldest first."""
    wanted = watch.evaluation_periods
    newest_first = tuple(reversed(points))
    real = tuple(point for point in newest_first if point.value is not None)[:wanted]
    gaps = tuple(point for point in newest_first if point.value is None)
    filled = gaps[: wanted - len(real)]
    if real and _has_too_few_samples(watch, real):
        return Evaluation(None, real, filled)
    return Evaluation(_state(watch, newest_first, real, len(filled)), real, filled)


def breaches(watch: Watch, value: float) -> bool:
    """Whether a value is beyond the threshold."""
    match watch.operator:
        case "GreaterThanOrEqualToThreshold":
            return value >= watch.threshold
        case "GreaterThanThreshold":
            return value > watch.threshold
        case "LessThanThreshold":
            return value < watch.threshold
        case _:
            return value <= watch.threshold


def percentile_of(stat: str) -> float | None:
    """The percentile that a statistic such as `p99.9` is, between 0 and 100."""
    try:
        return float(stat[1:]) if stat[:1] == "p" else None
    except ValueError:
        return None


def _state(
    watch: Watch, newest_first: Sequence[Point], real: Sequence[Point], filled: int
) -> State | None:
    breaching = sum(_is_breaching(watch, point) for point in real)
    if watch.missing_data == "breaching":
        breaching += filled
    if breaching >= needed(watch):
        return "ALARM"
    if not filled or watch.missing_data in ("breaching", "notBreaching") or breaching < len(real):
        return "OK"
    # Something is missing, and all that there is breaches, but too little: nothing says OK.
    if watch.missing_data == "ignore":
        return None
    if not real:
        return "INSUFFICIENT_DATA"
    return "ALARM" if _is_no_longer_premature(watch, newest_first) else None


def _is_no_longer_premature(watch: Watch, newest_first: Sequence[Point]) -> bool:
    """Whether too few breaching datapoints have waited long enough for others that are not.

    They have when the oldest of them is as old as M periods. Until then the state stays as it is:
    ours, AWS says only that it does not become ALARM.
    """
    oldest = max(place for place, point in enumerate(newest_first, 1) if point.value is not None)
    return oldest >= needed(watch)


def _is_breaching(watch: Watch, point: Point) -> bool:
    return point.value is not None and breaches(watch, point.value)


def _has_too_few_samples(watch: Watch, real: Sequence[Point]) -> bool:
    """Whether a percentile is one of too few samples, and such are ignored.

    Source: "Percentile-based CloudWatch alarms and low data samples": fewer than 10/(1-percentile)
    from 0.5, than 10/percentile below; a p100 is the maximum of any number.
    """
    if watch.low_samples != "ignore" or watch.metric is None:
        return False
    percentile = percentile_of(watch.metric.stat)
    if percentile is None or not 0 < percentile < 100:
        return False
    tail = (100 - percentile if percentile >= 50 else percentile) / 100
    samples = sum(point.samples or 0 for point in real)
    return samples * tail < PERCENTILE_SAMPLES * (1 - 1e-9)  # 1000 * 0.01 may be a bit below 10
