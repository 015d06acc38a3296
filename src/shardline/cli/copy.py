"""`shardline copy`: streams with their records from one place to another."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shardline.cli import Failure
from shardline.settings import default_data_dir

if TYPE_CHECKING:
    from shardline.cli.copy_job import Ends


@click.command("copy")
@click.argument("streams", metavar="[STREAM[=NEW_NAME]]...", nargs=-1)
@click.option("--from", "source", metavar="TARGET", required=True, help="Where the streams are.")
@click.option("--to", "destination", metavar="TARGET", required=True, help="Where they go.")
@click.option("--from-region", metavar="REGION", help="The source's AWS region.")
@click.option("--to-region", metavar="REGION", help="The destination's AWS region.")
@click.option("--from-profile", metavar="PROFILE", help="The source's profile of AWS's SDKs.")
@click.option("--to-profile", metavar="PROFILE", help="The destination's profile of AWS's SDKs.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what arrives, until Ctrl-C.")
@click.option("--verify", is_flag=True, help="Read both sides again in the end, and compare.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option(
    "--loose-order",
    is_flag=True,
    help="Full requests to a destination that is no Shardline, though it may refuse a record and "
    "take a later one of the same key: faster where keys are few.",
)
@click.option("--anew", is_flag=True, help="Forget earlier copies: copy everything once more.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where it is kept what has been copied.  [default: ~/.local/share/shardline-copies]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    streams: tuple[str, ...],
    source: str,
    destination: str,
    state: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Copy each STREAM (all, if none is named) with its records.

    A TARGET is the data directory of a server of this machine, the URL of one or of a cluster, or
    the word aws. A stream that is not there is made, with the source's settings.

    What had arrived when it began is copied, in the order of each partition key, through reshards
    too. Stopped or killed, run it again with the same targets: it goes on from there.

    Exit codes: 0 all is copied, 1 it is not (run it again), 2 a mistake of usage, 3 it is, but
    something is missing, doubled or out of order, and the summary says what.
    """
    from shardline.cli.copy_job import Ends, look
    from shardline.cli.copy_run import copied
    from shardline.cli.copy_targets import side_of
    from shardline.cli.copy_text import plan_lines, plan_object

    states = state or default_data_dir().with_name("shardline-copies")
    anew = given["anew"]
    sides = (
        side_of(source, given["from_region"], given["from_profile"]),
        side_of(destination, given["to_region"], given["to_profile"]),
    )
    ends = Ends.of(*sides)
    try:
        jobs = [look(ends, *names, states, anew=anew) for names in _names(ends, streams)]
        refused = [f"{job.name}: {reason}" for job in jobs for reason in job.plan.refusals]
        if refused:
            raise Failure("\n".join(refused))
        if not as_json:
            for line in (line for job in jobs for line in plan_lines(job)):
                click.echo(line)
        if given["dry_run"]:
            if as_json:
                click.echo(json.dumps({"streams": [plan_object(job) for job in jobs]}))
            return
        raise SystemExit(copied(ends, jobs, given, as_json=as_json))
    finally:
        ends.close()


def _names(ends: "Ends", streams: tuple[str, ...]) -> list[tuple[str, str]]:
    """Each stream's name, and that of its copy. Raises `Failure`."""
    from shardline.cli.client import reported_failures

    if not streams:
        with reported_failures(ends.source.target):
            pages = ends.reader.get_paginator("list_streams").paginate()
            streams = tuple(name for page in pages for name in page["StreamNames"])
        if not streams:
            raise Failure(f"{ends.source.target} has no streams")
    parts = [stream.partition("=") for stream in streams]
    pairs = [(name, new if equals else name) for name, equals, new in parts]
    if any(not name or not new for name, new in pairs):
        raise click.UsageError("a stream is NAME or NAME=NEW_NAME")
    if len({new for _, new in pairs}) < len(pairs) or len(set(pairs)) < len(pairs):
        raise click.UsageError("two streams would have the same name at the destination")
    return pairs
