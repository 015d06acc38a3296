"""What the demo says at its end."""

import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from shardline.cli.demo.check import FAULTS
from shardline.cli.demo.exchange import Outcome
from shardline.cli.demo.provision import Provisioned
from shardline.cli.demo.server import OwnServer
from shardline.cli.record_text import shard_number

WIDTH = 80


def file_as_shown(text: str) -> str:
    """The demo's file, under its name."""
    lines = (f"  {line}" for line in text.splitlines())
    return "\n".join(("stream.yaml:", *lines, ""))


def what_was_made(made: Provisioned) -> str:
    """What came of the file, and what was tried of it."""
    return (
        f"Applied in {made.seconds:.1f} s: {made.made}.\n"
        "Planned again: nothing to change. Tried: the writer cannot read, the reader\n"
        "cannot write (AccessDenied)."
    )


def print_json(outcome: Outcome, stream: str, endpoint: str) -> None:
    """The figures as one JSON object."""
    check = outcome.check
    figures: dict[str, Any] = {
        "ok": check.is_good,
        "endpoint": endpoint,
        "stream": stream,
        "sent": outcome.sent,
        "read": check.read,
        "bytes": outcome.sent_bytes,
        "resent": outcome.resent,
        "write_seconds": round(outcome.write_seconds, 3),
        "read_seconds": round(outcome.read_seconds, 3),
        "faults": {kind: check.faults[kind] for kind in FAULTS},
        "shards": {
            shard: {"records": tally.records, "keys": len(tally.keys), "bytes": tally.bytes}
            for shard, tally in sorted(check.shards.items())
        },
    }
    click.echo(json.dumps(figures, indent=2))


def print_report(outcome: Outcome) -> None:
    """What each shard got, the verdict and the throughput."""
    _print_table(outcome)
    for line in verdict(outcome):
        click.echo(line)
    rate = outcome.sent / outcome.write_seconds
    megabytes = outcome.sent_bytes / outcome.write_seconds / 1e6
    click.echo(
        f"Written in {outcome.write_seconds:.1f} s: {rate:,.0f} records/s, {megabytes:.1f} MB/s, "
        f"{outcome.resent:,} sent again."
    )
    click.echo(f"Read and checked {outcome.read_seconds:.1f} s after the start.")


def verdict(outcome: Outcome) -> list[str]:
    """One line if all is well, else a line for each kind of fault with an example."""
    check = outcome.check
    if check.is_good:
        return [
            f"Every one of {outcome.sent:,} flights came back: once, unchanged, "
            "in order for its key."
        ]
    return [
        f"WRONG: {check.faults[kind]:,} {kind}, such as {check.examples[kind]}"
        for kind in FAULTS
        if check.faults[kind]
    ]


def _print_table(outcome: Outcome) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_footer=True)
    table.add_column("shard", "all", justify="right")
    shards = sorted(outcome.check.shards.items())
    tallies = [tally for _, tally in shards]
    keys = sum(len(tally.keys) for tally in tallies)
    table.add_column("records", f"{outcome.check.read:,}", justify="right")
    table.add_column("keys", f"{keys:,}", justify="right")
    table.add_column("bytes", f"{sum(tally.bytes for tally in tallies):,}", justify="right")
    table.add_column("share", "", justify="right")
    for shard, tally in shards:
        table.add_row(
            shard_number(shard),
            f"{tally.records:,}",
            f"{len(tally.keys):,}",
            f"{tally.bytes:,}",
            f"{tally.records / outcome.check.read:.1%}",
        )
    Console(width=WIDTH, highlight=False).print(table)


def how_to_go_on(stream: str, server: OwnServer) -> str:
    """Lines to try on the server that was kept. Each works as it stands."""
    shardline, aws = program("shardline"), program("aws")
    file = shlex.quote(str(server.stream_file))
    return f"""
The server still runs, with the flights in it. To look around:

  eval "$({shardline} env --data-dir {shlex.quote(str(server.data_dir))})"
  {aws} kinesis describe-stream-summary --stream-name {stream}
  echo '{{"hello": "world"}}' | {aws} kinesis put-record \\
      --stream-name {stream} --partition-key N14228 --data fileb:///dev/stdin
  {shardline} tail {stream} --key N14228 | tail -n 3
  {aws} kinesis split-shard --stream-name {stream} --shard-to-split \\
      shardId-000000000000 --new-starting-hash-key 42
  {shardline} shards {stream}

What differs from its file now, and to put it right (or change the file first):

  {shardline} plan {file}
  {shardline} apply {file}

To stop it and remove everything:

  kill {server.process.pid} && rm -rf {shlex.quote(str(server.directory))}"""


def how_to_start(stream: str) -> str:
    """Lines to try without the server of the demo, which has been stopped."""
    shardline, aws = program("shardline"), program("aws")
    return f"""
To go on with the flights: {shardline} demo --keep
To go on with a server of your own:

  {shardline} serve

and in another terminal:

  eval "$({shardline} env)"
  {shardline} new {stream}.yaml --name {stream} --preset development --yes
  {shardline} apply {stream}.yaml
  echo '{{"hello": "world"}}' | {aws} kinesis put-record \\
      --stream-name {stream} --partition-key N14228 --data fileb:///dev/stdin
  {shardline} tail {stream}"""


def program(name: str) -> str:
    """How a program of this environment is called from here: by name, or by its path."""
    beside = Path(sys.executable).parent / name
    found = shutil.which(name)
    if found and (not beside.exists() or Path(found).samefile(beside)):
        return name
    if not beside.exists():
        return name
    try:
        return shlex.quote(str(beside.relative_to(Path.cwd())))
    except ValueError:
        return shlex.quote(str(beside))
