"""What `shardline serve` is told by single options and by the environment: read and checked."""

import os
import re

import click

from shardline.cli import names
from shardline.settings import StreamAtStart

_TOKEN = re.compile(r"[!-~]{16,256}")


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
            stream = StreamAtStart.parse(str(value))
        except ValueError as wrong:
            self.fail(str(wrong), param, ctx)
        if not names.is_stream_name(stream.name):
            self.fail(f"{stream.name!r} is no stream name: {names.STREAM_RULE}", param, ctx)
        return stream


class TopicType(click.ParamType[tuple[str, str]]):
    """`NAME=URL`."""

    name = "NAME=URL"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Read one topic."""
        if isinstance(value, tuple):
            return value
        from shardline.cloudwatch.alarms.arns import host_of

        name, _, url = str(value).partition("=")
        if not name or host_of(url) is None:
            self.fail(f"{value!r} is not NAME=URL, such as ops=https://host/hook", param, ctx)
        return name, url


def metrics_token(token: str | None) -> str | None:
    """The token as it is given; an empty one is none. It is not shown when it is refused."""
    if token and not _TOKEN.fullmatch(token):
        raise click.BadParameter(
            "give 16 to 256 visible ASCII characters, such as `openssl rand -hex 32` makes",
            param_hint="--metrics-token",
        )
    return token or None


def root_key() -> tuple[str, str] | None:
    """The root key that the environment gives; the command line would show it to everybody."""
    from shardline.rootkey import ACCESS_KEY_VARIABLE, SECRET_VARIABLE, given_key

    try:
        return given_key(os.environ.get(ACCESS_KEY_VARIABLE), os.environ.get(SECRET_VARIABLE))
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from wrong
