"""The price of a stream for a month on AWS: list prices of a date, and an assumed load."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from shardline.module.prices.formulas import LINES, STEPS, Expression
from shardline.module.prices.rates import AS_OF, LIKE, RATES
from shardline.module.spec.alarms import AlarmName
from shardline.module.spec.wanted import FixedShards, OnDemand, WantedStream


@dataclass(frozen=True, slots=True)
class Load:
    """What is assumed of a stream's load, on average over the month.

    `readers` are the applications that read everything once and are no fan-out consumers.
    """

    records_per_second: float = 100
    record_kib: float = 1
    readers: float = 1


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the estimate: `amount` units at `rate` dollars each."""

    title: str
    amount: float
    unit: str
    rate: float

    @property
    def dollars(self) -> float:
        """What the line comes to."""
        return self.amount * self.rate


@dataclass(frozen=True, slots=True)
class Estimate:
    """The price of a month. It is an estimate at list prices, and says so in `note`."""

    lines: tuple[Line, ...]
    load: Load
    region: str
    priced_as: str
    """The region whose prices these are: another one where the table lacks the stream's."""

    @property
    def total(self) -> float:
        """Dollars a month."""
        return sum(line.dollars for line in self.lines)

    @property
    def note(self) -> str:
        """What the estimate rests on, for beside the total."""
        load = self.load
        other = "" if self.priced_as == self.region else f", for want of those of {self.region}"
        return (
            f"An estimate: AWS's list prices of {AS_OF} in {self.priced_as}{other}. "
            f"Assumed: {load.records_per_second:g} records a second of {load.record_kib:g} KiB, "
            f"read by {load.readers:g}."
        )


def monthly(stream: WantedStream, load: Load | None = None) -> Estimate:
    """What a stream costs for a month of 730 hours on AWS."""
    load = load or Load()
    priced_as = stream.region if stream.region in RATES else LIKE
    rates = RATES[priced_as]
    names = {**rates, **asdict(load), **facts(stream)}
    for name, expression in STEPS:
        names[name] = evaluate(expression, names)
    lines = (
        Line(line["title"], evaluate(line["amount"], names), line["unit"], rates[line["rate"]])
        for line in LINES
    )
    return Estimate(tuple(line for line in lines if line.amount), load, stream.region, priced_as)


def facts(stream: WantedStream) -> dict[str, float]:
    """What the price depends on (`formulas.FACTS`)."""
    capacity = stream.capacity
    shards = 0
    if not isinstance(capacity, OnDemand):
        shards = capacity.count if isinstance(capacity, FixedShards) else capacity.least
    return {
        "on_demand": isinstance(capacity, OnDemand),
        "shards": shards,
        "retention_hours": stream.retention_hours,
        "consumers": len(stream.consumers),
        "shard_metrics": len(stream.shard_level_metrics),
        "alarm_metrics": sum(
            metrics_watched(name) * (len(stream.consumers) if name is _EACH_CONSUMER else 1)
            for name in stream.alarms.thresholds
        ),
    }


_EACH_CONSUMER = AlarmName.CONSUMER_LAG


def metrics_watched(name: AlarmName) -> int:
    """How many metrics an alarm looks at, which is what AWS charges for."""
    return 2 if name is AlarmName.FAILED_RECORDS else 1


def evaluate(expression: Expression, names: Mapping[str, float]) -> float:
    """The value of an expression. Raises KeyError for a name that there is not."""
    if isinstance(expression, int | float):
        return expression
    if isinstance(expression, str):
        return names[expression]
    ((kind, inner),) = expression.items()
    if kind == "up":
        # The last digits of a product are not worth another unit.
        return math.ceil(round(evaluate(inner, names), 9))
    values = [evaluate(one, names) for one in inner]
    return float(_OPERATIONS[kind](values))


_OPERATIONS: Mapping[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "product": math.prod,
    "max": max,
    "min": min,
}
