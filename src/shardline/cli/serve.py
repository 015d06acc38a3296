"""`shardline serve`: run a node until it is told to stop."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import click

from shardline.cli import Failure, options
from shardline.settings import (
    DEFAULT_ACCOUNT,
    DEFAULT_PORT,
    NodeSettings,
    StreamAtStart,
)

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class StreamType(click.ParamType[StreamAtStart]):
    """`NAME` or `NAME:SHARDS`."""

    name = "NAME[:SHARDS]"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> StreamAtStart:
        """Read one stream."""
        if isinstance(value, StreamAtStart):
            return value
        try:
            return StreamAtStart.parse(str(value))
        except ValueError as wrong:
            self.fail(str(wrong), param, ctx)


@click.command("serve")
@options.data_dir
@options.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@options.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port to listen on; 0 for any free one.",
)
@options.option(
    "--stream",
    "streams",
    type=StreamType(),
    multiple=True,
    help="A stream to have from the start, made if it is not there: NAME for on demand, "
    "NAME:SHARDS for provisioned. May be given several times.",
)
@options.option("--account-id", default=DEFAULT_ACCOUNT, show_default=True, help="12 digits.")
@options.region
@options.option(
    "--transition-ms",
    type=click.IntRange(0, 600_000),
    default=0,
    show_default=True,
    help="How long CREATING, UPDATING and DELETING last.",
)
@options.option(
    "--workers",
    type=click.IntRange(1, 1),
    default=1,
    show_default=True,
    help="Processes that serve. Only one so far.",
)
@options.option(
    "--tls",
    type=click.Choice(["off", "self-signed"]),
    default="off",
    show_default=True,
    help="Make a certificate of our own and serve TLS.",
)
@options.option(
    "--tls-cert",
    type=click.Path(path_type=Path, dir_okay=False),
    help="PEM file with a certificate chain: serve TLS.",
)
@options.option(
    "--tls-key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="PEM file with the certificate's private key.",
)
@options.option(
    "--http-server",
    type=click.Choice(["h2corn", "granian"]),
    default="h2corn",
    show_default=True,
    help="The HTTP library to serve with.",
)
@options.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How log lines on standard error look.",
)
def command(
    data_dir: Path,
    host: str,
    port: int,
    streams: tuple[StreamAtStart, ...],
    account_id: str,
    region: str,
    transition_ms: int,
    workers: int,
    tls: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    http_server: str,
    log_format: str,
) -> None:
    """Run a server until SIGTERM or Ctrl-C. Says on one line when it is ready."""
    if not (account_id.isascii() and account_id.isdigit() and len(account_id) == 12):
        raise click.BadParameter(f"{account_id!r} is not 12 digits", param_hint="--account-id")
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together: give both or neither")
    if tls_cert is not None and tls == "self-signed":
        raise click.UsageError("give --tls self-signed or --tls-cert and --tls-key, not both")
    settings = NodeSettings(
        data_dir=data_dir,
        host=host,
        port=port,
        account=account_id,
        region=region,
        transition_ms=transition_ms,
        streams=streams,
        root_key=_root_key(),
        tls="files" if tls_cert else ("self-signed" if tls == "self-signed" else "off"),
        tls_certificate=tls_cert,
        tls_key=tls_key,
        http_server=http_server,
    )
    _run(settings, log_format)


def _root_key() -> tuple[str, str] | None:
    """The root key that the environment gives; the command line would show it to everybody."""
    from shardline.rootkey import ACCESS_KEY_VARIABLE, SECRET_VARIABLE, given_key

    try:
        return given_key(os.environ.get(ACCESS_KEY_VARIABLE), os.environ.get(SECRET_VARIABLE))
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from wrong


def _run(settings: NodeSettings, log_format: str) -> None:
    import uvloop

    from shardline.logs import configure_logging
    from shardline.storage.record_log import StorageError

    log = configure_logging(log_format)
    if settings.host not in LOOPBACK and settings.tls == "off":
        log.warning(
            "listening on %s without TLS: signatures protect the calls, but anyone on the way "
            "can read the records; give --tls-cert and --tls-key",
            settings.host,
        )
    try:
        uvloop.run(_serve(settings))
    except (StorageError, OSError, ValueError) as error:
        raise Failure(str(error)) from error


async def _serve(settings: NodeSettings) -> None:
    from shardline.node import Node

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with Node.running(settings) as node:
        sys.stdout.write(f"Shardline is ready at {node.endpoint}\n")
        sys.stdout.flush()
        await node.until(stop)
