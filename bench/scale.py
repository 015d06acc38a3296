"""What many streams and shards cost: ``python -m bench.scale --help``.

Each size has a store of its own. Its streams are made, the server is started again on them, and is
asked for its first answer and its memory. Then comes load: on a stream of four shards beside the
others, as without them; on one of the others; and on all of them by turns.
"""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from bench import gateways, proc, report, servers
from bench.report import Row
from bench.scenarios import (
    SCENARIOS,
    Load,
    client_of,
    fill,
    generate,
    iterators,
    plan_of,
    wait_until_active,
)
from bench.servers import Server

_FOUR = "four"
_READERS = 4
_SETTLE_SECONDS = 2.0

Start = Callable[[Path], contextlib.AbstractContextManager[Server]]


@dataclass(frozen=True)
class Rest:
    """A server that has answered its first call, and does nothing."""

    seconds: float  # from its start to that answer
    cpu_seconds: float
    bytes: int  # resident


@contextlib.contextmanager
def started(start: Start, store: Path) -> Iterator[tuple[Server, Rest]]:
    """A server on a store, and what its start took."""
    begun = time.perf_counter()
    with start(store) as server:
        client_of(server).list_streams()
        seconds = time.perf_counter() - begun
        time.sleep(_SETTLE_SECONDS)
        at_rest = Rest(seconds, proc.cpu_seconds(server.pid), proc.memory_bytes(server.pid))
        yield server, at_rest


def names(streams: int) -> list[str]:
    return [f"stream-{number:04d}" for number in range(streams)]


def make(server: Server, streams: int, shards: int) -> None:
    """A stream of four shards, and so many streams of so many shards each, all ACTIVE."""
    client = client_of(server)
    sizes = {_FOUR: 4, **dict.fromkeys(names(streams), shards)}
    with click.progressbar(sizes.items(), label=f"  {streams} x {shards} shards") as bar:
        for name, count in bar:
            client.create_stream(StreamName=name, ShardCount=count)
            wait_until_active(client, name)


def rows(server: Server, streams: int, shards: int, load: Load) -> Iterator[Row]:
    """Puts to the stream of four shards, to one of the others, and to all; reads of the first two.

    The load is the same; what differs is over how many shards and streams each call goes.
    """
    loads: dict[str, list[str]] = {"4 shards": [_FOUR]}
    if streams:
        every = names(streams)
        loads |= {f"{shards} shards": every[-1:], f"{streams} streams": every}
    for among, written in loads.items():
        for name in ("put1", "putN"):
            result = generate(plan_of(server, SCENARIOS[name], load, written))
            yield Row(server="shardline", scenario=f"{name}, {among}", result=result)
        if len(written) == 1:
            yield _get(server, written[0], shards if streams and written[0] != _FOUR else 4, load)


def _get(server: Server, stream: str, shards: int, load: Load) -> Row:
    get = SCENARIOS["get"]
    fill(server, get.record_bytes, get.records_per_request * shards, stream)
    beginnings = iterators(client_of(server), min(shards, _READERS), stream)
    result = generate(plan_of(server, get, load, (stream,), beginnings))
    return Row(server="shardline", scenario=f"get, {shards} shards", result=result)


def measure(start: Start, parent: Path, size: tuple[int, int], load: Load) -> None:
    """One size, printed as it goes."""
    streams, shards = size
    with tempfile.TemporaryDirectory(prefix="scale-", dir=parent) as folder:
        store = Path(folder)
        with started(start, store) as (server, empty):
            make(server, streams, shards)
        with started(start, store) as (server, full):
            count = streams * shards + 4
            print(
                f"{count:,} shards in {streams + 1} streams: first answer after "
                f"{full.seconds:.1f} s ({full.cpu_seconds:.1f} s CPU),\n  without streams "
                f"{empty.seconds:.1f} s ({empty.cpu_seconds:.1f} s CPU); "
                f"{full.bytes / 1e6:.0f} MB, {_more(full.bytes, empty, count)}",
                flush=True,
            )
            print(report.heading(), flush=True)
            for row in rows(server, streams, shards, load):
                print(report.line(row), flush=True)
            loaded = proc.memory_bytes(server.pid)
            print(f"  after the load {loaded / 1e6:.0f} MB, {_more(loaded, empty, count)}\n")


def _more(size: int, empty: Rest, shards: int) -> str:
    return f"{(size - empty.bytes) / shards / 1024:.2f} KiB a shard more"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--streams", default=100, show_default=True, type=click.IntRange(1))
@click.option(
    "--shards", "sizes", multiple=True, default=(10, 100), show_default=True,
    type=click.IntRange(1), help="Of each stream; several are measured one after the other.",
)  # fmt: skip
@click.option("--seconds", default=6.0, show_default=True, help="Measured time of each load.")
@click.option("--warmup", default=1.5, show_default=True)
@click.option("--gateways", "count", default=0, type=click.IntRange(0, 16), show_default=True)
@click.option("--brokers", default=3, show_default=True, type=click.IntRange(1, 3))
@click.option("--data-dir", type=click.Path(path_type=Path), default=servers.CACHE / "data")
def main(
    streams: int,
    sizes: tuple[int, ...],
    seconds: float,
    warmup: float,
    count: int,
    brokers: int,
    data_dir: Path,
) -> None:
    """Measure a start, the memory and the load of a server that has many streams and shards."""
    data_dir.mkdir(parents=True, exist_ok=True)
    load = Load(seconds, warmup, shards=0, fill_records=0)
    with gateways.engines_if(count > 0, brokers) as told:

        def start(store: Path) -> contextlib.AbstractContextManager[Server]:
            unlimited = ("--limits", "off")
            if count:
                return gateways.gateways_on(store, count, told, "h2corn", unlimited)
            return servers.shardline_on(store, "h2corn", unlimited)

        for size in ((0, 0), *((streams, shards) for shards in sizes)):
            measure(start, data_dir, size, load)
    print(report.wrapped(report.machine(data_dir)))


if __name__ == "__main__":
    main()
