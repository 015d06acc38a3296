"""`shardline report`: a stream's metrics over time."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shardline.cli import options, streams
from shardline.cli.client import address, choose_target, make_client, reported_failures
from shardline.cli.duration import parse_since

if TYPE_CHECKING:
    from shardline.doctor.figures.overview import Overview


@click.command("report")
@click.argument("stream")
@click.option(
    "--since",
    default="1h",
    show_default=True,
    help="From when on: so long ago, or a time such as 2026-01-31T12:00:00Z.",
)
@click.option(
    "--period",
    type=click.IntRange(60, 86_400),
    metavar="SECONDS",
    help="How long a value is of, in whole minutes.  [default: the shortest that fits]",
)
@click.option("--shards", is_flag=True, help="Each open shard, too.")
@click.option("--consumers", is_flag=True, help="Each consumer with fan-out, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with all values.")
@options.data_dir
@click.option("--region", help="The AWS region of the stream; the server's, if not given.")
@click.option("--aws", is_flag=True, help="Real AWS, whatever AWS_ENDPOINT_URL says.")
def command(
    stream: str,
    since: str,
    period: int | None,
    shards: bool,
    consumers: bool,
    as_json: bool,
    data_dir: Path,
    region: str | None,
    aws: bool,
) -> None:
    """Show how STREAM (a name or an ARN) has been: its load, latencies, failures, and readers.

    Each line is a metric of CloudWatch with its course, the latest value, the mean and the highest.
    The minute that has just passed is left out: CloudWatch may not have all of it.
    """
    from shardline.doctor.figures.overview import overview
    from shardline.doctor.figures.reading import step_for

    now_s = streams.now_s()
    try:
        since_s = int(parse_since(since, datetime.fromtimestamp(now_s, UTC)).timestamp())
        step_s = step_for(since_s, now_s, period)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    target = choose_target(data_dir, aws=aws, region=region)
    kinesis, cloudwatch = make_client(target), make_client(target, "cloudwatch")
    with reported_failures(target):
        found = overview(
            kinesis,
            cloudwatch,
            address(stream),
            since_s,
            now_s,
            step_s,
            shards=shards,
            consumers=consumers,
        )
    if as_json:
        click.echo(json.dumps(asdict(found)))
    else:
        click.echo("\n".join(_text(found, shards=shards, consumers=consumers)))


def _text(found: "Overview", *, shards: bool, consumers: bool) -> Iterator[str]:
    from shardline.doctor.figures import table

    about, step_s = found.about, found.step_s
    mode = about.mode.lower().replace("_", " ")
    yield f"{about.name}: {about.status}, {mode}, {table.shards(about.open_shards)}"
    yield f"{_span(found.start_s, found.end_s)} UTC, {table.every(step_s)}"
    for group in found.groups:
        yield ""
        yield from table.group_rows(group, step_s)
    if shards and not about.shard_metrics:
        yield "\nShard-level metrics are off. To switch them on (AWS bills them):"
        yield (
            f"aws kinesis enable-enhanced-monitoring --stream-name {about.name} "
            "--shard-level-metrics ALL"
        )
    for metric in found.shards:
        yield ""
        yield from table.shard_rows(metric, step_s)
    if about.consumers and not consumers:
        yield f"\nfan-out consumers: {about.consumers} (--consumers shows each)"
    yield ""
    yield from table.capacity_rows(about.open_shards, found.capacity)


def _span(start_s: int, end_s: int) -> str:
    start, end = (datetime.fromtimestamp(each, UTC) for each in (start_s, end_s))
    day = "" if start.date() == end.date() else "%Y-%m-%d "
    return f"{start:%Y-%m-%d %H:%M} to {end:{day}%H:%M}"
