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
    from shardline.cli.plan_text import line_of_scaler, object_of, text_of
    from shardline.module.plan import grantees, plan
    from shardline.module.read import read

    refusals: list[tuple[str, str]] = []
    something = False
    for number, stream in enumerate(streams.opened(files, data_dir, aws=aws, region=region)):
        wanted, target = stream.wanted, stream.target
        with streams.told_failures(stream):
            actual = read(target, wanted.name, grantees(wanted))
        found = plan(wanted, actual, now_s=streams.now_s(), adopt=adopt)
        scaler = None if found.refusals or actual.stream is None else _scaler(stream)
        refusals += [(wanted.name, reason) for reason in found.refusals]
        something = something or not found.is_empty
        if as_json:
            made = {**object_of(found, wanted.region, target.endpoint), "scaler": scaler}
            click.echo(json.dumps(made))
        elif not found.refusals:
            click.echo(("\n" if number else "") + text_of(found, stream.heading))
            if scaler is not None:
                click.echo(line_of_scaler(scaler))
    streams.refuse_all(refusals)
    if something and tell_by_code:
        raise SystemExit(CHANGES_EXIT_CODE)


def _scaler(stream: streams.Stream) -> str | None:
    """What the scaler would do now, if the shards are its; without metrics it does not know."""
    from botocore.exceptions import BotoCoreError, ClientError

    from shardline.cli.autoscale import sentence
    from shardline.module.autoscale import look
    from shardline.module.spec.wanted import ScaledShards

    if not isinstance(stream.wanted.capacity, ScaledShards):
        return None
    try:
        return sentence(look(stream.target, stream.wanted, streams.now_s()))
    except (BotoCoreError, ClientError) as error:
        return f"no decision: {error}"
