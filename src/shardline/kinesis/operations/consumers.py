"""Registering, describing, listing and deregistering consumers with enhanced fan-out."""

import asyncio
from typing import Any

from shardline.clock import Clock
from shardline.gateway.types import Caller
from shardline.kinesis import consumers, lifecycle, messages, naming, page_tokens, tags
from shardline.kinesis.book import StreamBook
from shardline.kinesis.limits import Limits
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.kinesis.shelf import LiveStream
from shardline.storage.entities import Consumer, Stream

CONSUMERS_PER_PAGE = 100  # the default, and the most whatever MaxResults says (botocore's model)


class Consumers:
    """The operations on consumers. `on_demand` says which accounts have On-demand Advantage."""

    def __init__(
        self,
        book: StreamBook,
        clock: Clock,
        limits: Limits,
        token_key: bytes,
        on_demand: OnDemand,
    ) -> None:
        self._book = book
        self._clock = clock
        self._limits = limits
        self._token_key = token_key
        self._on_demand = on_demand
        self._registering = asyncio.Lock()

    async def register_stream_consumer(
        self, caller: Caller, call: dict[str, Any]
    ) -> dict[str, Any]:
        """Register a consumer. Its name is free again when it was deregistered."""
        live = await self._book.of_call(caller, call)
        new_tags = tags.add((), call.get("Tags") or {})
        now_ms = self._clock.now_ms()
        new = Consumer(call["ConsumerName"], now_ms, "CREATING", self._book.due_ms(), new_tags)
        async with self._registering:  # two calls could pass a limit that holds for one
            elsewhere = [
                consumers.creating(consumers.present(stream, now_ms))
                for stream in await self._book.of(caller.account, caller.region)
                if stream.id != live.stream.id
            ]

            def make(stream: Stream) -> Stream:
                after = consumers.register(stream, new, now_ms)
                self._limits.check_new_consumer(
                    stream,
                    now_ms=now_ms,
                    creating_elsewhere=sum(elsewhere),
                    advantage=stream.mode == "ON_DEMAND"
                    and self._on_demand.has_advantage(caller.account, caller.region),
                )
                return after

            await self._book.change(live, "register_consumer", make)
        made = next(each for each in live.stream.consumers if each.name == new.name)
        return {"Consumer": consumers.describe(live.stream, made)}

    async def deregister_stream_consumer(self, caller: Caller, call: dict[str, Any]) -> None:
        """Deregister a consumer; its subscriptions end."""
        live, found = await self._named(caller, call)
        now_ms, due_ms = self._clock.now_ms(), self._book.due_ms()

        def make(stream: Stream) -> Stream:
            second = consumers.second(found)
            return consumers.deregister(stream, found.name, second, now_ms=now_ms, due_ms=due_ms)

        await self._book.change(live, "deregister_consumer", make)

    async def describe_stream_consumer(
        self, caller: Caller, call: dict[str, Any]
    ) -> dict[str, Any]:
        """One consumer, by its ARN or by its stream's ARN and its name."""
        live, found = await self._named(caller, call)
        stream = live.stream
        of_stream = naming.stream_arn(stream.region, stream.account, stream.name)
        return {
            "ConsumerDescription": {**consumers.describe(stream, found), "StreamARN": of_stream}
        }

    async def list_stream_consumers(self, caller: Caller, call: dict[str, Any]) -> dict[str, Any]:
        """A page of a stream's consumers, by name."""
        stream = (await self._book.of_call(caller, call)).stream
        lifecycle.after(stream, "list")
        now_ms = self._clock.now_ms()
        after = self._page_start(stream, call, now_ms)
        listed = [each for each in consumers.present(stream, now_ms) if each.name > after]
        page = listed[: min(call.get("MaxResults") or CONSUMERS_PER_PAGE, CONSUMERS_PER_PAGE)]
        answer: dict[str, Any] = {"Consumers": [consumers.describe(stream, each) for each in page]}
        if len(page) < len(listed):
            rest = {"StreamId": stream.id, "after": page[-1].name}
            answer["NextToken"] = page_tokens.make(
                self._token_key, "ListStreamConsumers", rest, now_ms
            )
        return answer

    def _page_start(self, stream: Stream, call: dict[str, Any], now_ms: int) -> str:
        """The name after which a page begins. The token must be one of the stream's."""
        wanted, token = call.get("StreamCreationTimestamp"), call.get("NextToken")
        if token is None:
            if wanted is not None and int(wanted) != stream.created_ms // 1000:
                raise messages.stream_not_found(stream.name, stream.account)
            return ""
        if wanted is not None:
            raise messages.invalid_argument(
                "NextToken and StreamCreationTimestamp cannot be provided together."
            )
        state = page_tokens.read(self._token_key, "ListStreamConsumers", token, now_ms)
        if state["StreamId"] != stream.id:
            raise messages.invalid_argument("Invalid NextToken.")
        return str(state["after"])

    async def _named(self, caller: Caller, call: dict[str, Any]) -> tuple[LiveStream, Consumer]:
        """The consumer that a call means, by its ARN, or by its stream's ARN and its name.

        Raises InvalidArgumentException when it is named by neither, or by both and differently;
        AWS's texts are not known.
        """
        arn, name = call.get("ConsumerARN"), call.get("ConsumerName")
        if arn is None:
            if name is None or (call.get("StreamARN") is None and call.get("StreamId") is None):
                raise messages.invalid_argument(
                    "Either ConsumerARN or both StreamARN and ConsumerName should be provided."
                )
            live = await self._book.of_call(caller, call)
            return live, consumers.find(live.stream, name, self._clock.now_ms())
        live, found = await find_by_arn(self._book, caller, arn, self._clock.now_ms())
        if name not in (None, found.name) or not _names(live.stream, call):
            raise messages.invalid_argument(
                f"ConsumerARN {arn} and the StreamARN or ConsumerName given with it "
                "do not name the same consumer."
            )
        return live, found


async def find_by_arn(
    book: StreamBook, caller: Caller, arn: str, now_ms: int
) -> tuple[LiveStream, Consumer]:
    """The consumer of that ARN, and its stream.

    Raises InvalidArgumentException for what is no consumer's ARN of this account and region, and
    ResourceNotFoundException.
    """
    parts = naming.in_consumer_arn(arn, caller.account, caller.region)
    if parts is None:
        raise messages.invalid_argument(f"{arn} is not the ARN of a consumer.")
    live = await book.find(caller.account, caller.region, parts.stream)
    return live, consumers.find(live.stream, parts.name, now_ms, parts.created_s)


def _names(stream: Stream, call: dict[str, Any]) -> bool:
    """Whether what a call says of the stream, if it does, is of this one."""
    own = naming.stream_arn(stream.region, stream.account, stream.name)
    return call.get("StreamARN") in (None, own) and call.get("StreamId") in (None, stream.id)
