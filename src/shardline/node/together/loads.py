"""The load of on-demand streams, of all workers: told every second to the one that scales them.

A message that is lost is load that was not seen. What is told counts to the minute in which it
comes, at most a second late.
"""

from collections.abc import Iterator, Sequence

import msgspec

from shardline.kinesis.load import ShardCount
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.storage.members import Bus
from shardline.storage.members_port import Members

TOPIC = b"o"
_AT_ONCE = 500  # counts in one message, each of at most some 60 bytes


class LoadsTogether:
    """What a worker tells of its load, and is told."""

    def __init__(self, on_demand: OnDemand, bus: Bus, members: Members) -> None:
        self._on_demand = on_demand
        self._bus = bus
        self._members = members
        bus.on(TOPIC, self._told)

    async def run_once(self) -> None:
        """Tell what was counted since the last time, unless it is for this worker to know."""
        if self._members.is_on_duty():
            return
        for part in _parts(self._on_demand.take_counts()):
            self._bus.tell(TOPIC, msgspec.json.encode(part))

    def _told(self, worker: int, payload: bytes) -> None:
        if self._members.is_on_duty():
            self._on_demand.add_counts(msgspec.json.decode(payload, type=list[ShardCount]))


def _parts(counts: Sequence[ShardCount]) -> Iterator[Sequence[ShardCount]]:
    for start in range(0, len(counts), _AT_ONCE):
        yield counts[start : start + _AT_ONCE]
