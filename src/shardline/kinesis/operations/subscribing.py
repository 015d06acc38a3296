"""SubscribeToShard."""

from typing import Any

from shardline.clock import Clock
from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Caller, EventSource
from shardline.kinesis import consumers, lineage, messages
from shardline.kinesis.book import StreamBook
from shardline.kinesis.counts.outcomes import outcome_of
from shardline.kinesis.fanout.subscriptions import Subscriptions
from shardline.kinesis.operations.appending import dry_run_error
from shardline.kinesis.operations.consumers import find_by_arn
from shardline.kinesis.reading import Reading


class Subscribing:
    """The operation whose answer is an event stream."""

    def __init__(
        self, book: StreamBook, reading: Reading, subscriptions: Subscriptions, clock: Clock
    ) -> None:
        self._book = book
        self._reading = reading
        self._subscriptions = subscriptions
        self._clock = clock

    async def subscribe_to_shard(self, caller: Caller, call: dict[str, Any]) -> EventSource:
        """Subscribe a consumer to a shard, from one of the five kinds of positions on.

        What is wrong with the call is an ordinary error answer; the order of the checks, where AWS
        has several, is not known.
        """
        live, consumer = await find_by_arn(
            self._book, caller, call["ConsumerARN"], self._clock.now_ms()
        )
        stream = live.stream
        if consumer.status != "ACTIVE":
            second = consumers.second(consumer)
            raise messages.consumer_cannot_read(consumer.name, second, stream.name, stream.account)
        number = lineage.read_shard_id(call["ShardId"], stream.name, stream.account)
        shard = self._reading.visible_shard(live, number)
        start = call["StartingPosition"]
        try:
            offset = await self._reading.start(
                stream, shard, start["Type"], start.get("SequenceNumber"), start.get("Timestamp")
            )
            if call.get("DryRun"):
                raise dry_run_error()
            opened = await self._subscriptions.open(live, consumer, shard, offset)
        except Exception as error:
            taken = isinstance(error, ServiceError) and error.code == "ResourceInUseException"
            if taken or outcome_of(error):
                live.counts.subscribe_failed(self._clock.now_ms(), consumer.name, too_soon=taken)
            raise
        live.counts.subscribe(self._clock.now_ms(), consumer.name)
        return opened
