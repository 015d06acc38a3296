"""`shardline destroy`: removes what `apply` made."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shardline.cli import streams

if TYPE_CHECKING:
    from shardline.module.plan import Plan


@click.command("destroy")
@streams.where
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--with-records", is_flag=True, help="Also a stream that still has records.")
def command(
    files: tuple[Path, ...],
    data_dir: Path,
    region: str | None,
    aws: bool,
    yes: bool,
    with_records: bool,
) -> None:
    """Remove the streams of each FILE, and everything that `shardline apply` made around them.

    It asks first. What the module did not make is refused, which the tags of each thing say, and so
    is a stream that has records inside of its retention, unless --with-records is given. The stream
    goes last. Interrupted at any point it is finished by running it again.

    The server is that of --data-dir if it is given here, else AWS_ENDPOINT_URL, else the one that
    runs on the usual data directory.
    """
    from shardline.cli.plan_text import text_of

    found = streams.opened(files, data_dir, aws=aws, region=region)
    plans = [(stream, _planned(stream, with_records)) for stream in found]
    streams.refuse_all([(plan.name, reason) for _, plan in plans for reason in plan.refusals])
    for number, (stream, plan) in enumerate(plans):
        click.echo(("\n" if number else "") + text_of(plan, stream.heading))
    names = [plan.name for _, plan in plans if not plan.is_empty]
    if not names:
        return
    streams.confirmed(f"This removes {', '.join(names)} for good. Go on?", yes=yes)
    for stream, plan in plans:
        streams.carry_out(stream, plan)


def _planned(stream: streams.Stream, with_records: bool) -> "Plan":
    from shardline.module.apply import ready
    from shardline.module.plan import Plan, grantees, removal
    from shardline.module.read import read
    from shardline.module.records import has_records

    wanted, target = stream.wanted, stream.target
    with streams.told_failures(stream), streams.progress(stream, 0) as shown:
        there = ready(target, wanted.name, time.sleep, shown.tell)
        plan = removal(read(target, wanted.name, grantees(wanted)))
        if plan.refusals or with_records or not there:
            return plan
        shown.tell(f"looking for records in {wanted.name}")
        if has_records(target, wanted.name, time.sleep):
            why = "it has records inside of its retention: say --with-records to lose them"
            return Plan(wanted.name, refusals=(why,))
    return plan
