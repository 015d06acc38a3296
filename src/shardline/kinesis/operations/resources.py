"""What a ResourceARN names, a stream or a consumer of one, and how that is changed."""

from collections.abc import Callable
from dataclasses import dataclass

from shardline.gateway.types import Caller
from shardline.kinesis import consumers, naming
from shardline.kinesis.book import StreamBook
from shardline.kinesis.lifecycle import Event
from shardline.kinesis.shelf import LiveStream
from shardline.storage.entities import Consumer, Stream


@dataclass(frozen=True, slots=True)
class Resource:
    """A stream, or one of its consumers."""

    live: LiveStream
    consumer: Consumer | None = None

    @property
    def itself(self) -> Stream | Consumer:
        """The one that has the tags and the policy."""
        return self.consumer or self.live.stream


class Resources:
    """Finds resources by their ARNs, and changes them."""

    def __init__(self, book: StreamBook) -> None:
        self._book = book

    async def find(self, caller: Caller, arn: str) -> Resource:
        """The resource of that ARN.

        Raises InvalidArgumentException for what is no ARN of a stream or consumer of this account
        and region, and ResourceNotFoundException.
        """
        parts = naming.in_consumer_arn(arn, caller.account, caller.region)
        if parts is None:
            name = naming.name_in_arn(arn, caller.account, caller.region)
            return Resource(await self._book.find(caller.account, caller.region, name))
        live = await self._book.find(caller.account, caller.region, parts.stream)
        now_ms = self._book.clock.now_ms()
        return Resource(live, consumers.find(live.stream, parts.name, now_ms, parts.created_s))

    async def change(
        self,
        resource: Resource,
        event: Event,
        of_stream: Callable[[Stream], Stream],
        of_consumer: Callable[[Consumer], Consumer],
    ) -> None:
        """Let `event` happen to the stream, with a change of the resource.

        Raises ResourceInUseException for a stream or a consumer that is not ACTIVE, and what the
        functions raise.
        """
        named = resource.consumer

        def make(stream: Stream) -> Stream:
            if named is None:
                return of_stream(stream)
            now_ms = self._book.clock.now_ms()
            second = consumers.second(named)
            found = consumers.find_active(stream, named.name, now_ms, second)
            return consumers.change(stream, of_consumer(found), now_ms)

        await self._book.change(resource.live, event, make)
