"""Tags: of streams by their own operations, of streams and consumers by those on an ARN."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shardline.gateway.types import Caller
from shardline.kinesis import tags
from shardline.kinesis.book import StreamBook
from shardline.kinesis.operations.resources import Resources

TAGS_PER_PAGE = 50


class Tagging:
    """The operations on tags."""

    def __init__(self, book: StreamBook) -> None:
        self._book = book
        self._resources = Resources(book)

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
        """Set tags of the stream or consumer that an ARN names."""
        await self._change(caller, call, lambda before: tags.add(before, call["Tags"]))

    async def untag_resource(self, caller: Caller, call: dict[str, Any]) -> None:
        """Take tags off the stream or consumer that an ARN names."""
        await self._change(caller, call, lambda before: tags.remove(before, call["TagKeys"]))

    async def list_tags_for_resource(self, caller: Caller, call: dict[str, Any]) -> dict[str, Any]:
        """All tags of the stream or consumer that an ARN names."""
        resource = await self._resources.find(caller, call["ResourceARN"])
        return {"Tags": _answer(resource.itself.tags)}

    async def _change(
        self, caller: Caller, call: dict[str, Any], after: Callable[[tags.Tags], tags.Tags]
    ) -> None:
        resource = await self._resources.find(caller, call["ResourceARN"])
        await self._resources.change(
            resource,
            "change_tags",
            lambda stream: replace(stream, tags=after(stream.tags)),
            lambda consumer: replace(consumer, tags=after(consumer.tags)),
        )


def _answer(pairs: tags.Tags | list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in pairs]
