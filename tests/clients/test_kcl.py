"""Applications of the Kinesis Client Library read a stream through a split and a merge.

One application per way of reading, both at the same time: a worker that starts on an empty lease
table waits up to 40 seconds, which nothing configures.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from clients.dynamodb import checkpoints
from clients.kcl import Tenure, Worker, assert_parents_before_children, worker
from clients.tools import becomes_true
from clients.writing import Record, digest, first_flights, kinesis_client, put

STREAM = "flights-kcl"
MODES = ["polling", "fanout"]
FLIGHTS = 3_000
WITHIN_S = 90.0

pytestmark = [
    pytest.mark.client,
    pytest.mark.slow,
    pytest.mark.timeout(600),  # the first time, programs are built and libraries fetched
]


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of one application."""

    tenures: list[Tenure]
    checkpoints: dict[str, str]
    metrics_refused: bool
    log: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """What was written, and what each application read of it."""

    flights: list[Record]
    shards: list[dict[str, Any]]
    readings: dict[str, Reading]


@pytest.fixture(scope="module")
def scenario(
    server: dict[str, str], lease_tables: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scenario]:
    """A stream that is split and merged while an application of each mode reads it."""
    kinesis = kinesis_client(server)
    kinesis.create_stream(StreamName=STREAM, ShardCount=2)
    sent = first_flights(FLIGHTS)
    third = FLIGHTS // 3
    environment = server | {"AWS_ENDPOINT_URL_DYNAMODB": lease_tables}
    directory = tmp_path_factory.mktemp("kcl")
    with ExitStack() as running:
        workers = {
            mode: running.enter_context(
                worker(directory, environment, STREAM, f"app-{mode}", mode=mode)
            )
            for mode in MODES
        }
        put(kinesis, STREAM, sent[:third])
        wait_for(workers, sent[:third])
        kinesis.split_shard(
            StreamName=STREAM,
            ShardToSplit="shardId-000000000000",
            NewStartingHashKey=str(2**126),
        )
        put(kinesis, STREAM, sent[third : 2 * third])
        kinesis.merge_shards(
            StreamName=STREAM,
            ShardToMerge="shardId-000000000003",
            AdjacentShardToMerge="shardId-000000000001",
        )
        put(kinesis, STREAM, sent[2 * third :])
        wait_for(workers, sent)
        for each in workers.values():
            each.stop()
        shards = kinesis.list_shards(StreamName=STREAM)["Shards"]
        yield Scenario(
            sent,
            shards,
            {
                mode: Reading(
                    each.tenures(),
                    checkpoints(lease_tables, f"app-{mode}", server),
                    each.has_logged("datums to CloudWatch"),
                    each.log(),
                )
                for mode, each in workers.items()
            },
        )


def wait_for(workers: dict[str, Worker], records: list[Record]) -> None:
    """Wait until each worker has them; one that never gets there fails its own test later."""
    wanted = {digest(data) for _, data in records}
    becomes_true(lambda: all(wanted <= each.digests() for each in workers.values()), WITHIN_S)


@pytest.mark.parametrize("mode", MODES)
def test_every_record_once_and_in_order(scenario: Scenario, mode: str) -> None:
    reading = scenario.readings[mode]
    read = [record for tenure in reading.tenures for record in tenure.records]
    # Every record was processed once
    wanted = [digest(data) for _, data in scenario.flights]
    assert sorted(record.digest for record in read) == sorted(wanted), reading.log
    # An aeroplane's flights in the order in which they were put, through the reshards
    place = {each: number for number, each in enumerate(wanted)}
    by_key: dict[str, list[int]] = {}
    for record in read:
        by_key.setdefault(record.key, []).append(place[record.digest])
    assert all(places == sorted(places) for places in by_key.values())
    # And a shard's by sequence number
    for tenure in reading.tenures:
        numbers = [record.sequence for record in tenure.records]
        assert numbers == sorted(numbers)


@pytest.mark.parametrize("mode", MODES)
def test_parents_leases_end_and_metrics_are_taken(scenario: Scenario, mode: str) -> None:
    reading = scenario.readings[mode]
    closed = {
        shard["ShardId"]
        for shard in scenario.shards
        if "EndingSequenceNumber" in shard["SequenceNumberRange"]
    }
    assert len(closed) == 3
    assert len(scenario.shards) == 5
    # Each shard was begun once; the closed ones were read to their ends, parents first
    assert sorted(tenure.shard for tenure in reading.tenures) == [
        shard["ShardId"] for shard in scenario.shards
    ]
    ended = {tenure.shard for tenure in reading.tenures if tenure.ended_ms is not None}
    assert ended == closed, reading.log
    assert_parents_before_children(reading.tenures, scenario.shards)
    # The lease table says so too, and where the reading of the open ones goes on
    last = {tenure.shard: str(tenure.records[-1].sequence) for tenure in reading.tenures}
    expected = {shard: "SHARD_END" if shard in closed else last[shard] for shard in last}
    assert reading.checkpoints == expected
    # And CloudWatch took what the library counted, which it complains of otherwise
    assert not reading.metrics_refused
