"""`shardline tail`: print the records of a stream, of all its shards."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from shardline.cli import Failure, options
from shardline.cli.aggregates import unpacked
from shardline.cli.client import choose_target, make_client, reported_failures
from shardline.cli.duration import parse_since
from shardline.cli.reader import MOST_RECORDS, Batch, StreamReader, UnknownShardError
from shardline.cli.record_text import json_line, shard_id, text_line


class SinceType(click.ParamType[datetime]):
    """How long ago, or a time; see `shardline.cli.duration`."""

    name = "TIME"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read one time."""
        if isinstance(value, datetime):
            return value
        try:
            return parse_since(str(value), datetime.now(UTC))
        except ValueError as wrong:
            self.fail(str(wrong), param, ctx)


@click.command("tail")
@click.argument("stream")
@click.option(
    "--since",
    type=SinceType(),
    help="Only what arrived since: 90s, 5m, 1h10m, 2d ago, or a time such as "
    "2026-01-31T12:00:00Z.  [default: everything that is kept]",
)
@click.option("--follow", "-f", is_flag=True, help="Wait for more until Ctrl-C.")
@click.option("--key", help="Only records with this partition key.")
@click.option("--shard", metavar="ID", help="Only this shard: its id or its number.")
@click.option("--limit", "-n", type=click.IntRange(min=1), help="End after so many records.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object per record.")
@click.option(
    "--raw",
    is_flag=True,
    help="Show aggregates of the Kinesis Producer Library as they are, not the records inside.",
)
@options.data_dir
@click.option("--region", help="The AWS region of the stream; the server's, if not given.")
@click.option("--aws", is_flag=True, help="Real AWS, whatever AWS_ENDPOINT_URL says.")
def command(
    stream: str,
    since: datetime | None,
    follow: bool,
    key: str | None,
    shard: str | None,
    limit: int | None,
    as_json: bool,
    raw: bool,
    data_dir: Path,
    region: str | None,
    aws: bool,
) -> None:
    """Print the records of STREAM: arrival (UTC), shard, key and data of each.

    Records with the same key come in order, through reshards too: a shard is read when its
    parents have been read to the end. Records of different shards are not sorted by time.

    A record in which the Kinesis Producer Library has packed many is shown as those many, which
    --key and --limit then count. One that is damaged is shown as it is.

    The server is that of --data-dir if it is given here, else AWS_ENDPOINT_URL, else the one that
    runs on the usual data directory.
    """
    target = choose_target(data_dir, aws=aws, region=region)
    client = make_client(target)
    reader = StreamReader(
        client,
        stream,
        since=since,
        only_shard=shard_id(shard) if shard else None,
        most_records=MOST_RECORDS if limit is None or key else min(limit, MOST_RECORDS),
    )
    line = json_line if as_json else text_line
    try:
        with reported_failures(target):
            _print(_lines(_records(reader, lambda: follow, raw), key, line), limit)
    except UnknownShardError as error:
        raise Failure(f"{stream} has no shard {error}") from error
    except KeyboardInterrupt:
        pass  # the way to end --follow


def _records(reader: StreamReader, keep_on: Callable[[], bool], raw: bool) -> Iterator[Batch]:
    """What the reader brings, with the aggregates unpacked unless `raw`."""
    for batch in reader.batches(keep_on):
        if raw:
            yield batch
        else:
            yield Batch(
                batch.shard, [user for record in batch.records for user in unpacked(record)]
            )


def _lines(
    batches: Iterator[Batch],
    key: str | None,
    line: Callable[[str, dict[str, Any]], str],
) -> Iterator[list[str]]:
    for batch in batches:
        wanted = batch.records
        if key is not None:
            wanted = [record for record in wanted if record.get("PartitionKey") == key]
        if wanted:
            yield [line(batch.shard, record) for record in wanted]


def _print(batches: Iterator[list[str]], limit: int | None) -> None:
    """Print the lines of each batch at once; end quietly when nobody reads any more."""
    left = limit
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # JSON is, and a key may hold any character
    try:
        for lines in batches:
            lines = lines[:left]
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()
            if left is not None:
                left -= len(lines)
                if not left:
                    return
    except BrokenPipeError:
        # Python would try to write the rest at exit, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
