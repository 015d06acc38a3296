"""What a shared log keeps open and on the disk stays bounded, whoever writes."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from contract.record_log_support import SetClock, batch, datas, read_all
from shardline.storage.members import Bus, make_places
from shardline.storage.sqlite_log import Bounds, Sharing, SqliteLog, claimed

KIB = 1024


def on_two(
    body: Callable[[Sequence[SqliteLog]], Awaitable[None]], directory: Path, bounds: Bounds
) -> None:
    async def main() -> None:
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(claimed(directory))
            logs = []
            for place in make_places(2):
                bus = Bus(place)
                bus.open()
                stack.callback(bus.close)
                log = await SqliteLog.open(
                    directory, SetClock(), bounds=bounds, sharing=Sharing(bus)
                )
                stack.push_async_callback(log.close)
                logs.append(log)
            await body(logs)

    asyncio.run(main())


def test_the_wal_stays_within_its_bound_when_two_write(tmp_path: Path) -> None:
    async def body(logs: Sequence[SqliteLog]) -> None:
        largest = 0

        async def write(log: SqliteLog) -> None:
            nonlocal largest
            for _ in range(60):
                await log.append("s", [batch(0, b"x" * 60 * KIB)])
                wal = tmp_path / "streams" / "s.sqlite-wal"
                largest = max(largest, wal.stat().st_size)

        await logs[0].create("s", [0])
        await asyncio.gather(*map(write, logs))
        assert 512 * KIB < largest < 1000 * KIB

    on_two(body, tmp_path, Bounds(wal_bytes=512 * KIB))


def test_a_file_that_is_released_leaves_no_wal_to_others(tmp_path: Path) -> None:
    async def body(logs: Sequence[SqliteLog]) -> None:
        await logs[0].create("s", [0])
        await logs[0].append("s", [batch(0, b"x" * 100 * KIB)])
        assert (await read_all(logs[1], "s", 0)).next == 1  # which keeps the file open
        wal = tmp_path / "streams" / "s.sqlite-wal"
        assert wal.stat().st_size > 100 * KIB
        assert logs[0]._streams["s"].release_if_idle()
        while logs[0]._streams["s"]._busy:  # noqa: ASYNC110 (there is no event)
            await asyncio.sleep(0.001)
        assert wal.stat().st_size == 0

    on_two(body, tmp_path, Bounds())


def test_many_streams_keep_few_files_open_in_each_worker(tmp_path: Path) -> None:
    def open_files() -> int:
        links = (path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink())
        return sum(str(link).startswith(str(tmp_path / "streams")) for link in links)

    async def body(logs: Sequence[SqliteLog]) -> None:
        for turn in range(2):
            for number in range(12):
                name = f"s{number}"
                await logs[turn].create(name, [0])
                await logs[turn].append(name, [batch(0, b"%d" % turn)])
                for log in logs:
                    assert datas(await read_all(log, name, 0)) == [b"0", b"1"][: turn + 1]
        while any(stream._busy for log in logs for stream in log._streams.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        # The directory's lock three times; and for each of few streams the six of SQLite and the
        # turn's, of which the map has one of its own.
        assert open_files() <= 3 + len(logs) * 5 * 8

    on_two(body, tmp_path, Bounds(open_files=3))
