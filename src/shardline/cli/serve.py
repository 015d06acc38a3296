"""`shardline serve`: run a node until it is told to stop."""

from pathlib import Path
from typing import Literal

import click

from shardline.cli import names, options, serve_values, store_urls
from shardline.settings import DEFAULT_ACCOUNT, DEFAULT_PORT, NodeSettings, StreamAtStart

# The sum of `shardline.gateway.app` is within it.
MEMORY_BYTES = 2 * 1024 * 1024 * 1024


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
    type=serve_values.StreamType(),
    multiple=True,
    help="A stream to have from the start, made if it is not there: NAME for on demand, "
    "NAME:SHARDS for provisioned. May be given several times.",
)
@options.option("--account-id", default=DEFAULT_ACCOUNT, show_default=True, help="12 digits.")
@options.region
@options.key_file
@options.option(
    "--catalog",
    "catalog_url",
    metavar="URL",
    callback=store_urls.read_catalog_url,
    help="Keep the catalog on a PostgreSQL server (postgresql://user@host/database?schema=NAME), "
    "which several gateways share. Give the password by PGPASSWORD or a password file; a command "
    "line is seen by everybody.  [default: in the data directory]",
)
@options.option(
    "--log",
    "log_url",
    metavar="URL",
    callback=store_urls.read_log_url,
    help="Keep the records in Apache Kafka (kafka://broker1:9092,broker2:9092/?prefix=NAME), which "
    "several gateways share that have one --catalog. The password of a user is "
    "SHARDLINE_KAFKA_PASSWORD.  [default: in the data directory]",
)
@options.option(
    "--transition-ms",
    type=click.IntRange(0, 600_000),
    default=0,
    show_default=True,
    help="How long CREATING, UPDATING and DELETING last.",
)
@options.option(
    "--limits",
    type=click.Choice(["counts", "aws", "off"]),
    default="counts",
    show_default=True,
    help="Which of AWS's limits hold: those on numbers and sizes; all, with throughput and call "
    "rates; or only what protects the server. A stream's tag shardline:limits sets it otherwise.",
)
@options.option(
    "--alarm-topic",
    "alarm_topics",
    type=serve_values.TopicType(),
    multiple=True,
    help="Where alarms post to whose action is an SNS topic: its name (or ARN) and a URL. May be "
    "given several times.",
)
@options.option(
    "--alarm-host",
    "alarm_hosts",
    multiple=True,
    help="A host that alarms may post to whose action is a URL. May be given several times.  "
    "[default: any host]",
)
@options.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that serve, on one port from one data directory: as many as CPUs that the "
    "server may have. Bounds on memory and connections are for each of them.",
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
    "--drain-s",
    type=click.IntRange(0, 3600),
    default=30,
    show_default=True,
    help="How many seconds accepted requests have to finish when the server stops.",
)
@options.option(
    "--audit-log",
    metavar="FILE",
    help="Write a line for every request (who, what, allowed or denied and why) to a file, or to "
    "standard output (-).",
)
@options.option(
    "--metrics-token",
    help="Who sends it as a bearer token may read /_shardline/metrics from another machine: 16 to "
    "256 visible ASCII characters. Set it by the environment; a command line is seen by everybody.",
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
    key_file: Path | None,
    catalog_url: str | None,
    log_url: str | None,
    transition_ms: int,
    limits: Literal["counts", "aws", "off"],
    alarm_topics: tuple[tuple[str, str], ...],
    alarm_hosts: tuple[str, ...],
    workers: int,
    tls: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    http_server: str,
    drain_s: int,
    audit_log: str | None,
    metrics_token: str | None,
    log_format: Literal["text", "json"],
) -> None:
    """Run a server until SIGTERM or Ctrl-C. Says on one line when it is ready."""
    _check(host, streams, account_id, region, tls, tls_cert, tls_key)
    settings = NodeSettings(
        data_dir=data_dir,
        host=host,
        port=port,
        account=account_id,
        region=region,
        transition_ms=transition_ms,
        limits=limits,
        streams=streams,
        root_key=serve_values.root_key(),
        key_file=key_file,
        catalog_url=catalog_url,
        log_url=log_url,
        alarm_topics=alarm_topics,
        alarm_hosts=tuple(host.lower() for host in alarm_hosts),
        tls="files" if tls_cert else ("self-signed" if tls == "self-signed" else "off"),
        tls_certificate=tls_cert,
        tls_key=tls_key,
        http_server=http_server,
        drain_s=drain_s,
        metrics_token=serve_values.metrics_token(metrics_token),
        memory_bytes=MEMORY_BYTES,
        audit_log=audit_log or None,
        log_format=log_format,
    )
    if workers > 1 and (settings.catalog_url or settings.log_url):
        raise click.UsageError(
            "--workers needs the catalog and the records in the data directory: with --catalog or "
            "--log start several servers instead"
        )
    from shardline.cli.serving import run

    run(settings, workers)


def _check(
    host: str,
    streams: tuple[StreamAtStart, ...],
    account_id: str,
    region: str,
    tls: str,
    tls_cert: Path | None,
    tls_key: Path | None,
) -> None:
    """Refuse what the options' own types let through."""
    if not host:
        raise click.BadParameter("give an address, such as 127.0.0.1", param_hint="--host")
    names.check_account(account_id)
    names.check_region(region)
    if len({stream.name for stream in streams}) < len(streams):
        raise click.BadParameter("a stream is named twice", param_hint="--stream")
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together: give both or neither")
    if tls_cert is not None and tls == "self-signed":
        raise click.UsageError("give --tls self-signed or --tls-cert and --tls-key, not both")
