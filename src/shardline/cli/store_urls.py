"""The URLs of the stores that are not in a data directory: what options are read by."""

import os

import click


def read_catalog_url(_: click.Context, __: click.Parameter, url: str | None) -> str | None:
    """The URL as it is given. It is not shown when it is refused: it may have a password."""
    if not url:
        return None
    try:
        from shardline.storage.postgres import PostgresUrl

        PostgresUrl.parse(url)
    except ImportError as error:
        raise click.UsageError("--catalog needs psycopg: install shardline[postgres]") from error
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint="--catalog") from None
    return url


def read_log_url(_: click.Context, __: click.Parameter, url: str | None) -> str | None:
    """The URL as it is given. It is not shown when it is refused."""
    if not url:
        return None
    try:
        from shardline.storage.kafka_log.url import parse

        parse(url, os.environ)
    except ImportError as error:
        raise click.UsageError("--log needs confluent-kafka: install shardline[kafka]") from error
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint="--log") from None
    return url
