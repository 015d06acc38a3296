"""A stream of many gigabytes, read from its beginning: ``python -m bench.big --help``."""

import tempfile
from pathlib import Path

import click
import msgspec

from bench import proc, report, servers
from bench.report import Row
from bench.scenarios import (
    SCENARIOS,
    STREAM,
    Load,
    client_of,
    fill,
    generate,
    iterators,
    plan_of,
    wait_until_active,
)
from bench.servers import Server

_SHARDS = 4
_PER_FILL = 2_000_000  # within the time that one generator's signatures last
_ENOUGH_SECONDS = 600.0


def read_through(server: Server, records: int) -> Row:
    """Read so many records from TRIM_HORIZON, four shards side by side."""
    load = Load(_ENOUGH_SECONDS, 0, _SHARDS, 0)
    beginnings = iterators(client_of(server), _SHARDS)
    get = SCENARIOS["get"]
    plan = plan_of(server, get, load, (STREAM,), beginnings)
    reads = records // get.records_per_request
    result = generate(msgspec.structs.replace(plan, stop_after_requests=reads))
    return Row(server="shardline", scenario=f"read {result.data_bytes / 1e9:.1f} GB", result=result)


def measure(server: Server, sizes: list[int]) -> None:
    """Fill a stream step by step, and read it through at each."""
    client_of(server).create_stream(StreamName=STREAM, ShardCount=_SHARDS)
    wait_until_active(client_of(server))
    size = SCENARIOS["get"].record_bytes
    put = 0
    print(report.heading(), flush=True)
    for records in (gigabytes * 10**9 // size for gigabytes in sizes):
        with click.progressbar(length=records - put, label="  filling") as bar:
            while put < records:
                more = min(_PER_FILL, records - put)
                fill(server, size, more)
                put += more
                bar.update(more)
        print(report.line(read_through(server, records)), flush=True)
    print(f"  the server holds {proc.memory_bytes(server.pid) / 1e6:.0f} MB after that")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--gigabytes", "sizes", multiple=True, default=(1, 20), show_default=True,
    type=click.IntRange(1), help="How large the stream is, in steps.",
)  # fmt: skip
@click.option("--data-dir", type=click.Path(path_type=Path), default=servers.CACHE / "data")
def main(sizes: tuple[int, ...], data_dir: Path) -> None:
    """Measure reading a stream of 1 KiB records from its beginning, small and large.

    It takes 1.1 times as much disk. What the kernel has in memory of the file is left as it is.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="big-", dir=data_dir) as folder:
        store = Path(folder)
        with servers.shardline_on(store, "h2corn", ("--limits", "off")) as server:
            measure(server, sorted(sizes))
        files = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
        print(f"  and its files have {files / 1e9:.1f} GB")
    print(report.wrapped(report.machine(data_dir)))


if __name__ == "__main__":
    main()
