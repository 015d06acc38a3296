"""Two workers of one application share a stream that grows and shrinks, and one of them is killed.

All 336,776 flights go through it, in the order of their file.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest

from clients.dynamodb import checkpoints
from clients.kcl import OLDEST, Tenure, Worker, assert_parents_before_children, worker
from clients.tools import becomes_true
from clients.writing import Record, closed_shards, digest, first_flights, kinesis_client, put

STREAM, APPLICATION = "flights-failover", "app-failover"
SLICE = 2_000
START_S = 90.0
SHARE_S = 120.0
READ_S = 180.0
LOOK_S = 1.0


@pytest.mark.client
@pytest.mark.slow
@pytest.mark.full
@pytest.mark.timeout(900)
def test_two_workers_share_a_stream_and_one_goes_on_alone(
    server: dict[str, str], lease_tables: str, tmp_path: Path
) -> None:
    # Given two workers that share a stream
    kinesis = kinesis_client(server)
    kinesis.create_stream(StreamName=STREAM, ShardCount=2)
    sent = first_flights()
    wanted = {digest(data): number for number, (_, data) in enumerate(sent)}
    slices = _slices(sent)
    environment = server | {"AWS_ENDPOINT_URL_DYNAMODB": lease_tables}
    with ExitStack() as running:
        put(kinesis, STREAM, next(slices))
        # The library's first start on an empty table bears no second worker beside it: one that
        # comes too early gives up with an IllegalStateException.
        first = running.enter_context(
            worker(
                tmp_path, environment, STREAM, APPLICATION, name="first", batches_per_checkpoint=5
            )
        )
        assert becomes_true(first.is_working, START_S), first.log()
        second = running.enter_context(
            worker(tmp_path, environment, STREAM, APPLICATION, name="second")
        )
        assert becomes_true(second.is_working, START_S), second.log()

        # When the stream grows
        kinesis.update_shard_count(
            StreamName=STREAM, TargetShardCount=4, ScalingType="UNIFORM_SCALING"
        )

        # And one worker is killed when both are in the middle of their work
        def both_work() -> bool:
            put(kinesis, STREAM, next(slices))
            return bool(second.digests()) and _has_work_to_lose(first)

        assert becomes_true(both_work, SHARE_S, LOOK_S), first.log() + second.log()
        first.kill()

        # And the stream shrinks, and the rest is written
        put(kinesis, STREAM, next(slices))
        kinesis.update_shard_count(
            StreamName=STREAM, TargetShardCount=2, ScalingType="UNIFORM_SCALING"
        )
        for some in slices:
            put(kinesis, STREAM, some)
        done = first.digests()
        becomes_true(lambda: done | second.digests() == wanted.keys(), READ_S, LOOK_S)
        closed = closed_shards(kinesis, STREAM)
        becomes_true(lambda: _ended(lease_tables, server) == closed, START_S, LOOK_S)

    # Then no record is missing, and the leases of all closed shards have ended
    assert done | second.digests() == wanted.keys(), second.log()
    assert _ended(lease_tables, server) == closed, second.log()
    # And each worker had each aeroplane's flights in order, parents before children
    tenures = sorted(first.tenures() + second.tenures(), key=lambda tenure: tenure.since_ms)
    for tenure in tenures:
        _assert_in_order(tenure, wanted)
    assert_parents_before_children(tenures, kinesis.list_shards(StreamName=STREAM)["Shards"])
    # And whoever took a shard over went on from its last checkpoint
    assert {tenure.worker for tenure in tenures if tenure.records} == {"first", "second"}
    for shard in {tenure.shard for tenure in tenures}:
        _assert_checkpoints_are_respected([each for each in tenures if each.shard == shard])


def _slices(records: list[Record]) -> Iterator[list[Record]]:
    for start in range(0, len(records), SLICE):
        yield records[start : start + SLICE]


def _has_work_to_lose(worker: Worker) -> bool:
    """Whether it holds a shard of which it has processed more than it has checkpointed."""
    return any(
        tenure.records
        and tenure.ended_ms is None
        and not tenure.lost
        and (not tenure.checkpoints or tenure.checkpoints[-1][1] < tenure.records[-1].sequence)
        for tenure in worker.tenures()
    )


def _ended(lease_tables: str, keys: dict[str, str]) -> set[str]:
    leases = checkpoints(lease_tables, APPLICATION, keys)
    return {shard for shard, checkpoint in leases.items() if checkpoint == "SHARD_END"}


def _assert_in_order(tenure: Tenure, place: dict[str, int]) -> None:
    last: dict[str, int] = {}
    for record in tenure.records:
        assert place[record.digest] > last.get(record.key, -1), record
        last[record.key] = place[record.digest]
    assert all(a.sequence < b.sequence for a, b in pairwise(tenure.records))


def _assert_checkpoints_are_respected(tenures: list[Tenure]) -> None:
    """Each of a shard's tenures goes on after a checkpoint, and repeats no more than what follows.

    The last checkpoint may be missing in the journal of a killed worker, so a tenure may begin
    later than the journal says, up to the last record that was processed.
    """
    checkpointed, processed = 0, 0
    for tenure in tenures:
        after = 0 if tenure.after == OLDEST else int(tenure.after)
        assert checkpointed <= after <= processed, tenure.shard
        for record in tenure.records[:1]:
            assert record.sequence > after
        checkpointed = max([after, *(sequence for _, sequence in tenure.checkpoints)])
        processed = max([processed, *(record.sequence for record in tenure.records)])
