"""Metrics, and what a sample of records says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shardline.doctor.facts.reading import Failed
from shardline.doctor.findings import Series, Unit


@dataclass(frozen=True, slots=True)
class Metrics:
    """Metrics of AWS/Kinesis in equal steps, None where there is no datapoint.

    A key is the metric's name, the statistic, and the shard or consumer it is of, "" for neither.
    """

    start_s: int
    step_s: int
    steps: int
    values: Mapping[tuple[str, str, str], Sequence[float | None]]

    def of(self, name: str, statistic: str = "Sum", owner: str = "") -> Sequence[float | None]:
        """A metric's values: nothing but None when it was not asked for."""
        return self.values.get((name, statistic, owner)) or (None,) * self.steps

    def known(self, name: str, statistic: str = "Sum", owner: str = "") -> list[float]:
        """The values that are there."""
        return [value for value in self.of(name, statistic, owner) if value is not None]

    def total(self, name: str, owner: str = "") -> float:
        """The sum of all steps."""
        return sum(self.known(name, "Sum", owner))

    def end_s(self, step: int) -> int:
        """When a step is over."""
        return self.start_s + (step + 1) * self.step_s

    def last_positive(self, name: str, owner: str = "") -> int | None:
        """The last step in which a sum was more than nothing."""
        found = (i for i, value in enumerate(self.of(name, "Sum", owner)) if value)
        return max(found, default=None)

    def series(
        self,
        name: str,
        unit: Unit,
        statistic: str = "Sum",
        owner: str = "",
        limit: float | None = None,
    ) -> Series:
        """A metric, to be drawn."""
        title = f"{name} {owner}".rstrip()
        values = tuple(self.of(name, statistic, owner))
        return Series(title, unit, self.start_s, self.step_s, values, limit)


@dataclass(frozen=True, slots=True)
class Load:
    """Bytes and records of each of the last 300 minutes: what the engine of scaling looks at."""

    bytes: Sequence[float]
    records: Sequence[float]


@dataclass(frozen=True, slots=True)
class Sample:
    """What a few records of the last minutes said: counts by partition key, the most first.

    `refused` are the errors of the shards that could not be read.
    """

    records: int
    shards: int
    keys: tuple[tuple[str, int], ...]
    refused: tuple[Failed, ...] = ()
