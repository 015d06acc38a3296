"""Tags of streams, by the stream's own operations and by the general ones on its ARN."""

from dataclasses import replace
from typing import Any

from shardline.gateway.types import Caller
from shardline.kinesis import naming, tags
from shardline.kinesis.book import StreamBook
from shardline.kinesis.shelf import LiveStream

TAGS_PER_PAGE = 50


class Tagging:
    """The operations on tags."""

    def __init__(self, book: StreamBook) -> None:
        self._book = book

    async def add_tags_to_stream(self, caller: Caller, call: dict[str, Any]) -> None:
        """Set tags of a stream."""
        live = await self._book.of_call(caller, call)
        await self._book.change(
            live,
            "change_tags",
            lambda stream: replace(stream, tags=tags.add_to_stream(stream, call["Tags"])),
        )

    async def remove_tags_from_stream(self, caller: Caller, call: dict[str, Any]) -> None:
        """Take tags off a stream; keys that are not there are passed over."""
        live = await self._book.of_call(caller, call)
        await self._book.change(
            live,
            "change_tags",
            lambda stream: replace(stream, tags=tags.remove_from_stream(stream, call["TagKeys"])),
        )

    async def list_tags_for_stream(self, caller: Caller, call: dict[str, Any]) -> dict[str, Any]:
        """A page of a stream's tags, by key."""
        live = await self._book.of_call(caller, call)
        after = call.get("ExclusiveStartTagKey")
        listed = [tag for tag in live.stream.tags if after is None or tag[0] > after]
        page = listed[: call.get("Limit") or TAGS_PER_PAGE]
        return {"Tags": _answer(page), "HasMoreTags": len(page) < len(listed)}

    async def tag_resource(self, caller: Caller, call: dict[str, Any]) -> None:
        """Set tags of the resource that an ARN names."""
        live = await self._resource(caller, call)
        await self._book.change(
            live,
            "change_tags",
            lambda stream: replace(stream, tags=tags.add(stream.tags, call["Tags"])),
        )

    async def untag_resource(self, caller: Caller, call: dict[str, Any]) -> None:
        """Take tags off the resource that an ARN names."""
        live = await self._resource(caller, call)
        await self._book.change(
            live,
            "change_tags",
            lambda stream: replace(stream, tags=tags.remove(stream.tags, call["TagKeys"])),
        )

    async def list_tags_for_resource(self, caller: Caller, call: dict[str, Any]) -> dict[str, Any]:
        """All tags of the resource that an ARN names."""
        live = await self._resource(caller, call)
        return {"Tags": _answer(live.stream.tags)}

    async def _resource(self, caller: Caller, call: dict[str, Any]) -> LiveStream:
        name = naming.name_in_arn(call["ResourceARN"], caller.account, caller.region)
        return await self._book.find(caller.account, caller.region, name)


def _answer(pairs: tags.Tags | list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in pairs]
