"""A broker that is killed under load loses nothing that was acknowledged."""

import asyncio

import pytest

from contract.record_log_support import SetClock, batch, datas, kafka_settings, read_all, run
from real_kafka import kafka_cluster
from shardline.storage.kafka_log import KafkaLog
from shardline.storage.range_port import MemoryRanges
from shardline.storage.record_log import Appended, WriteFailed

pytestmark = pytest.mark.slow


def test_a_killed_broker_takes_nothing_that_was_acknowledged_with_it() -> None:
    with kafka_cluster(brokers=3) as cluster:

        async def main() -> None:
            settings = kafka_settings(cluster.bootstrap_servers, replication=3)
            log = await KafkaLog.open(settings, SetClock(), MemoryRanges())
            await log.create("s", [0, 1, 2])
            acknowledged: dict[int, dict[int, bytes]] = {0: {}, 1: {}, 2: {}}
            enough = asyncio.Event()

            async def put(shard: int) -> None:
                for number in range(400):
                    data = b"%d" % number
                    try:
                        (answer,) = await log.append("s", [batch(shard, data)])
                    except WriteFailed:
                        continue
                    assert isinstance(answer, Appended)
                    acknowledged[shard][answer.first] = data
                    if number == 50:
                        enough.set()

            puts = asyncio.gather(*(put(shard) for shard in acknowledged))
            await enough.wait()
            await asyncio.to_thread(cluster.kill, 2)
            await puts
            for shard, expected in acknowledged.items():
                assert len(expected) > 300
                kept = datas(await read_all(log, "s", shard))
                assert {offset: kept[offset] for offset in expected} == expected
            await log.close()

        run(main)
