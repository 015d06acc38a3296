"""`shardline autoscale`: keeps the number of shards where the load needs it."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shardline.cli import Failure, streams

if TYPE_CHECKING:
    from shardline.module.autoscale import Look

EVERY_S = 60


@click.command("autoscale")
@streams.where
@click.option("--once", is_flag=True, help="Decide and act once, and end.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each decision.")
def command(
    files: tuple[Path, ...],
    data_dir: Path,
    region: str | None,
    aws: bool,
    once: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Move the number of shards of each FILE's stream between its bounds, as the load needs it.

    Each minute it reads the stream's metrics, decides, and prints what it decided and why. It grows
    a stream after five full minutes and shrinks it after five quiet hours, within AWS's ten changes
    in 24 hours. Nothing is kept in the process: it may be stopped and run elsewhere at any time.

    It is for AWS: a Shardline server does this by itself for the streams that `apply` made.

    The server is that of --data-dir if it is given here, else AWS_ENDPOINT_URL, else the one that
    runs on the usual data directory.
    """
    from shardline.module.spec.wanted import ScaledShards

    found = streams.opened(files, data_dir, aws=aws, region=region)
    for stream in found:
        if not isinstance(stream.wanted.capacity, ScaledShards):
            raise Failure(
                f"{stream.wanted.name}: its shards are not the scaler's: "
                "write, for example, shards: {min: 2, max: 16}"
            )
    if once:
        for stream in found:
            _round(stream, dry_run=dry_run, as_json=as_json)
        return
    try:
        _run(found, dry_run=dry_run, as_json=as_json)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


def _run(found: list[streams.Stream], *, dry_run: bool, as_json: bool) -> None:
    """Round after round. What goes wrong with a stream is told, and tried again a minute later."""
    while True:
        begun = time.monotonic()
        for stream in found:
            try:
                _round(stream, dry_run=dry_run, as_json=as_json)
            except Failure as failure:
                failure.show()
        time.sleep(max(0.0, EVERY_S - (time.monotonic() - begun)))


def _round(stream: streams.Stream, *, dry_run: bool, as_json: bool) -> None:
    from shardline.module.autoscale import look, scale

    now_s = streams.now_s()
    with streams.told_failures(stream):
        found = look(stream.target, stream.wanted, now_s)
        click.echo(
            json.dumps(object_of(stream, found, now_s))
            if as_json
            else f"{time.strftime('%H:%M:%SZ', time.gmtime(now_s))} {stream.wanted.name}: "
            + sentence(found)
        )
        if not dry_run:
            scale(
                stream.target,
                stream.wanted,
                found,
                now_s,
                sleep=time.sleep,
                tell=lambda text: None,
            )


def sentence(found: "Look") -> str:
    """What was decided and why: `up, 4 → 8 shards: 5 minutes at 90% or more`."""
    decision = found.decision
    if decision is None or found.stream is None:
        return f"no decision: {found.why}"
    way = f"{found.stream.shards} shards"
    if decision.word != "hold":
        way = f"{found.stream.shards} → {decision.shards} shards"
    return f"{decision.word}, {way}: {decision.reason}"


def object_of(stream: streams.Stream, found: "Look", now_s: int) -> dict[str, Any]:
    """A decision with all its numbers."""
    return {
        "time": now_s,
        "stream": stream.wanted.name,
        "region": stream.wanted.region,
        "shards": found.stream.shards if found.stream else None,
        "decision": asdict(found.decision) if found.decision else None,
        "why": found.why or None,
    }
