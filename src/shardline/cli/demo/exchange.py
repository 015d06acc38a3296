"""The demo's run: a writer and a reader at the same time, and the check of what was read."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from shardline.cli.client import make_client
from shardline.cli.demo.check import Check
from shardline.cli.demo.provision import Provisioned
from shardline.cli.demo.writer import writing
from shardline.cli.reader import StreamReader

LINE_EVERY_S = 5.0

# Takes how many records have been written and read so far.
Show = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. Seconds count from the first request; reading includes the checking."""

    check: Check
    sent: int
    resent: int
    sent_bytes: int
    write_seconds: float
    read_seconds: float


def exchange(on: Provisioned, source: Path, sent: list[tuple[str, bytes]], show: Show) -> Outcome:
    """Write the flights of `source` while reading them; compare with `sent`, read separately.

    Raises `Failure` when the writer cannot go on, and what botocore raises.
    """
    client = make_client(on.reader)
    check = Check(sent)
    started = time.monotonic()
    with writing(on.writer, on.name, source) as writer:

        def keep_on() -> bool:
            still = writer.still_writes()
            show(writer.records, check.read)
            return still

        for batch in StreamReader(client, on.name).batches(keep_on):
            check.take(batch.shard, batch.records)
        show(writer.records, check.read)
        seconds = time.monotonic() - started
    check.finish()
    sent_bytes = sum(len(key.encode()) + len(data) for key, data in sent)
    return Outcome(check, len(sent), writer.resent, sent_bytes, writer.seconds, seconds)


@contextmanager
def progress(total: int) -> Iterator[Show]:
    """Bars on a terminal; elsewhere a line every few seconds. Both on standard error."""
    if not sys.stderr.isatty():
        yield _plain_lines(total)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns: tuple[Any, ...] = (
        TextColumn("{task.description:<8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=5) as bars:
        written, read = bars.add_task("written", total=total), bars.add_task("read", total=total)

        def show(records_written: int, records_read: int) -> None:
            bars.update(written, completed=records_written)
            bars.update(read, completed=records_read)

        yield show


def _plain_lines(total: int) -> Show:
    next_line = time.monotonic()

    def show(written: int, read: int) -> None:
        nonlocal next_line
        if time.monotonic() >= next_line:
            next_line += LINE_EVERY_S
            click.echo(f"written {written:,} and read {read:,} of {total:,} flights", err=True)

    return show
