"""What the options of `shardline doctor` mean."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from shardline.cli import Failure
from shardline.cli.client import Target, make_client
from shardline.cli.duration import parse_since
from shardline.doctor.facts import Config
from shardline.doctor.gather import Wish

AT_LEAST_S = 300
"""A look at less would see nothing: the minute that runs is left out."""

TRIES = 3
"""An API that does not answer is a fact that is to be told soon."""


def wish_of(
    name: str,
    since: str,
    now_s: int,
    target: Target,
    given: dict[str, Any],
    checkpoints: tuple[tuple[str, str], ...],
) -> Wish:
    """What to look at. Raises `UsageError`, and `Failure` for a file that is wrong."""
    try:
        since_s = int(parse_since(since, datetime.fromtimestamp(now_s, UTC)).timestamp())
    except ValueError as error:
        raise click.UsageError(f"--since: {error}") from error
    wish = Wish(
        stream=name,
        since_s=min(since_s, now_s - AT_LEAST_S),
        now_s=now_s,
        endpoint=target.endpoint,
        principal=given["principal"],
        needs=given["needs"],
        lease_table=given["lease_table"],
        checkpoints=checkpoints,
        sample=given["sample"] or 0,
        config=_config(given["file"], name) if given["file"] is not None else None,
    )
    return replace(wish, sections=given["sections"]) if given["sections"] else wish


def named(stream: str, region: str | None) -> tuple[str, str | None]:
    """The name of a stream, and the region that its ARN says."""
    if not stream.startswith("arn:"):
        return stream, region
    parts = stream.split(":")
    if len(parts) != 6 or not parts[5].startswith("stream/"):
        raise click.UsageError(f"{stream} is no ARN of a stream")
    return parts[5].removeprefix("stream/"), region or parts[3]


def checkpoint(text: str) -> tuple[str, str]:
    """The shard and the sequence number of a --checkpoint."""
    shard, equals, number = text.partition("=")
    if not (equals and shard and number):
        raise click.UsageError(f"{text!r} is not SHARD=SEQUENCE, such as shardId-000000000000=495…")
    return shard, number


def _config(file: Path, name: str) -> Config:
    """What the stream's file says that doctor looks at."""
    from shardline.module.scaling.rules import Rules
    from shardline.module.spec import ConfigErrors, ScaledShards, load_all, resolve

    try:
        (config,) = load_all([file])
    except ConfigErrors as errors:
        raise Failure("\n".join(map(str, errors.problems))) from errors
    wanted = resolve(config)
    if wanted.name != name:
        raise click.UsageError(f"{file} is of the stream {wanted.name}, not of {name}")
    scales = wanted.capacity
    rules = None
    if isinstance(scales, ScaledShards):
        rules = Rules(scales.least, scales.most, scales.target_utilization)
    access = wanted.access
    grants = {"read": access.read, "write": access.write, "manage": access.manage}
    return Config(str(file), rules, grants, wanted.kms_key)


def clients_of(target: Target) -> Callable[[str], Any]:
    """Clients of the target. DynamoDB is none of its APIs: AWS_ENDPOINT_URL_DYNAMODB, or AWS's."""
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            of = _dynamodb(target) if service == "dynamodb" else target
            made[service] = make_client(of, service, tries=TRIES)
        return made[service]

    return client


def _dynamodb(target: Target) -> Target:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")
    key = target.key if endpoint and "AWS_ACCESS_KEY_ID" not in os.environ else None
    return Target(endpoint, target.region, key)
