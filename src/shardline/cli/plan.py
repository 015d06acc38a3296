"""`shardline plan`: what `apply` would change, field by field; it changes nothing."""

import json
from pathlib import Path

import click

from shardline.cli import streams

CHANGES_EXIT_CODE = 3


@click.command("plan")
@streams.where
@click.option("--adopt", is_flag=True, help="As `apply --adopt` would do it.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each stream.")
@click.option(
    "--exit-code",
    "tell_by_code",
    is_flag=True,
    help=f"End with {CHANGES_EXIT_CODE} when there is something to change, 0 when there is not.",
)
def command(
    files: tuple[Path, ...],
    data_dir: Path,
    region: str | None,
    aws: bool,
    adopt: bool,
    as_json: bool,
    tell_by_code: bool,
) -> None:
    """Show what `shardline apply` would change, and change nothing.

    Each FILE describes a stream. What is there is read anew each time; there is no file of state.
    Words: create, change, scale (the number of shards), remove, and leave, for what differs and is
    somebody else's business. What is lost for good is marked with an exclamation mark.

    The server is that of --data-dir if it is given here, else AWS_ENDPOINT_URL, else the one that
    runs on the usual data directory.
    """
    from shardline.cli.plan_text import object_of, text_of
    from shardline.module.plan import grantees, plan
    from shardline.module.read import read

    refusals: list[tuple[str, str]] = []
    something = False
    for number, stream in enumerate(streams.opened(files, data_dir, aws=aws, region=region)):
        wanted, target = stream.wanted, stream.target
        with streams.told_failures(stream):
            actual = read(target, wanted.name, grantees(wanted))
        found = plan(wanted, actual, now_s=streams.now_s(), adopt=adopt)
        refusals += [(wanted.name, reason) for reason in found.refusals]
        something = something or not found.is_empty
        if as_json:
            click.echo(json.dumps(object_of(found, wanted.region, target.endpoint)))
        elif not found.refusals:
            click.echo(("\n" if number else "") + text_of(found, stream.heading))
    streams.refuse_all(refusals)
    if something and tell_by_code:
        raise SystemExit(CHANGES_EXIT_CODE)
