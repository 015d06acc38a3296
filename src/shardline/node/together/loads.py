"""The load of on-demand streams: every worker tells all others, each second, what it counted.

So each knows all of it, and the one on duty scales by it. A message that is lost is load that was
not seen; what comes when its minute is over counts to the next one.
"""

from collections.abc import Iterator, Sequence

import msgspec

from shardline.kinesis.load import ShardCount
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.storage.members_port import Messages

COUNTS = b"o"
FORGOTTEN = b"O"
_COUNT_BYTES = 100  # of one that is told, at most


class LoadsTogether:
    """What a worker tells of its load, and is told."""

    def __init__(self, on_demand: OnDemand, bus: Messages) -> None:
        self._bus = bus
        self._meter = on_demand.share(lambda stream: bus.tell(FORGOTTEN, stream.encode()))
        bus.on(COUNTS, lambda _, payload: self._told(payload))
        bus.on(FORGOTTEN, lambda _, payload: on_demand.forget(payload.decode()))

    async def run_once(self) -> None:
        """Tell what was counted since the last time."""
        at_once = self._bus.most_bytes // _COUNT_BYTES
        for part in _parts(self._meter.take_untold(), at_once):
            self._bus.tell(COUNTS, msgspec.json.encode(part))

    def _told(self, payload: bytes) -> None:
        self._meter.add(msgspec.json.decode(payload, type=list[ShardCount]))


def _parts(counts: Sequence[ShardCount], at_once: int) -> Iterator[Sequence[ShardCount]]:
    for start in range(0, len(counts), at_once):
        yield counts[start : start + at_once]
