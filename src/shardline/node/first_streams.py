"""The streams that the settings want to be there from the start."""

from typing import Any

from shardline.gateway.constraints import validate
from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Api, Caller
from shardline.kinesis.book import StreamBook
from shardline.settings import NodeSettings


async def make_first_streams(kinesis: Api, book: StreamBook, settings: NodeSettings) -> None:
    """Make those that are missing, as root would. Raises ValueError for one that is refused."""
    account, region = settings.account, settings.region
    caller = Caller(account, region, "", f"arn:aws:iam::{account}:root", is_root=True)
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
            validate(kinesis.model.operations["CreateStream"], call)
            await kinesis.handlers["CreateStream"](caller, call)
        except ServiceError as refused:
            raise ValueError(f"--stream {wanted.name}: {refused.message}") from refused
