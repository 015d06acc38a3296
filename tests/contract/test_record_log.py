"""What every record log promises, sentence by sentence of `shardline.storage.record_log`."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from contract.record_log_support import (
    ALL,
    SMALL,
    SetClock,
    batch,
    datas,
    kafka_settings,
    read_all,
    records,
    run,
    shared_logs,
)
from shardline.storage.kafka_log import KafkaLog
from shardline.storage.range_port import MemoryRanges
from shardline.storage.record_log import (
    Appended,
    Batch,
    Page,
    RecordLog,
    Refused,
    StorageError,
    UnknownShard,
    WriteFailed,
)
from shardline.storage.sqlite_log import SqliteLog
from shardline.testing.memory_log import MemoryLog

Body = Callable[[RecordLog], Awaitable[None]]

T0 = 1_000_000


@pytest.fixture
def clock() -> SetClock:
    return SetClock(T0)


@pytest.fixture(
    params=[
        "memory",
        "sqlite",
        pytest.param("sqlite-small", marks=pytest.mark.slow),
        "shared",
        pytest.param("shared-small", marks=pytest.mark.slow),
        pytest.param("kafka", marks=pytest.mark.slow),
    ]
)
def on_log(
    request: pytest.FixtureRequest, tmp_path: Path, clock: SetClock
) -> Callable[[Body], None]:
    """Run a body with an open log that has stream "s" with shards 0 and 1."""
    if request.param == "kafka":
        settings = kafka_settings(request.getfixturevalue("kafka_broker").bootstrap_servers)

    async def open_log() -> RecordLog:
        if request.param == "memory":
            return MemoryLog(clock)
        if request.param == "kafka":
            return await KafkaLog.open(settings, clock, MemoryRanges())
        bounds = SMALL if request.param.endswith("-small") else None
        if request.param.startswith("shared"):
            return await shared_logs(tmp_path, clock, bounds)
        return await SqliteLog.open(tmp_path, clock, bounds=bounds)

    def on(body: Body) -> None:
        async def main() -> None:
            log = await open_log()
            try:
                await log.create("s", [0, 1])
                await body(log)
            finally:
                await log.close()

        run(main)

    return on


# Offsets, order, arrival


def test_offsets_start_at_0_and_are_consecutive_within_a_batch(on_log):
    async def body(log):
        first = await log.append("s", [batch(0, b"a", b"b", b"c")])
        second = await log.append("s", [batch(0, b"d"), batch(1, b"e")])
        assert first == [Appended(0, 0, T0)]
        assert second == [Appended(0, 3, T0), Appended(1, 0, T0)]
        assert [offset for offset, _, _, _ in records(await read_all(log, "s", 0))] == [0, 1, 2, 3]

    on_log(body)


def test_keys_and_data_come_back_as_they_went_in(on_log):
    async def body(log):
        keys = [b"", "schlüssel".encode(), b"k" * 1024]
        values = [b"\x00\xff", b"", b"d" * 5000]
        await log.append("s", [Batch(0, keys, values)])
        got = records(await read_all(log, "s", 0))
        assert [(key, data) for _, _, key, data in got] == list(zip(keys, values, strict=True))

    on_log(body)


def test_batches_of_one_shard_keep_the_order_of_the_calls(on_log):
    async def body(log):
        calls = [log.append("s", [batch(0, b"%d" % n), batch(1, b"%d" % n)]) for n in range(100)]
        answers = await asyncio.gather(*calls)
        assert [answer[0].first for answer in answers] == list(range(100))
        assert datas(await read_all(log, "s", 0)) == [b"%d" % n for n in range(100)]
        assert datas(await read_all(log, "s", 1)) == [b"%d" % n for n in range(100)]

    on_log(body)


def test_a_batch_of_nothing_lies_behind_what_was_appended_before_it(on_log):
    async def body(log):
        calls = [
            log.append("s", [batch(0, b"a", b"b")]),
            log.append("s", [batch(0), batch(0, b"c")]),
            log.append("s", [batch(0)]),
            log.append("s", [batch(0, b"d")]),
        ]
        answers = await asyncio.gather(*calls)
        assert [[each.first for each in answer] for answer in answers] == [[0], [2, 2], [3], [3]]

    on_log(body)


def test_arrivals_never_decrease_whatever_the_clock_does(on_log, clock):
    async def body(log):
        await log.append("s", [batch(0, b"a")])
        clock.at -= 500
        behind = await log.append("s", [batch(0, b"b"), batch(1, b"x")])
        clock.at += 700
        await log.append("s", [batch(0, b"c")])
        assert [answer.arrived_ms for answer in behind] == [T0, T0 - 500]
        arrivals = [at for _, at, _, _ in records(await read_all(log, "s", 0))]
        assert arrivals == [T0, T0, T0 + 200]

    on_log(body)


def test_arrivals_never_decrease_after_everything_was_trimmed(on_log, clock):
    async def body(log):
        await log.append("s", [batch(0, b"a")])
        await log.trim("s", T0 + 1)
        clock.at -= 500
        assert await log.append("s", [batch(0, b"b")]) == [Appended(0, 1, T0)]

    on_log(body)


# create


def test_create_is_idempotent_and_leaves_shards_as_they_are(on_log):
    async def body(log):
        await log.append("s", [batch(0, b"a"), batch(1, b"b")])
        await log.seal("s", [1])
        await log.create("s", [0, 1, 2])
        answers = await log.append("s", [batch(0, b"c"), batch(1, b"c"), batch(2, b"c")])
        assert answers == [Appended(0, 1, T0), Refused(1), Appended(2, 0, T0)]

    on_log(body)


def test_streams_are_apart(on_log):
    async def body(log):
        await log.create("other", [0])
        await log.append("s", [batch(0, b"a")])
        assert datas(await read_all(log, "other", 0)) == []
        assert await log.tail("other", 0) == 0

    on_log(body)


# append


def test_append_answers_every_batch_in_order_and_for_itself(on_log):
    async def body(log):
        await log.seal("s", [1])
        answers = await log.append(
            "s", [batch(1, b"no"), batch(0, b"a"), batch(1, b"no"), batch(0, b"b", b"c")]
        )
        assert answers == [Refused(1), Appended(0, 0, T0), Refused(1), Appended(0, 1, T0)]
        assert datas(await read_all(log, "s", 0)) == [b"a", b"b", b"c"]
        assert datas(await read_all(log, "s", 1)) == []

    on_log(body)


def test_append_of_nothing_changes_nothing(on_log, clock):
    async def body(log):
        await log.append("s", [batch(0, b"a")])
        clock.at += 5
        assert list(await log.append("s", [])) == []
        assert await log.append("s", [Batch(0, [], [])]) == [Appended(0, 1, T0 + 5)]
        assert await log.tail("s", 0) == 1
        assert await log.offset_at("s", 0, T0 + 1) == 1

    on_log(body)


def test_append_to_an_unknown_shard_writes_nothing(on_log):
    async def body(log):
        for stream, parts in (
            ("s", [batch(0, b"a"), batch(7, b"a")]),
            ("nowhere", [batch(0, b"a")]),
            ("nowhere", []),
        ):
            with pytest.raises(UnknownShard):
                await log.append(stream, parts)
        assert await log.tail("s", 0) == 0

    on_log(body)


def test_append_refuses_columns_of_unequal_length(on_log):
    async def body(log):
        with pytest.raises(ValueError, match="2 keys and 1 datas"):
            await log.append("s", [batch(0, b"a"), Batch(0, [b"k", b"l"], [b"d"])])
        assert await log.tail("s", 0) == 0

    on_log(body)


def test_one_call_that_fails_leaves_those_beside_it_alone(on_log):
    async def body(log):
        answers = await asyncio.gather(
            log.append("s", [batch(0, b"a")]),
            log.append("s", [batch(9, b"no")]),
            log.append("s", [batch(0, b"b")]),
            return_exceptions=True,
        )
        assert isinstance(answers[1], UnknownShard)
        assert datas(await read_all(log, "s", 0)) == [b"a", b"b"]

    on_log(body)


# seal


def test_seal_answers_the_ends_and_is_idempotent(on_log):
    async def body(log):
        await log.append("s", [batch(0, b"a", b"b")])
        assert await log.seal("s", [0, 1]) == {0: 2, 1: 0}
        assert await log.append("s", [batch(0, b"no")]) == [Refused(0)]
        assert await log.seal("s", [0]) == {0: 2}

    on_log(body)


def test_seal_of_an_unknown_shard_seals_none(on_log):
    async def body(log):
        for stream, shards in (("s", [0, 9]), ("nowhere", [0])):
            with pytest.raises(UnknownShard):
                await log.seal(stream, shards)
        assert await log.append("s", [batch(0, b"a")]) == [Appended(0, 0, T0)]

    on_log(body)


def test_every_append_that_races_a_seal_lies_below_the_end_or_was_refused(on_log):
    async def body(log):
        calls = [asyncio.ensure_future(log.append("s", [batch(0, b"x")])) for _ in range(20)]
        await asyncio.sleep(0)
        seal = asyncio.ensure_future(log.seal("s", [0]))
        calls += [asyncio.ensure_future(log.append("s", [batch(0, b"x")])) for _ in range(20)]
        end = (await seal)[0]
        answers = [(await call)[0] for call in calls]
        accepted = [answer.first for answer in answers if isinstance(answer, Appended)]
        assert accepted == list(range(end))
        assert answers[20:] == [Refused(0)] * 20
        assert await log.tail("s", 0) == end == len(datas(await read_all(log, "s", 0)))

    on_log(body)


def test_numbers_tell_what_was_committed(on_log):
    async def body(log):
        log = getattr(log, "logs", [log])[0]  # it tells of what was committed by itself
        before = log.numbers()
        await log.append("s", [batch(0, b"aa", b"bbb"), batch(1, b"c")])
        await log.append("s", [batch(0, b"d")])
        after = log.numbers()
        assert after.sizes.sum - before.sizes.sum == len(b"kaakbbbkckd")
        assert after.calls - before.calls == 2
        assert 1 <= sum(after.seconds.counts) - sum(before.seconds.counts) <= 2
        assert (after.waiting, after.failed) == (0, 0)

    on_log(body)


# read


def test_a_page_stops_at_max_records(on_log, clock):
    async def body(log):
        await log.append("s", [batch(0, b"a", b"b", b"c")])
        clock.at += 1
        await log.append("s", [batch(0, b"d")])
        page = await log.read("s", 0, 1, max_records=2, max_bytes=ALL, since_ms=0)
        assert (datas(page), page.next, page.waiting_ms) == ([b"b", b"c"], 3, T0 + 1)
        page = await log.read("s", 0, 0, max_records=2, max_bytes=ALL, since_ms=0)
        assert (datas(page), page.next, page.waiting_ms) == ([b"a", b"b"], 2, T0)

    on_log(body)


@pytest.mark.parametrize(
    ("max_bytes", "given"), [(0, 1), (3, 1), (4, 2), (5, 2), (6, 3), (7, 4), (12, 4)]
)
def test_a_page_stops_before_max_bytes_but_gives_one_record(on_log, max_bytes, given):
    async def body(log):
        sizes_2_2_2_1 = Batch(0, [b"k", b"k", b"kk", b""], [b"a", b"b", b"", b"d"])
        await log.append("s", [sizes_2_2_2_1])
        await log.append("s", [batch(0, b"later")])  # 6 bytes
        page = await log.read("s", 0, 0, max_records=ALL, max_bytes=max_bytes, since_ms=0)
        assert datas(page) == [b"a", b"b", b"", b"d"][:given]
        assert (page.next, page.waiting_ms) == (given, T0)
        assert page.size == sum((2, 2, 2, 1)[:given])

    on_log(body)


def test_a_page_passes_over_what_arrived_too_early(on_log, clock):
    async def body(log):
        for data in (b"a", b"b", b"c"):
            await log.append("s", [batch(0, data), batch(1, data)])
            clock.at += 10
        page = await log.read("s", 0, 0, max_records=ALL, max_bytes=ALL, since_ms=T0 + 1)
        assert (datas(page), page.next, page.waiting_ms) == ([b"b", b"c"], 3, None)
        page = await log.read("s", 0, 2, max_records=ALL, max_bytes=ALL, since_ms=T0 + 10)
        assert datas(page) == [b"c"]
        page = await log.read("s", 0, 1, max_records=ALL, max_bytes=ALL, since_ms=T0 + 11)
        assert (datas(page), page.runs[0].first) == ([b"c"], 2)
        page = await log.read("s", 0, 0, max_records=ALL, max_bytes=ALL, since_ms=T0 + 21)
        assert page == Page((), 3, None, False)

    on_log(body)


def test_a_read_at_or_beyond_the_tail_gives_nothing(on_log):
    async def body(log):
        assert await read_all(log, "s", 0) == Page((), 0, None, False)
        await log.append("s", [batch(0, b"a")])
        assert await read_all(log, "s", 0, 1) == Page((), 1, None, False)
        assert await read_all(log, "s", 0, 9) == Page((), 9, None, False)

    on_log(body)


def test_at_end_comes_with_the_last_record_of_a_sealed_shard(on_log):
    async def body(log):
        await log.append("s", [batch(0, b"a", b"b")])
        assert not (await read_all(log, "s", 0)).at_end
        await log.seal("s", [0, 1])
        part = await log.read("s", 0, 0, max_records=1, max_bytes=ALL, since_ms=0)
        assert not part.at_end
        assert (await read_all(log, "s", 0, part.next)).at_end
        assert await read_all(log, "s", 0, 2) == Page((), 2, None, True)
        assert await read_all(log, "s", 1) == Page((), 0, None, True)

    on_log(body)


def test_reading_an_unknown_shard_is_an_error(on_log):
    async def body(log):
        for stream, shard in (("s", 9), ("nowhere", 0)):
            with pytest.raises(UnknownShard):
                await read_all(log, stream, shard)
            with pytest.raises(UnknownShard):
                await log.offset_at(stream, shard, 0)
            with pytest.raises(UnknownShard):
                await log.tail(stream, shard)
            with pytest.raises(UnknownShard):
                await log.wait(stream, shard, 0)

    on_log(body)


# offset_at, tail


def test_offset_at_finds_the_first_record_of_a_time(on_log, clock):
    async def body(log):
        assert await log.offset_at("s", 0, 0) == 0
        for _ in range(20):
            await log.append("s", [batch(0, b"a", b"b", b"c")])
            await log.append("s", [batch(0, b"d")])
            clock.at += 10
        found = [await log.offset_at("s", 0, T0 + ms) for ms in range(-1, 201)]
        assert found == [min(80, 4 * -(-max(0, ms) // 10)) for ms in range(-1, 201)]

    on_log(body)


def test_offset_at_never_goes_below_the_horizon(on_log, clock):
    async def body(log):
        for data in (b"a", b"b", b"c"):
            await log.append("s", [batch(0, data)])
            clock.at += 10
        await log.trim("s", T0 + 10)
        assert await log.offset_at("s", 0, 0) == 1
        assert await log.offset_at("s", 0, T0 + 11) == 2

    on_log(body)


def test_tail_is_the_offset_after_the_last_record(on_log):
    async def body(log):
        assert await log.tail("s", 0) == 0
        await log.append("s", [batch(0, b"a", b"b")])
        assert (await log.tail("s", 0), await log.tail("s", 1)) == (2, 0)

    on_log(body)


# wait


@pytest.mark.parametrize("what", ["append", "seal", "drop", "close"])
def test_wait_returns_when_something_has_happened(on_log, what):
    async def body(log):
        await log.append("s", [batch(0, b"a")])
        await log.wait("s", 0, 0)  # the tail is beyond: returns at once
        waiting = asyncio.ensure_future(log.wait("s", 0, 1))
        elsewhere = asyncio.ensure_future(log.wait("s", 1, 0))
        await log.append("s", [batch(1, b"x")])
        await elsewhere
        assert not waiting.done()
        match what:
            case "append":
                await log.append("s", [batch(0, b"b")])
            case "seal":
                await log.seal("s", [0])
            case "drop":
                await log.drop("s")
            case "close":
                await log.close()
        await asyncio.wait_for(waiting, 5)

    on_log(body)


def test_wait_goes_on_until_the_tail_is_beyond_the_offset(on_log):
    async def body(log):
        waiting = asyncio.ensure_future(log.wait("s", 0, 1))
        await log.append("s", [batch(0, b"a")])
        await asyncio.sleep(0)
        assert not waiting.done()
        await log.append("s", [batch(0, b"b")])
        await asyncio.wait_for(waiting, 5)

    on_log(body)


def test_a_wait_can_be_given_up(on_log):
    async def body(log):
        waiting = asyncio.ensure_future(log.wait("s", 0, 0))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await log.append("s", [batch(0, b"a")])

    on_log(body)


def test_wait_on_a_sealed_shard_returns_at_once(on_log):
    async def body(log):
        await log.seal("s", [0])
        await asyncio.wait_for(log.wait("s", 0, 5), 5)

    on_log(body)


# trim


def test_trim_gives_up_what_arrived_before_and_answers_the_horizons(on_log, clock):
    async def body(log):
        for data in (b"a", b"b", b"c"):
            await log.append("s", [batch(0, data, data)])
            clock.at += 10
        assert await log.trim("s", T0 + 10) == {0: 2, 1: 0}
        page = await read_all(log, "s", 0)
        assert (datas(page), page.runs[0].first) == ([b"b", b"b", b"c", b"c"], 2)
        assert await log.trim("s", T0 + 1000) == {0: 6, 1: 0}
        assert await read_all(log, "s", 0) == Page((), 6, None, False)
        assert await log.append("s", [batch(0, b"d")]) == [Appended(0, 6, T0 + 30)]

    on_log(body)


def test_the_horizon_never_goes_back(on_log, clock):
    async def body(log):
        for data in (b"a", b"b", b"c"):
            await log.append("s", [batch(0, data)])
            clock.at += 10
        for _ in range(2):
            assert await log.trim("s", T0 + 15) == {0: 2, 1: 0}
        assert await log.trim("s", T0) == {0: 2, 1: 0}
        assert datas(await read_all(log, "s", 0)) == [b"c"]

    on_log(body)


def test_trim_reaches_a_sealed_shard(on_log):
    async def body(log):
        await log.append("s", [batch(0, b"a")])
        await log.seal("s", [0])
        assert (await log.trim("s", T0 + 1))[0] == 1
        assert await read_all(log, "s", 0) == Page((), 1, None, True)
        assert await log.seal("s", [0]) == {0: 1}

    on_log(body)


def test_trim_of_an_unknown_stream_is_an_error(on_log):
    async def body(log):
        with pytest.raises(UnknownShard):
            await log.trim("nowhere", 0)

    on_log(body)


def test_reads_and_appends_go_on_while_much_is_trimmed(on_log, clock):
    async def body(log):
        for _ in range(30):
            await log.append("s", [batch(0, b"old" * 10), batch(1, b"old" * 10)])
        clock.at += 10
        trim = asyncio.ensure_future(log.trim("s", T0 + 1))
        for number in range(30):
            await log.append("s", [batch(0, b"%d" % number)])
        await trim
        page = await read_all(log, "s", 0)
        assert datas(page) == [b"%d" % number for number in range(30)]
        assert page.runs[0].first == 30

    on_log(body)


# drop


def test_drop_removes_the_stream_and_is_idempotent(on_log):
    async def body(log):
        await log.append("s", [batch(0, b"a")])
        await asyncio.gather(log.drop("s"), log.drop("s"))
        await log.drop("s")
        await log.drop("nowhere")
        for call in (
            log.append("s", [batch(0, b"b")]),
            log.seal("s", [0]),
            log.trim("s", 0),
            read_all(log, "s", 0),
        ):
            with pytest.raises(UnknownShard):
                await call
        with pytest.raises(UnknownShard):
            await log.tail("s", 0)

    on_log(body)


def test_an_append_that_races_a_drop_is_answered_or_refused(on_log):
    async def body(log):
        calls = [asyncio.ensure_future(log.append("s", [batch(0, b"x")])) for _ in range(20)]
        await asyncio.sleep(0)
        drop = asyncio.ensure_future(log.drop("s"))
        await asyncio.sleep(0)
        calls.append(asyncio.ensure_future(log.append("s", [batch(0, b"x")])))
        answers = await asyncio.gather(*calls, return_exceptions=True)
        await drop
        assert {type(answer) for answer in answers} <= {list, UnknownShard}
        assert isinstance(answers[-1], UnknownShard)

    on_log(body)


# close


def test_close_finishes_what_was_accepted_and_is_idempotent(on_log):
    async def body(log):
        calls = [asyncio.ensure_future(log.append("s", [batch(0, b"x")])) for _ in range(20)]
        await asyncio.sleep(0)
        await asyncio.gather(log.close(), log.close())
        assert [(await call)[0].first for call in calls] == list(range(20))

    on_log(body)


def test_a_closed_log_refuses_every_call(on_log):
    async def body(log):
        await log.append("s", [batch(0, b"x")])
        await log.close()
        for write in (
            log.append("s", [batch(0, b"x")]),
            log.create("s", [0]),
            log.seal("s", [0]),
            log.trim("s", 0),
            log.drop("s"),
        ):
            with pytest.raises(WriteFailed, match="closed"):
                await write
        for read in (read_all(log, "s", 0), log.offset_at("s", 0, 0)):
            with pytest.raises(StorageError, match="closed"):
                await read

    on_log(body)
