"""The streams that the settings want to be there from the start."""

from typing import Any

from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Api
from shardline.kinesis.book import StreamBook
from shardline.node.root_calls import call_as_root
from shardline.settings import NodeSettings


async def make_first_streams(kinesis: Api, book: StreamBook, settings: NodeSettings) -> None:
    """Make those that are missing, as root would. Raises ValueError for one that is refused."""
    account, region = settings.account, settings.region
    there = {stream.name for stream in await book.of(account, region)}
    for wanted in settings.streams:
        if wanted.name in there:
            continue
        mode = "PROVISIONED" if wanted.shards else "ON_DEMAND"
        call: dict[str, Any] = {
            "StreamName": wanted.name,
            "StreamModeDetails": {"StreamMode": mode},
        }
        if wanted.shards:
            call["ShardCount"] = wanted.shards
        try:
            await call_as_root(kinesis, account, region, "CreateStream", call)
        except ServiceError as refused:
            if book.named(account, region, wanted.name) is not None:
                continue  # another process was first
            raise ValueError(f"--stream {wanted.name}: {refused.message}") from refused
