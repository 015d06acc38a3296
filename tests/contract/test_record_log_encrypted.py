"""What every record log promises of records with a cipher; with the rest of the contract, see
`test_record_log_model`."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from contract.record_log_support import (
    ALL,
    SMALL,
    SetClock,
    batch,
    datas,
    kafka_settings,
    run,
    shared_logs,
)
from shardline.storage.ciphers import DataKey
from shardline.storage.kafka_log import KafkaLog
from shardline.storage.range_port import MemoryRanges
from shardline.storage.record_log import (
    NO_CIPHERS,
    Appended,
    Batch,
    CipherMissing,
    Ciphers,
    Page,
    RecordLog,
)
from shardline.storage.sqlite_log import SqliteLog
from shardline.testing.memory_log import MemoryLog

Body = Callable[[RecordLog], Awaitable[None]]
A, B = DataKey(1, b"a" * 32), DataKey(2, b"b" * 32)
BOTH: Ciphers = {1: A, 2: B}


@pytest.fixture(
    params=[
        "memory",
        "sqlite",
        "sqlite-small",
        "shared",
        pytest.param("kafka", marks=pytest.mark.slow),
    ]
)
def on_log(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Body], None]:
    """Run a body with an open log that has stream "s" with shards 0 and 1."""
    if request.param == "kafka":
        settings = kafka_settings(request.getfixturevalue("kafka_broker").bootstrap_servers)

    async def main(body: Body) -> None:
        log: RecordLog
        if request.param == "memory":
            log = MemoryLog(SetClock())
        elif request.param == "shared":
            log = await shared_logs(tmp_path, SetClock(), SMALL)
        elif request.param == "kafka":
            log = await KafkaLog.open(settings, SetClock(), MemoryRanges())
        else:
            bounds = SMALL if request.param == "sqlite-small" else None
            log = await SqliteLog.open(tmp_path, SetClock(), bounds=bounds)
        try:
            await log.create("s", [0, 1])
            await body(log)
        finally:
            await log.close()

    return lambda body: run(lambda: main(body))


def under(cipher: DataKey | None, *parts: bytes, shard: int = 0) -> Batch:
    return replace(batch(shard, *parts), cipher=cipher)


async def read(log: RecordLog, start: int = 0, ciphers: Ciphers = BOTH, **bounds: int) -> Page:
    limits = {"max_records": ALL, "max_bytes": ALL, "since_ms": 0} | bounds
    return await log.read("s", 0, start, ciphers=ciphers, **limits)


def kinds(page: Page) -> list[tuple[bytes, bool]]:
    return [(data, run.encrypted) for run in page.runs for data in run.datas]


def test_a_shard_holds_plain_and_encrypted_records(on_log: Callable[[Body], None]) -> None:
    async def body(log: RecordLog) -> None:
        # Given records from before, under one key, under another, and from after
        for part in (under(None, b"a"), under(A, b"b", b"c"), under(B, b"d"), under(None, b"e")):
            await log.append("s", [part])
        # When all are read
        page = await read(log)
        # Then they come in order, and say how they are stored
        expected = [(b"a", False), (b"b", True), (b"c", True), (b"d", True), (b"e", False)]
        assert kinds(page) == expected
        # And from within, too
        assert kinds(await read(log, 2)) == expected[2:]
        assert kinds(await read(log, 1, max_records=2)) == expected[1:3]

    on_log(body)


def test_calls_that_share_a_commit_keep_their_ciphers(on_log: Callable[[Body], None]) -> None:
    async def body(log: RecordLog) -> None:
        ciphers = [None, A, A, B, None, None, A]
        calls = [log.append("s", [under(c, b"%d" % n)]) for n, c in enumerate(ciphers)]
        answers = await asyncio.gather(*calls)
        assert [answer[0].first for answer in answers if isinstance(answer[0], Appended)] == [
            *range(7)
        ]
        wanted = [(b"%d" % n, cipher is not None) for n, cipher in enumerate(ciphers)]
        assert kinds(await read(log)) == wanted

    on_log(body)


def test_a_page_ends_before_what_cannot_be_decrypted(on_log: Callable[[Body], None]) -> None:
    async def body(log: RecordLog) -> None:
        for part in (under(None, b"a"), under(A, b"b"), under(B, b"c"), under(None, b"d")):
            await log.append("s", [part])
        page = await read(log, ciphers={1: A})
        assert datas(page) == [b"a", b"b"]
        assert (page.next, page.waiting_ms, page.at_end) == (2, 1_000_000, False)
        with pytest.raises(CipherMissing) as missing:
            await read(log, 2, ciphers={1: A})
        assert missing.value.number == 2
        with pytest.raises(CipherMissing):
            await read(log, 1, ciphers=NO_CIPHERS)
        assert datas(await read(log, 3, ciphers=NO_CIPHERS)) == [b"d"]

    on_log(body)


def test_the_bounds_of_a_read_are_those_of_the_plain_records(
    on_log: Callable[[Body], None],
) -> None:
    async def body(log: RecordLog) -> None:
        parts = [b"12345", b"6789", b"", b"0" * 50]
        await log.append("s", [Batch(0, [b"k"] * 4, parts, A)])
        assert datas(await read(log, max_bytes=11)) == parts[:2]
        assert datas(await read(log, max_bytes=12)) == parts[:3]
        assert datas(await read(log, 1, max_bytes=0)) == parts[1:2]
        assert datas(await read(log, 3, max_bytes=50)) == parts[3:]

    on_log(body)
