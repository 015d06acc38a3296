"""What a record costs with several processes, beside one: ``python -m bench.processes --help``.

Workers on one data directory, or gateways over one cluster of Kafka and PostgreSQL, on the same
cores. The numbers of processes take turns, and what counts is the middle of the rounds.
"""

import contextlib
import dataclasses
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import click

from bench import gateways, report, servers
from bench.report import Row
from bench.scenarios import SCENARIOS, Load, measure
from bench.servers import Server

Start = Callable[[int], contextlib.AbstractContextManager[Server]]


@dataclasses.dataclass(frozen=True)
class Case:
    """A load: with the scenario's connections in all, or so many to each process."""

    scenario: str
    for_each: bool

    def connections(self, processes: int) -> int:
        own = SCENARIOS[self.scenario].connections
        return own * processes if self.for_each else own

    @property
    def name(self) -> str:
        """What it is called in the table."""
        own = SCENARIOS[self.scenario].connections
        return f"{self.scenario}, {own} connections{' to each' if self.for_each else ''}"


CASES = (
    Case("put1", for_each=False),
    Case("put1", for_each=True),
    Case("putN", for_each=False),
    Case("putN", for_each=True),
    Case("get", for_each=False),
)


def run(start: Start, counts: Sequence[int], rounds: int, load: Load) -> None:
    """Measure all by turns, each figure printed as it comes, and then the table."""
    found: dict[tuple[Case, int], list[Row]] = {}
    print(report.heading(), flush=True)
    for _ in range(rounds):
        for count in counts:
            for case in CASES:
                if case.for_each and count == 1:
                    continue  # as in all
                row = _measured(start, case, count, load)
                found.setdefault((case, count), []).append(row)
                print(report.line(row), flush=True)
    print()
    print("\n".join(_table(found, counts)))


def _measured(start: Start, case: Case, count: int, load: Load) -> Row:
    connections = case.connections(count)
    with start(count) as server:
        here = dataclasses.replace(load, connections=connections)
        result = measure(server, SCENARIOS[case.scenario], here)
    name = f"{case.scenario} {count}, {connections}"
    return Row(server="shardline", scenario=name, result=result)


def _table(found: dict[tuple[Case, int], list[Row]], counts: Sequence[int]) -> Iterator[str]:
    """CPU s per million records, the middle of the rounds, and in proportion to one process."""
    yield f"{'CPU s per million':<32}" + "".join(f"{count:>16}" for count in sorted(counts))
    for case in CASES:
        alone = _middle(found[Case(case.scenario, for_each=False), 1])
        line = f"{case.name:<32}"
        for count in sorted(counts):
            cost = alone if count == 1 else _middle(found[case, count])
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
