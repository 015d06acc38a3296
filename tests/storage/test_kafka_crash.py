"""A broker that is killed, or a producer that is given up, under load loses nothing that was
acknowledged."""

import asyncio

import pytest

from cluster.kafka import KafkaCluster
from contract.record_log_support import SetClock, batch, datas, kafka_settings, read_all, run
from mock_kafka import give_up
from real_kafka import kafka_cluster
from shardline.storage.kafka_log import KafkaLog, writer
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


def test_a_producer_that_is_given_up_loses_doubles_and_reorders_nothing(
    kafka_broker: KafkaCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By tasks that each write one number after another, and none twice."""

    monkeypatch.setattr(writer, "_REPLACED_AFTER_S", 0.0)

    async def main() -> None:
        log = await KafkaLog.open(
            kafka_settings(kafka_broker.bootstrap_servers), SetClock(), MemoryRanges()
        )
        await log.create("s", [0, 1])
        acknowledged: dict[int, dict[int, bytes]] = {0: {}, 1: {}}
        producers = set()
        ended = asyncio.Event()

        async def put(shard: int, task: int) -> None:
            number = 0
            while not ended.is_set():
                number += 1
                wanted = [b"%d %d %d" % (task, number, part) for part in range(20)]
                try:
                    (answer,) = await log.append("s", [batch(shard, *wanted)])
                except WriteFailed:
                    await asyncio.sleep(0.01)
                    continue
                assert isinstance(answer, Appended)
                assert answer.offsets is None
                acknowledged[shard] |= dict(enumerate(wanted, answer.first))

        puts = asyncio.gather(*(put(task % 2, task) for task in range(20)))
        for _ in range(2):
            await asyncio.sleep(0.4)
            producers.add(log._writer._now)
            give_up(log._writer._now.producer, "made up")
        await asyncio.sleep(0.4)
        ended.set()
        await asyncio.wait_for(puts, 30)
        assert log._writer._now not in producers
        assert log.numbers().failed
        for shard, expected in acknowledged.items():
            kept = datas(await read_all(log, "s", shard))
            assert {offset: kept[offset] for offset in expected} == expected
            assert len(set(kept)) == len(kept)
            for task in range(20):
                rows = [tuple(map(int, data.split())) for data in kept]
                mine = [row for row in rows if row[0] == task]
                assert mine == sorted(mine)
        await log.close()

    run(main)
