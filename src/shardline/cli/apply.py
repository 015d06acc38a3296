"""`shardline apply`: makes streams, and everything around them, as their files say."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shardline.cli import Failure, streams

if TYPE_CHECKING:
    from shardline.module.plan import Plan


@click.command("apply")
@streams.where
@click.option("--adopt", is_flag=True, help="Take over a stream that the module did not make.")
@click.option("--yes", is_flag=True, help="Do not ask, even where something is lost.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Write what was made (ARNs, endpoint, consumers) as JSON to this file, or to -.",
)
def command(
    files: tuple[Path, ...],
    data_dir: Path,
    region: str | None,
    aws: bool,
    adopt: bool,
    yes: bool,
    output: str | None,
) -> None:
    """Make streams, and everything around them, as each FILE says.

    The plan is shown, and made; a second run has nothing to change. Interrupted at any point it is
    finished by running it again. When something is wrong with any FILE nothing is done. Where
    something would be lost for good (older records, a consumer, a right) it asks first.

    --output writes a JSON object, or a list of them where there are several files; its schema is
    shardline/module/artifact.schema.json.

    The server is that of --data-dir if it is given here, else AWS_ENDPOINT_URL, else the one that
    runs on the usual data directory.
    """
    from shardline.cli.plan_text import text_of

    if output not in (None, "-") and not Path(str(output)).absolute().parent.is_dir():
        raise Failure(f"cannot write {output}: there is no such directory")
    found = streams.opened(files, data_dir, aws=aws, region=region)
    plans = [(stream, _planned(stream, adopt)) for stream in found]
    streams.refuse_all([(plan.name, reason) for _, plan in plans for reason in plan.refusals])
    for number, (stream, plan) in enumerate(plans):
        click.echo(("\n" if number else "") + text_of(plan, stream.heading), err=output == "-")
    lost = [
        f"{plan.name}: {each.loses}" for _, plan in plans for each in plan.to_make if each.loses
    ]
    if lost:
        streams.confirmed(f"This loses {'; '.join(lost)}. Go on?", yes=yes)
    for stream, plan in plans:
        streams.carry_out(stream, plan)
    if output is not None:
        _write([_artifact(stream) for stream in found], output)


def _planned(stream: streams.Stream, adopt: bool) -> "Plan":
    """The plan for a stream, once it is at rest."""
    from shardline.module.apply import ready
    from shardline.module.plan import grantees, plan
    from shardline.module.read import read

    wanted, target = stream.wanted, stream.target
    with streams.told_failures(stream), streams.progress(stream, 0) as shown:
        ready(target, wanted.name, time.sleep, shown.tell)
        actual = read(target, wanted.name, grantees(wanted))
    return plan(wanted, actual, now_s=streams.now_s(), adopt=adopt)


def _artifact(stream: streams.Stream) -> dict[str, Any]:
    from shardline.module.artifact import artifact
    from shardline.module.plan import grantees
    from shardline.module.read import read

    wanted, target = stream.wanted, stream.target
    with streams.told_failures(stream):
        actual = read(target, wanted.name, grantees(wanted))
    return artifact(wanted, actual, target.endpoint)


def _write(made: list[dict[str, Any]], output: str) -> None:
    text = json.dumps(made[0] if len(made) == 1 else made, indent=2)
    if output == "-":
        click.echo(text)
        return
    try:
        Path(output).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise Failure(f"cannot write {output}: {error.strerror}") from error
