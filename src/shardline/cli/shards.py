"""`shardline shards`: the shards of a stream as a drawing."""

import json
from pathlib import Path

import click

from shardline.cli import options
from shardline.cli.client import address, choose_target, make_client, reported_failures
from shardline.doctor.drawing.shard_map import MappedShard, lineage_lines, range_lines


@click.command("shards")
@click.argument("stream")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each shard.")
@options.data_dir
@click.option("--region", help="The AWS region of the stream; the server's, if not given.")
@click.option("--aws", is_flag=True, help="Real AWS, whatever AWS_ENDPOINT_URL says.")
def command(stream: str, as_json: bool, data_dir: Path, region: str | None, aws: bool) -> None:
    """Draw the shards of STREAM (a name or an ARN): which hash keys each has, and its lineage.

    A record goes to the shard whose range holds the MD5 of its partition key: `shardline where`
    says which. Closed shards are listed until their last record has expired.
    """
    target = choose_target(data_dir, aws=aws, region=region)
    client = make_client(target)
    with reported_failures(target):
        pages = client.get_paginator("list_shards").paginate(**address(stream))
        shards = [MappedShard.of(shard) for page in pages for shard in page["Shards"]]
    if as_json:
        for shard in shards:
            click.echo(json.dumps(_members(shard)))
        return
    opened = sum(shard.is_open for shard in shards)
    click.echo(f"{stream}: {opened} open, {len(shards) - opened} closed\n")
    click.echo("\n".join(range_lines(shards)))
    if opened < len(shards):
        click.echo("\n" + "\n".join(lineage_lines(shards)))


def _members(shard: MappedShard) -> dict[str, object]:
    return {
        "shard": shard.id,
        "open": shard.is_open,
        "starting_hash_key": str(shard.start),
        "ending_hash_key": str(shard.end),
        "share": round(shard.share, 6),
        "parents": shard.parents,
    }
