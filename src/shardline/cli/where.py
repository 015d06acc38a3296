"""`shardline where`: which shard a key goes to, or where a record is and when it will go."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from shardline.cli import Failure, options
from shardline.cli.client import address, choose_target, make_client, reported_failures
from shardline.cli.duration import in_words
from shardline.doctor.drawing.shard_map import MappedShard


@click.command("where")
@click.argument("stream")
@click.argument("key", required=False)
@click.option("--sequence", metavar="N", help="A record's sequence number, instead of a KEY.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@options.data_dir
@click.option("--region", help="The AWS region of the stream; the server's, if not given.")
@click.option("--aws", is_flag=True, help="Real AWS, whatever AWS_ENDPOINT_URL says.")
def command(
    stream: str,
    key: str | None,
    sequence: str | None,
    as_json: bool,
    data_dir: Path,
    region: str | None,
    aws: bool,
) -> None:
    """Say to which shard of STREAM the partition key KEY goes.

    With --sequence, say where the record of that number is: its shard, its age, how far behind the
    newest record it is, and when it will be trimmed. This reads one record of the shard.
    """
    if (key is None) == (sequence is None):
        raise click.UsageError("give a KEY or --sequence, one of the two")
    target = choose_target(data_dir, aws=aws, region=region)
    client = make_client(target)
    with reported_failures(target):
        pages = client.get_paginator("list_shards").paginate(**address(stream))
        shards = [MappedShard.of(shard) for page in pages for shard in page["Shards"]]
        if key is not None:
            found = place_of_key(key, shards)
        else:
            assert sequence is not None
            found = _place_of_record(client, stream, sequence, shards)
    if as_json:
        click.echo(json.dumps(found, default=str))
        return
    for name, value in found.items():
        if value is not None:
            click.echo(f"{name.replace('_', ' ') + ':':<22} {_shown(value)}")


def place_of_key(key: str, shards: list[MappedShard]) -> dict[str, Any]:
    """The open shard whose range holds the key's hash. Raises `Failure` when there is none."""
    from shardline.kinesis.hashing import hash_key

    hashed = hash_key(key.encode())
    for shard in shards:
        if shard.is_open and shard.start <= hashed <= shard.end:
            return {"shard": shard.id, "hash_key": str(hashed), "share_of_keys": shard.share}
    raise Failure("the stream has no open shard: it is being made or deleted")


def _place_of_record(
    client: Any, stream: str, sequence: str, shards: list[MappedShard]
) -> dict[str, Any]:
    shard = _shard_of(sequence, shards)
    named = address(stream)
    summary = client.describe_stream_summary(**named)["StreamDescriptionSummary"]
    retention = timedelta(hours=summary["RetentionPeriodHours"])
    iterator = client.get_shard_iterator(
        **named,
        ShardId=shard.id,
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=sequence,
    )["ShardIterator"]
    answer = client.get_records(ShardIterator=iterator, Limit=1)
    record = next(iter(answer["Records"]), None)
    if record is None or record["SequenceNumber"] != sequence:
        raise Failure(
            f"{shard.id} has no record of that number any more, or never had: its records are "
            f"kept for {in_words(retention)}"
        )
    arrived = record["ApproximateArrivalTimestamp"].astimezone(UTC)
    now = datetime.now(UTC)
    return {
        "shard": shard.id,
        "shard_is_open": shard.is_open,
        "partition_key": record["PartitionKey"],
        "arrived": arrived,
        "age": now - arrived,
        "behind_the_newest": timedelta(milliseconds=answer["MillisBehindLatest"]),
        "trimmed_at": arrived + retention,
        "trimmed_in": arrived + retention - now,
    }


def _shard_of(sequence: str, shards: list[MappedShard]) -> MappedShard:
    """The shard that a sequence number names. Raises `Failure` with what would be right."""
    from shardline.kinesis.sequence import UndecodableNumberError, parse

    try:
        number = parse(sequence).shard
    except (ValueError, UndecodableNumberError) as error:
        raise Failure(
            f"{sequence!r} is no sequence number: it is 56 digits, as a put or a read answers it"
        ) from error
    for shard in shards:
        if shard.id == f"shardId-{number:012d}":
            return shard
    raise Failure(f"the stream has no shard {number}, to which that number belongs")


def _shown(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.2%}"
        case timedelta():
            return in_words(value)
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%SZ}"
        case _:
            return str(value)
