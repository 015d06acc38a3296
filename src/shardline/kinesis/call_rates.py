"""How often the control operations may be called: AWS's figures, and who is held to them.

A rate counts an account in a region, or a stream. Where it counts an account, the node's setting
says whether it holds; where it counts a stream, the stream's own mode does. The burst is one
second's worth (AWS states none).

Figures are botocore's model's (its text of each operation); where that is silent, those of AWS's
quotas page. For operations that neither names (tags by ARN, encryption, UpdateStreamMode,
UpdateMaxRecordSize) no rate is known, and none is kept.
"""

from collections.abc import Hashable, Mapping
from typing import Any, Literal, NamedTuple

from shardline.clock import Clock
from shardline.gateway.types import Caller
from shardline.kinesis import consumers, messages, naming
from shardline.kinesis.book import StreamBook
from shardline.kinesis.buckets import per_second
from shardline.kinesis.limit_modes import LimitsMode
from shardline.kinesis.meters import Meters

Scope = Literal["account", "stream", "consumer and shard"]
Source = Literal["model", "quotas page"]


class CallRate(NamedTuple):
    """So many calls a second for each account (in a region), stream, or consumer of a shard."""

    per_s: int
    scope: Scope = "account"
    source: Source = "model"


CALL_RATES: Mapping[str, CallRate] = {
    "AddTagsToStream": CallRate(5),
    "CreateStream": CallRate(5),
    "DecreaseStreamRetentionPeriod": CallRate(5, "stream", "quotas page"),
    "DeleteResourcePolicy": CallRate(5, "account", "quotas page"),
    "DeleteStream": CallRate(5),
    "DeregisterStreamConsumer": CallRate(5, "stream"),
    "DescribeAccountSettings": CallRate(5),
    "DescribeLimits": CallRate(1),
    "DescribeStream": CallRate(10),
    "DescribeStreamConsumer": CallRate(20, "stream"),
    "DescribeStreamSummary": CallRate(20),
    "DisableEnhancedMonitoring": CallRate(5, "stream", "quotas page"),
    "EnableEnhancedMonitoring": CallRate(5, "stream", "quotas page"),
    "GetResourcePolicy": CallRate(5, "account", "quotas page"),
    "IncreaseStreamRetentionPeriod": CallRate(5, "stream", "quotas page"),
    "ListShards": CallRate(1000, "stream"),
    "ListStreamConsumers": CallRate(5, "stream"),
    "ListStreams": CallRate(5),
    "ListTagsForStream": CallRate(5),
    "MergeShards": CallRate(5),
    "PutResourcePolicy": CallRate(5, "account", "quotas page"),
    "RegisterStreamConsumer": CallRate(5),
    "RemoveTagsFromStream": CallRate(5),
    "SplitShard": CallRate(5),
    "SubscribeToShard": CallRate(1, "consumer and shard"),
    "UpdateAccountSettings": CallRate(5),
    "UpdateShardCount": CallRate(10),
    "UpdateStreamWarmThroughput": CallRate(5),
}

_ARNS = ("StreamARN", "ResourceARN", "ConsumerARN")


class CallRates:
    """Counts calls before they are made."""

    def __init__(self, book: StreamBook, meters: Meters, clock: Clock, mode: LimitsMode) -> None:
        self._book = book
        self._meters = meters
        self._clock = clock
        self._mode = mode

    def take(self, caller: Caller, operation: str, call: Any) -> None:
        """Take one call of an operation, with its parameters as they were validated.

        Raises LimitExceededException. A stream that is not there is not counted for.
        """
        rate = CALL_RATES.get(operation)
        if rate is None:
            return
        key = self._key(rate.scope, caller, call)
        if key is None:
            return
        allowed = per_second(rate.per_s)
        now_ms = self._clock.now_ms()
        if not self._meters.call((operation, key), allowed, now_ms):
            if rate.scope == "consumer and shard":
                self._note_subscription(caller, call, now_ms)
            raise _rate_exceeded(caller, call)

    def _note_subscription(self, caller: Caller, call: Mapping[str, Any], now_ms: int) -> None:
        """Count a SubscribeToShard that is refused, for its consumer if there is one."""
        live = self._book.known(caller, _name(call), call.get("StreamId"))
        for consumer in live.stream.consumers if live else ():
            if live and consumers.arn(live.stream, consumer) == call["ConsumerARN"]:
                live.counts.subscribe_failed(now_ms, consumer.name, too_soon=True)

    def _key(self, scope: Scope, caller: Caller, call: Mapping[str, Any]) -> Hashable:
        """What the call counts for; None when its rate does not hold."""
        if scope == "account":
            return (caller.account, caller.region) if self._mode == "aws" else None
        live = self._book.known(caller, _name(call), call.get("StreamId"))
        if live is None or not live.throttled:
            return None
        if scope == "stream":
            return live.stream.id
        return call["ConsumerARN"], call["ShardId"]


def _name(call: Mapping[str, Any]) -> str | None:
    """The name of the stream that a call means, if it has one of any kind."""
    if (name := call.get("StreamName")) is not None:
        return str(name)
    arn = next((call[member] for member in _ARNS if call.get(member)), None)
    return None if arn is None else naming.stream_name_in(arn)


def _rate_exceeded(caller: Caller, call: Mapping[str, Any]) -> Exception:
    name = _name(call) or call.get("StreamId")
    if name is None:
        return messages.account_rate_exceeded(caller.account)
    return messages.stream_rate_exceeded(name, caller.account)
