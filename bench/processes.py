"""What a record costs with several processes, beside one: ``python -m bench.processes --help``.

Workers on one data directory, or gateways over one cluster of Kafka and PostgreSQL, on the same
cores. The numbers of processes take turns, and what counts is the middle of the rounds.
"""

import contextlib
import dataclasses
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import click

from bench import gateways, report, servers
from bench.report import Row
from bench.scenarios import SCENARIOS, Load, measure
from bench.servers import Server

Found = dict[tuple[str, int, int], list[Row]]
"""What was measured of a scenario with so many connections to so many processes."""

Start = Callable[[int], contextlib.AbstractContextManager[Server]]


@dataclasses.dataclass(frozen=True)
class Case:
    """A load: so many connections in all, or to each process. One process is asked by as many."""

    scenario: str
    own: int
    for_each: bool = False

    def load(self, processes: int) -> tuple[str, int]:
        """The scenario, and how many connections it takes in all."""
        return self.scenario, self.own * processes if self.for_each else self.own

    @property
    def name(self) -> str:
        """What it is called in the table."""
        return f"{self.scenario}, {self.own} connections{' to each' if self.for_each else ''}"


# What is done at a time in a process decides what a PutRecord costs: so there is a case in which
# four processes have as many calls in all as one has, and one in which each has as few.
CASES = (
    Case("put1", 32),
    Case("put1", 32, for_each=True),
    Case("put1", 8, for_each=True),
    Case("putN", 8),
    Case("putN", 8, for_each=True),
    Case("get", 4),
)


def run(start: Start, counts: Sequence[int], rounds: int, load: Load) -> None:
    """Measure all by turns, each figure printed as it comes, and then the table."""
    found: Found = defaultdict(list)
    print(report.heading(), flush=True)
    for _ in range(rounds):
        for count in counts:
            # Some cases are the same load.
            for scenario, connections in dict.fromkeys(case.load(count) for case in CASES):
                here = dataclasses.replace(load, connections=connections)
                with start(count) as server:
                    result = measure(server, SCENARIOS[scenario], here)
                name = f"{scenario} {count}, {connections}"
                row = Row(server="shardline", scenario=name, result=result)
                found[scenario, connections, count].append(row)
                print(report.line(row), flush=True)
    print()
    print("\n".join(_table(found, counts)))


def _table(found: Found, counts: Sequence[int]) -> Iterator[str]:
    """CPU s per million records, the middle of the rounds, and in proportion to one process."""
    yield f"{'CPU s per million':<32}" + "".join(f"{count:>16}" for count in sorted(counts))
    for case in CASES:
        alone = _middle(found[*case.load(1), 1])
        line = f"{case.name:<32}"
        for count in sorted(counts):
            cost = _middle(found[*case.load(count), count])
            line += f"{cost:>9.2f} ({cost / alone:.2f})"
        yield line


def _middle(rows: Sequence[Row]) -> float:
    return statistics.median(row.cpu for row in rows)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("kind", type=click.Choice(["workers", "gateways"]))
@click.option(
    "--count", "counts", multiple=True, default=(4, 2), show_default=True,
    type=click.IntRange(2, 16), help="Of processes, beside one.",
)  # fmt: skip
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--seconds", default=4.0, show_default=True, help="Measured time of each load.")
@click.option("--warmup", default=1.5, show_default=True)
@click.option("--brokers", default=3, show_default=True, type=click.IntRange(1, 3))
@click.option("--data-dir", type=click.Path(path_type=Path), default=servers.CACHE / "data")
def main(
    kind: Literal["workers", "gateways"],
    counts: tuple[int, ...],
    rounds: int,
    seconds: float,
    warmup: float,
    brokers: int,
    data_dir: Path,
) -> None:
    """Measure one and several workers, or gateways, on the same cores by turns."""
    load = Load(seconds, warmup, shards=4, fill_records=200_000)
    with gateways.engines_if(kind == "gateways", brokers) as told:

        def start(count: int) -> contextlib.AbstractContextManager[Server]:
            if kind == "gateways":
                return gateways.gateways(count, told, "h2corn", ())
            return servers.shardline(data_dir, "h2corn", ("--workers", str(count)))

        run(start, (1, *counts), rounds, load)
    print(report.wrapped(report.machine(data_dir)))


if __name__ == "__main__":
    main()
