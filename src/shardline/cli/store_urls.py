"""The URLs of the stores that are not in a data directory, as options give them."""

import os

import click


def catalog_url(url: str | None) -> str | None:
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


def log_url(url: str | None) -> str | None:
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
