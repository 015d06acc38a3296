"""Meters of gateways that share no memory: each tells the others what it took, and takes theirs.

So a client that stays with one gateway has a shard's whole rate, and clients of several have it
together, but for what `TELL_S` brings: a shard that is written through N gateways at once may take
up to N bursts before they know of each other. What is owed so is waited for afterwards.

Only streams with AWS's throughput limits, and calls that have rates, pay for it.
"""

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

from shardline.clock import Clock
from shardline.kinesis.buckets import Bucket, Rate
from shardline.kinesis.meters import LocalMeters
from shardline.storage.members_port import Messages

TELL_S: Final = 0.1
TAKEN: Final = b"m"


class Taken(NamedTuple):
    """What a gateway took of a bucket since it told last."""

    key: Any  # lists, where the bucket's key has tuples
    rate: Rate
    amount: int


class ToldMeters(LocalMeters):
    """See `shardline.kinesis.meters.Meters`."""

    def __init__(self, bus: Messages, clock: Clock) -> None:
        super().__init__()
        self._bus = bus
        self._clock = clock
        self._used: dict[Hashable, Bucket] = {}  # since the last time that was told
        bus.on(TAKEN, self._heard)

    async def run_once(self) -> None:
        """Tell what was taken since the last time."""
        for message in _messages(self._untold(), self._bus.most_bytes):
            self._bus.tell(TAKEN, message)

    def _untold(self) -> list[Taken]:
        used, self._used = self._used, {}
        untold = [Taken(key, each.rate, each.taken) for key, each in used.items() if each.taken]
        for each in used.values():
            each.taken = 0
        return untold

    def _heard(self, gateway: int, payload: bytes) -> None:
        now_ms = self._clock.now_ms()
        for key, rate, amount in msgspec.json.decode(payload, type=list[Taken]):
            bucket = super()._bucket(_tuple(key), rate, now_ms)
            taken = bucket.taken
            bucket.left(now_ms)
            bucket.take(amount)  # also if there is less: then the rest is owed
            bucket.taken = taken  # the others know

    def _bucket(self, key: Hashable, rate: Rate, now_ms: int) -> Bucket:
        bucket = self._used[key] = super()._bucket(key, rate, now_ms)
        return bucket


def _messages(untold: Iterable[Taken], most_bytes: int) -> Iterator[bytes]:
    """JSON lists, each of as many as fit."""
    message = b""
    for each in map(msgspec.json.encode, untold):
        if message and len(message) + len(each) + 2 > most_bytes:
            yield message + b"]"
            message = b""
        message += (b"," if message else b"[") + each
    if message:
        yield message + b"]"


def _tuple(key: Any) -> Hashable:
    return tuple(map(_tuple, key)) if isinstance(key, list) else key
