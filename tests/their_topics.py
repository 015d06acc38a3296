"""Topics of somebody else, with what their producers put there."""

import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.cimpl import NewTopic

from cluster.kafka import KafkaCluster
from contract.record_log_support import ALL, SetClock, kafka_settings, run
from shardline.storage.kafka_log import KafkaLog
from shardline.storage.range_port import MemoryRanges
from shardline.storage.record_log import Page


class TheirTopic:
    """A topic that Shardline did not make."""

    def __init__(
        self,
        kafka: KafkaCluster,
        partitions: int = 1,
        config: Mapping[str, str] | None = None,
        name: str = "",
        replication: int = 1,
    ) -> None:
        self.brokers = kafka.bootstrap_servers
        self.name = name or f"orders-{uuid.uuid4().hex}"
        self.partitions = partitions
        self.admin = AdminClient({"bootstrap.servers": self.brokers})
        new = NewTopic(self.name, partitions, replication, config=dict(config or {}))
        self.admin.create_topics([new], operation_timeout=20)[self.name].result()
        self._producer = self._connect()
        self._written: dict[Producer, set[int]] = defaultdict(set)

    def _connect(self, **settings: Any) -> Producer:
        return Producer(
            {
                "bootstrap.servers": self.brokers,
                "message.max.bytes": 20_000_000,
                "enable.idempotence": True,
                "log_level": 0,
                **settings,
            }
        )

    def put(self, *values: bytes | None, producer: Producer | None = None, **more: Any) -> None:
        """Have messages written, to partition 0 unless `more` says another one."""
        producer = producer or self._producer
        errors: list[KafkaError] = []

        def told(error: KafkaError | None, _: Message) -> None:
            if error is not None:
                errors.append(error)

        more = {"partition": 0} | more
        self._written[producer].add(more["partition"])
        for value in values:
            producer.produce(self.name, value, on_delivery=told, **more)
        assert producer.flush(30) == 0
        assert not errors

    @contextmanager
    def transaction(self, *, abort: bool = False) -> Iterator[Producer]:
        """A transaction, which is open until the block ends."""
        producer = self._connect(**{"transactional.id": uuid.uuid4().hex})
        producer.init_transactions(30)
        producer.begin_transaction()
        yield producer
        before = {partition: self.bounds(partition)[1] for partition in self._written[producer]}
        if abort:
            producer.abort_transaction(30)
        else:
            producer.commit_transaction(30)
        for partition, end in before.items():
            while self.bounds(partition)[1] == end:  # Kafka answers before it has marked it there
                pass

    def remove_before(self, offset: int, partition: int = 0) -> None:
        """Remove old messages, as its retention would."""
        self.admin.delete_records([TopicPartition(self.name, partition, offset)])
        while self.bounds(partition)[0] < offset:
            pass

    def bounds(self, partition: int = 0) -> tuple[int, int]:
        """Where its messages begin and end, whatever was aborted counted in."""
        specs = OffsetSpec.earliest(), OffsetSpec.latest()  # type: ignore[no-untyped-call]
        place = TopicPartition(self.name, partition)
        first, end = [self.admin.list_offsets({place: spec})[place].result() for spec in specs]
        return first.offset, end.offset

    def leader(self, partition: int = 0) -> int:
        """The broker that leads a partition."""
        found = self.admin.list_topics(self.name, timeout=10).topics[self.name]
        return int(found.partitions[partition].leader)

    def state(self) -> Any:
        """All that may be known of it beside its messages: settings, partitions, its id, bounds."""
        found = self.admin.list_topics(timeout=10).topics.get(self.name)
        if found is None:
            return None
        resource = ConfigResource(ConfigResource.Type.TOPIC, self.name)
        settings = self.admin.describe_configs([resource])[resource].result()
        return (
            {name: entry.value for name, entry in settings.items()},
            [self.bounds(partition) for partition in sorted(found.partitions)],
        )

    def remove(self) -> None:
        """Have it deleted by its owner."""
        self.admin.delete_topics([self.name], operation_timeout=20)[self.name].result()


def reading(topic: TheirTopic, body: Callable[[KafkaLog], Awaitable[None]]) -> None:
    """Run a test on a log that has the topic as the stream `s`."""

    async def main() -> None:
        ranges = MemoryRanges()
        ranges.adopt("s", topic.name, range(topic.partitions))
        log = await KafkaLog.open(kafka_settings(topic.brokers), SetClock(), ranges)
        try:
            await body(log)
        finally:
            await log.close()

    run(main)


async def pages(log: KafkaLog, most: int, start: int = 0) -> list[Page]:
    """All pages of so many records."""
    found: list[Page] = []
    while True:
        page = await log.read("s", 0, start, max_records=most, max_bytes=ALL, since_ms=0)
        found.append(page)
        start = page.next
        if page.waiting_ms is None:
            return found
