"""The leader of somebody else's topic dies under a reader: none is missing, none comes twice."""

import asyncio
import threading
import time
from collections.abc import Awaitable

import pytest

from contract.record_log_support import SetClock, kafka_settings, records, run
from real_kafka import kafka_cluster
from shardline.storage.kafka_log import KafkaLog
from shardline.storage.range_port import MemoryRanges
from shardline.storage.record_log import StorageError
from their_topics import TheirTopic

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]

COUNT = 6_000
WITHIN_S = 120.0


def produce(topic: TheirTopic, half_is_there: threading.Event) -> None:
    """Write numbers, with something that is aborted now and then before half of them are there."""
    for first in range(0, COUNT, 100):
        if first < COUNT // 2 and first % 1_000 == 0:
            with topic.transaction(abort=True) as producer:
                topic.put(b"never", producer=producer)
        if first == COUNT // 2:
            half_is_there.set()
        topic.put(*(b"%d" % number for number in range(first, first + 100)))


async def seconds_of(work: Awaitable[object]) -> float:
    began = time.monotonic()
    await work
    return time.monotonic() - began


def test_a_leader_that_dies_under_a_reader() -> None:
    with kafka_cluster(brokers=3) as cluster:
        topic = TheirTopic(cluster, replication=3)
        half_is_there = threading.Event()
        producing = threading.Thread(target=produce, args=(topic, half_is_there), daemon=True)

        async def read(log: KafkaLog) -> list[tuple[int, bytes]]:
            found: list[tuple[int, bytes]] = []
            start, until = 0, time.monotonic() + WITHIN_S
            while len(found) < COUNT and time.monotonic() < until:
                try:
                    page = await log.read(
                        "s", 0, start, max_records=37, max_bytes=1_000_000, since_ms=0
                    )
                except StorageError:
                    continue  # as a client would: once more, from the same place
                found += [(offset, data) for offset, _, _, data in records(page)]
                start = page.next
            return found

        async def main() -> list[tuple[int, bytes]]:
            ranges = MemoryRanges()
            ranges.adopt("s", topic.name, [0])
            settings = kafka_settings(cluster.bootstrap_servers, replication=3)
            log = await KafkaLog.open(settings, SetClock(), ranges)
            try:
                reading = asyncio.create_task(read(log))
                await asyncio.to_thread(half_is_there.wait, WITHIN_S)
                await asyncio.to_thread(cluster.kill, topic.leader())
                found = await reading
                # And from then on nobody waits for the one that is dead
                assert min([await seconds_of(log.tail("s", 0)) for _ in range(5)]) < 0.5
                return found
            finally:
                await log.close()

        producing.start()
        found = run(main)
        producing.join(WITHIN_S)
    assert [data for _, data in found] == [b"%d" % number for number in range(COUNT)]
    offsets = [offset for offset, _ in found]
    assert offsets == sorted(set(offsets))
