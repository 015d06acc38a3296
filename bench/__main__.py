"""The benchmark's command line: ``python -m bench --help``."""

import shlex
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import click
import msgspec

from bench import gateways as cluster
from bench import report, servers
from bench.profiles import Profile, require_a_profiler
from bench.report import Report, Row
from bench.scenarios import SCENARIOS, Load, Scenario, measure
from bench.servers import BenchError, Server

_CHOICES = (*SCENARIOS, "all")
_ABOUT = "\n".join(f"  {scenario.name:<8} {scenario.about}" for scenario in SCENARIOS.values())


def _targets(scenario: Scenario, against: str | None) -> list[str]:
    if scenario.on_floor:
        return ["floor"]
    # kinesalite has no enhanced fan-out.
    return ["shardline", against] if against and scenario.workload != "fanout" else ["shardline"]


def _started(
    target: str,
    data_parent: Path,
    http_server: str,
    arguments: Sequence[str],
    gateways: int,
    told: dict[str, str],
) -> AbstractContextManager[Server]:
    if target == "floor":
        return servers.floor(http_server)
    if target == "kinesalite":
        return servers.kinesalite()
    if gateways:
        return cluster.gateways(gateways, told, http_server, arguments)
    return servers.shardline(data_parent, http_server, arguments)


def _decode(path: Path) -> Report:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except msgspec.DecodeError as error:
        raise click.UsageError(f"{path} is not a file that --json wrote: {error}") from error


@click.command(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"\b\nThe scenarios (all when none is named):\n{_ABOUT}",
)
@click.argument("names", nargs=-1, type=click.Choice(_CHOICES), metavar="[SCENARIO]...")
@click.option("--seconds", default=8.0, show_default=True, help="Measured time per scenario.")
@click.option("--warmup", default=1.5, show_default=True, help="Seconds of load before that.")
@click.option("--connections", type=click.IntRange(1), help="Instead of each scenario's own.")
@click.option("--shards", default=4, show_default=True, type=click.IntRange(1))
@click.option("--fill", default=200_000, show_default=True, help="Records that get reads.")
@click.option("--against", type=click.Choice(["kinesalite"]), help="Measure this one too.")
@click.option("--data-dir", type=click.Path(path_type=Path), default=servers.CACHE / "data")
@click.option(
    "--http-server",
    type=click.Choice(["h2corn", "granian"]),
    default="h2corn",
    show_default=True,
    help="For Shardline and for the floor.",
)
@click.option(
    "--gateways",
    type=click.IntRange(0, 16),
    default=0,
    help="Measure so many gateways over Kafka and PostgreSQL, started here and warmed up first.",
)
@click.option("--brokers", default=3, show_default=True, type=click.IntRange(1, 3))
@click.option("--encrypted", is_flag=True, help="Streams are encrypted at rest.")
@click.option("--server-args", default="", help="More arguments for `shardline serve`.")
@click.option(
    "--profile", "with_profile", is_flag=True, help="Say where the time goes; slows the server."
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write figures here.")
@click.option(
    "--compare", type=click.Path(path_type=Path, exists=True), help="Earlier --json file."
)
def main(
    names: tuple[str, ...],
    seconds: float,
    warmup: float,
    connections: int | None,
    shards: int,
    fill: int,
    against: str | None,
    data_dir: Path,
    http_server: str,
    gateways: int,
    brokers: int,
    encrypted: bool,
    server_args: str,
    with_profile: bool,
    json_file: Path | None,
    compare: Path | None,
) -> None:
    """Measure Shardline: signed load from a process of its own, only successes counted.

    Every scenario has a fresh server. CPU is the server's own (user and system, from /proc) per
    million records; `load` is what the generator used.
    """
    if encrypted and against:
        raise click.UsageError("--encrypted is for Shardline alone: kinesalite does not encrypt")
    earlier = _decode(compare) if compare else None
    chosen = SCENARIOS if not names or "all" in names else dict.fromkeys(names)
    load = Load(seconds, warmup, shards, fill, connections, encrypted)
    done = Report(machine=report.machine(data_dir), command=shlex.join(sys.argv[1:]), rows=[])
    if with_profile:
        require_a_profiler()
    print(report.heading(), flush=True)
    with cluster.engines_if(gateways > 0, brokers) as told:
        for scenario in (SCENARIOS[name] for name in chosen):
            for target in _targets(scenario, against):
                with _started(
                    target, data_dir, http_server, shlex.split(server_args), gateways, told
                ) as server:
                    profile = Profile()
                    watch = profile.watching if with_profile else None
                    result = measure(server, scenario, load, watch)
                row = Row(server=server.name, scenario=scenario.name, result=result)
                done.rows.append(row)
                print(report.line(row), flush=True)
                if with_profile:
                    print(report.threads(row), profile.text, sep="\n", flush=True)
    print(report.wrapped(done.machine))
    if earlier:
        print(report.comparison(done.rows, earlier))
    if json_file:
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(done)))
    if not all(row.result.records for row in done.rows):
        raise BenchError("a scenario had no success at all")


def _run() -> None:
    # So that a stop from outside unwinds, and no server is left running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except BenchError as error:
        sys.exit(f"bench: {error}")


if __name__ == "__main__":
    _run()
