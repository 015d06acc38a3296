"""Encrypted frames on the disk: nothing can be read there, and nothing can be moved there."""

from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from contract.record_log_support import SetClock, batch, datas, read_all, records, run
from shardline.storage.ciphers import DataKey
from shardline.storage.record_log import Batch, Page, Undecipherable
from shardline.storage.sqlite_log import SqliteLog

OTHER = "SELECT body FROM frames WHERE first = 1"
KEY = DataKey(1, b"s" * 32)


async def opened(path: Path, *, streams: tuple[str, ...] = ("s",)) -> SqliteLog:
    log = await SqliteLog.open(path, SetClock())
    for stream in streams:
        await log.create(stream, [0, 1])
    return log


async def read(log: SqliteLog, stream: str = "s", shard: int = 0, start: int = 0) -> Page:
    return await log.read(
        stream, shard, start, max_records=99, max_bytes=999, since_ms=0, ciphers={1: KEY}
    )


def change(path: Path, statement: str, *values: object, stream: str = "s") -> None:
    connection = apsw.Connection(str(path / "streams" / f"{stream}.sqlite"))
    connection.execute(statement, values)
    connection.close()


def test_no_byte_of_key_or_data_is_in_the_files(tmp_path: Path) -> None:
    async def body() -> None:
        log = await opened(tmp_path)
        await log.append("s", [Batch(0, [b"a partition key"], [b"the plain data"], KEY)])
        await log.append("s", [Batch(1, [b"plain key"], [b"plain from before"])])
        # Given both the write-ahead log of a running server and the file of a stopped one
        running = b"".join(file.read_bytes() for file in (tmp_path / "streams").iterdir())
        await log.close()
        stopped = b"".join(file.read_bytes() for file in (tmp_path / "streams").iterdir())
        for content in (running, stopped):
            # Then what is plain is found, so that the search is one, and the rest is not
            assert b"plain from before" in content
            assert b"a partition key" not in content
            assert b"the plain data" not in content
        again = await opened(tmp_path)
        assert [row[2:] for row in records(await read(again))] == [
            (b"a partition key", b"the plain data")
        ]
        await again.close()

    run(body)


@pytest.mark.parametrize(
    ("statement", "shard", "start"),
    [
        (
            "UPDATE frames SET body = (SELECT body FROM frames WHERE first = 1) WHERE first = 0",
            0,
            0,
        ),
        ("UPDATE frames SET first = 7 WHERE first = 1", 0, 1),
        ("UPDATE frames SET shard = 1 WHERE first = 0", 1, 0),
        ("UPDATE frames SET arrived_ms = arrived_ms + 1 WHERE first = 1", 0, 1),
        ("UPDATE frames SET count = 1 WHERE first = 1", 0, 1),
        ("UPDATE frames SET body = substr(body, 1, length(body) - 1)", 0, 0),
        ("UPDATE frames SET body = substr(body, 1, 10)", 0, 0),
    ],
)
def test_records_that_were_moved_or_altered_are_refused(
    tmp_path: Path, statement: str, shard: int, start: int
) -> None:
    async def body() -> None:
        log = await opened(tmp_path)
        await log.append("s", [replace(batch(0, b"a"), cipher=KEY)])
        await log.append("s", [replace(batch(0, b"b", b"c"), cipher=KEY), batch(1, b"x")])
        await log.close()
        change(tmp_path, statement)
        again = await opened(tmp_path)
        with pytest.raises(Undecipherable):
            await read(again, shard=shard, start=start)
        await again.close()

    run(body)


def test_records_of_another_stream_are_refused(tmp_path: Path) -> None:
    async def body() -> None:
        log = await opened(tmp_path, streams=("s", "t"))
        for stream in ("s", "t"):
            await log.append(stream, [replace(batch(0, b"of " + stream.encode()), cipher=KEY)])
        await log.close()
        source = apsw.Connection(str(tmp_path / "streams" / "t.sqlite"))
        foreign = source.execute("SELECT body FROM frames").get
        source.close()
        change(tmp_path, "UPDATE frames SET body = ?", foreign)
        again = await opened(tmp_path)
        assert datas(await read(again, "t")) == [b"of t"]
        with pytest.raises(Undecipherable):
            await read(again, "s")
        await again.close()

    run(body)


def test_what_comes_before_a_damaged_frame_is_given(tmp_path: Path) -> None:
    async def body() -> None:
        log = await opened(tmp_path)
        for data in (b"a", b"b"):
            await log.append("s", [replace(batch(0, data), cipher=KEY)])
        await log.close()
        shorter = "UPDATE frames SET body = substr(body, 1, length(body) - 1) WHERE first = 1"
        change(tmp_path, shorter)
        again = await opened(tmp_path)
        page = await read(again)
        assert (datas(page), page.next) == ([b"a"], 1)
        with pytest.raises(Undecipherable):
            await read(again, start=1)
        await again.close()

    run(body)


def test_plain_frames_are_as_they_were(tmp_path: Path) -> None:
    async def body() -> None:
        log = await opened(tmp_path)
        await log.append("s", [batch(0, b"a")])
        await log.close()
        connection = apsw.Connection(str(tmp_path / "streams" / "s.sqlite"))
        assert connection.execute("SELECT body FROM frames").get[:1] == b"\x01"
        connection.close()
        again = await opened(tmp_path)
        assert datas(await read_all(again, "s", 0)) == [b"a"]
        await again.close()

    run(body)
