"""All that was read of one stream."""

from collections.abc import Mapping
from dataclasses import dataclass

from shardline.doctor.facts.access import Account, Config, Simulation
from shardline.doctor.facts.load import Load, Metrics, Sample
from shardline.doctor.facts.reading import Failed, Reading
from shardline.doctor.facts.stream import Alarm, Consumer, Limits, Position, Shard, Stream


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was read. `name` is the stream's."""

    name: str
    now_s: int
    since_s: int
    endpoint: str | None
    stream: Reading[Stream]
    shards: Reading[tuple[Shard, ...]]
    consumers: Reading[tuple[Consumer, ...]]
    tags: Reading[Mapping[str, str]]
    key_state: Reading[str] | None
    metrics: Reading[Metrics]
    shard_metrics: Reading[Metrics] | None
    hours: Reading[Metrics]
    load: Reading[Load]
    limits: Reading[Limits]
    alarms: Reading[tuple[Alarm, ...]]
    account: Reading[Account]
    simulation: Reading[Simulation] | None = None
    needs: tuple[str, ...] = ()
    positions: Reading[tuple[Position, ...]] | None = None
    sample: Reading[Sample] | None = None
    config: Config | None = None

    @property
    def is_aws(self) -> bool:
        """Whether this is AWS itself."""
        return self.endpoint is None

    @property
    def open_shards(self) -> tuple[Shard, ...]:
        """The open shards, as far as they could be listed."""
        if isinstance(self.shards, Failed):
            return ()
        return tuple(shard for shard in self.shards if shard.is_open)
