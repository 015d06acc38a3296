"""`shardline put`: lines of a file, or of standard input, become records."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from shardline.cli import Failure, options
from shardline.cli.batches import LONGEST_KEY, KeyRule, batches, fixed_key, key_of_member
from shardline.cli.batches import random_key as a_random_key
from shardline.cli.client import choose_target, make_client, refusal
from shardline.cli.lines import arriving_lines
from shardline.cli.record_text import shard_number
from shardline.cli.sender import GaveUpError, Sender, Tally

MOST_SHARDS_NAMED = 8


@click.command("put")
@click.argument("stream")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True), default="-")
@click.option("--key", help="The partition key of every record.")
@click.option(
    "--key-field",
    metavar="NAME",
    help="Lines are JSON objects, and this member of each is its partition key.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as a JSON object.")
@options.data_dir
@click.option("--region", help="The AWS region of the stream; the server's, if not given.")
@click.option("--aws", is_flag=True, help="Real AWS, whatever AWS_ENDPOINT_URL says.")
def command(
    stream: str,
    file: str,
    key: str | None,
    key_field: str | None,
    as_json: bool,
    data_dir: Path,
    region: str | None,
    aws: bool,
) -> None:
    """Put each line of FILE, or of standard input, into STREAM as a record.

    Without --key or --key-field every record gets a random key, which spreads them evenly. Blank
    lines are skipped. The line's end (LF or CR LF) is not part of the record.

    A key's records arrive in the order of the lines, unless the stream refuses some and they have
    to be sent again. Records can arrive twice when the connection breaks.

    The server is that of --data-dir if it is given here, else AWS_ENDPOINT_URL, else the one that
    runs on the usual data directory.
    """
    key_of = _key_rule(key, key_field)
    target = choose_target(data_dir, aws=aws, region=region)
    client = make_client(target)
    started = time.monotonic()
    descriptor, size = _open(file)
    try:
        with _progress(descriptor, size) as advance:
            tally = _put(client, stream, descriptor, key_of, advance)
    finally:
        os.close(descriptor)
    _summarize(tally, stream, time.monotonic() - started, as_json)


def _key_rule(key: str | None, key_field: str | None) -> KeyRule:
    if key is not None and key_field is not None:
        raise click.UsageError("give --key or --key-field, not both")
    if key is not None:
        if not 1 <= len(key) <= LONGEST_KEY:
            raise click.BadParameter(f"1 to {LONGEST_KEY} characters", param_hint="--key")
        return fixed_key(key)
    return a_random_key if key_field is None else key_of_member(key_field)


def _open(file: str) -> tuple[int, int | None]:
    """A descriptor, and the size where it is known."""
    if file == "-":
        if sys.stdin.isatty():
            click.echo("Type lines; Ctrl-D ends.", err=True)
        return os.dup(0), None
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except OSError as error:
        raise Failure(f"cannot read {file}: {error.strerror}") from error
    return descriptor, os.fstat(descriptor).st_size or None


def _put(
    client: Any,
    stream: str,
    descriptor: int,
    key_of: KeyRule,
    advance: Callable[[int, int], None],
) -> Tally:
    """Send everything. Whatever stops it before the end is told with how many have arrived."""
    from botocore.exceptions import BotoCoreError, ClientError

    sender = Sender(client, stream)
    tally = sender.tally
    lines = "before the first line"
    try:
        for batch in batches(arriving_lines(descriptor), key_of):
            lines = f"at lines {batch.first_line:,} to {batch.last_line:,}"
            sender.send(batch.entries)
            advance(len(batch.entries), batch.size)
    except Failure as error:
        raise Failure(f"{error.message}; {_arrived(tally, stream)}") from error
    except ClientError as error:
        why = refusal(error.response)
        raise Failure(f"stopped {lines}: {why}; {_arrived(tally, stream)}") from error
    except (BotoCoreError, GaveUpError) as error:
        raise Failure(f"stopped {lines}: {error}; {_arrived(tally, stream)}") from error
    except KeyboardInterrupt as error:
        raise Failure(f"interrupted {lines}; {_arrived(tally, stream)}") from error
    return tally


def _arrived(tally: Tally, stream: str) -> str:
    return f"{tally.records:,} records have arrived in {stream}"


@contextlib.contextmanager
def _progress(descriptor: int, size: int | None) -> Iterator[Callable[[int, int], None]]:
    """Give what takes the records and bytes of each batch: a bar, if anybody sees it."""
    if not sys.stderr.isatty():
        yield lambda records, batch_bytes: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(),
        TextColumn("{task.fields[records]:,} records"),
        DownloadColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=size, records=0)
        sent = sent_bytes = 0

        def advance(records: int, batch_bytes: int) -> None:
            nonlocal sent, sent_bytes
            sent += records
            sent_bytes += batch_bytes
            # Of a file the part that has been read; sent bytes count the keys as well.
            done = sent_bytes if size is None else os.lseek(descriptor, 0, os.SEEK_CUR)
            progress.update(task, completed=done, records=sent)

        yield advance


def _summarize(tally: Tally, stream: str, seconds: float, as_json: bool) -> None:
    if as_json:
        import json

        figures = {
            "stream": stream,
            "records": tally.records,
            "bytes": tally.bytes,
            "seconds": round(seconds, 3),
            "resent": tally.resent,
            "shards": dict(sorted(tally.per_shard.items())),
        }
        click.echo(json.dumps(figures))
        return
    resent = f", {tally.resent:,} of them more than once" if tally.resent else ""
    click.echo(
        f"Put {tally.records:,} records ({tally.bytes:,} bytes) into {stream} "
        f"in {seconds:.1f} s{resent}{_spread(tally)}"
    )


def _spread(tally: Tally) -> str:
    shards = sorted(tally.per_shard.items())
    if len(shards) > MOST_SHARDS_NAMED:
        counts = tally.per_shard.values()
        return f"; {len(shards)} shards got {min(counts):,} to {max(counts):,} each"
    named = ", ".join(f"{shard_number(shard)}: {count:,}" for shard, count in shards)
    return f"; by shard {named}" if named else ""
