"""`shardline kafka`: topics that are in Kafka already, as streams.

The work is done by `shardline.cli.kafka_adopt`, so that the help loads no database.
"""

from pathlib import Path

import click

from shardline.cli import names, options
from shardline.cli.store_urls import read_log_url


@click.group("kafka")
def command() -> None:
    """Topics that are in Kafka already, as streams."""


@command.command("adopt")
@click.argument("topic")
@click.option("--stream", "name", metavar="NAME", help="Its name.  [default: the topic's]")
@options.option(
    "--log",
    "log",
    metavar="URL",
    required=True,
    callback=read_log_url,
    help="Where Kafka is, as `serve` was told: kafka://broker1:9092,broker2:9092/?prefix=NAME.",
)
@options.catalog_url
@options.data_dir
@options.option("--account-id", help="The account of the stream; the server's, if not given.")
@options.option("--region", help="The AWS region of the stream; the server's, if not given.")
def adopt(
    topic: str,
    name: str | None,
    log: str | None,
    catalog_url: str | None,
    data_dir: Path,
    account_id: str | None,
    region: str | None,
) -> None:
    """Serve the Kafka topic TOPIC as a stream, which is only read.

    Nothing is copied, and nothing is done to the topic, now or later: DeleteStream forgets the
    stream. Each partition is a shard. Servers may run or not, but one must have been started once;
    those that run have the stream within a second.
    """
    name = name or topic
    if not names.is_stream_name(name):
        raise click.UsageError(
            f"{name!r} is no stream name ({names.STREAM_RULE}): give another one by --stream"
        )
    if account_id:
        names.check_account(account_id)
    if region:
        names.check_region(region)
    if log is None:  # the environment's may be empty
        raise click.UsageError("give --log, as `shardline serve` was told")
    from shardline.cli.kafka_adopt import Where, adopt_topic

    where = Where(log, catalog_url, data_dir, account_id, region)
    shards = adopt_topic(where, topic, name)
    click.echo(f"{name}: {shards} shard{'' if shards == 1 else 's'}, read only")
