"""A shared log when something goes wrong: a worker dies at the worst moment, a call fails."""

import asyncio
import dataclasses
import gc
import json
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import apsw
import pytest

from contract.record_log_support import SMALL, SetClock, batch, datas, read_all
from shardline.storage.members import Bus, Place, make_places
from shardline.storage.record_log import Appended, StoreUnusable, UnknownShard, WriteFailed
from shardline.storage.sqlite_log import (
    Bounds,
    Sharing,
    SqliteLog,
    claimed,
    schema,
    shared_stream,
)
from shardline.storage.sqlite_log.directory import Directory
from shardline.storage.sqlite_log.extent import Extent
from shardline.storage.sqlite_log.streamfile import StreamFile
from shardline.storage.sqlite_log.turns import RING, Turn

T0 = SetClock().at
Body = Callable[[SqliteLog, SqliteLog, Place], Awaitable[None]]
VICTIM = Path(__file__).with_name("shared_log_victim.py")


def on_two(body: Body, directory: Path, bounds: Bounds | None = None) -> None:
    """Run a body with two workers' logs that have stream "s" with shard 0, and a third's place."""

    async def main() -> None:
        first, second, third = make_places(3)
        buses = [Bus(first), Bus(second)]
        with claimed(directory):
            logs = []
            for bus in buses:
                bus.open()
                logs.append(
                    await SqliteLog.open(directory, SetClock(), bounds=bounds, sharing=Sharing(bus))
                )
            await logs[0].create("s", [0])
            await body(*logs, third)  # type: ignore[call-arg]
            for log, bus in zip(logs, buses, strict=True):
                await log.close()
                bus.close()

    asyncio.run(main())


async def die(directory: Path, place: Place, moment: str) -> None:
    """Let a worker die; it had no time to say anything."""
    command = [sys.executable, str(VICTIM), str(directory), json.dumps(dataclasses.asdict(place))]
    victim = await asyncio.to_thread(
        subprocess.run, [*command, moment], pass_fds=place.descriptors(), timeout=60
    )
    assert victim.returncode == 9


@pytest.mark.parametrize(
    ("moment", "kept"), [("before-commit", []), ("after-commit", [b"last words"])]
)
def test_a_worker_that_dies_in_its_commit_holds_nobody_up(
    tmp_path: Path, moment: str, kept: list[bytes]
) -> None:
    async def body(one: SqliteLog, two: SqliteLog, place: Place) -> None:
        for log in (one, two):
            assert datas(await read_all(log, "s", 0)) == []
        await die(tmp_path, place, moment)
        # Who reads finds out for itself, without anybody writing
        assert datas(await read_all(two, "s", 0)) == kept
        assert await one.tail("s", 0) == len(kept)
        # And who writes goes on behind it
        [answer] = await one.append("s", [batch(0, b"next")])
        assert answer.first == len(kept)  # type: ignore[union-attr]
        assert datas(await read_all(two, "s", 0)) == [*kept, b"next"]

    on_two(body, tmp_path)


@pytest.mark.parametrize("moment", ["before-removal", "after-removal"])
def test_nobody_commits_to_a_stream_whose_removal_was_cut_short(
    tmp_path: Path, moment: str
) -> None:
    async def body(one: SqliteLog, two: SqliteLog, place: Place) -> None:
        for log in (one, two):  # both have the file open
            await log.append("s", [batch(0, b"x")])
        await die(tmp_path, place, moment)
        for log in (one, two):
            with pytest.raises(UnknownShard):
                await log.append("s", [batch(0, b"lost")])
            with pytest.raises(UnknownShard):
                await read_all(log, "s", 0)
            await log.drop("s")
        assert list((tmp_path / "streams").glob("s.*")) == []

    on_two(body, tmp_path)


def test_a_drop_that_fails_leaves_the_stream_to_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body(one: SqliteLog, two: SqliteLog, _: Place) -> None:
        await two.append("s", [batch(0, b"a")])

        def fail(path: Path) -> None:
            raise PermissionError("not permitted")

        with monkeypatch.context() as patch:
            patch.setattr(schema, "remove", fail)
            with pytest.raises(WriteFailed, match="not permitted"):
                await one.drop("s")
        for log, data in ((two, b"b"), (one, b"c")):
            await log.append("s", [batch(0, data)])
        assert datas(await read_all(two, "s", 0)) == [b"a", b"b", b"c"]
        assert datas(await read_all(one, "s", 0)) == [b"a", b"b", b"c"]

    on_two(body, tmp_path)


def test_a_worker_that_only_writes_does_not_load_all_shards_at_every_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = 0
    load = shared_stream.load_extents

    def counted(connection: apsw.Connection) -> dict[int, Extent]:
        nonlocal loads
        loads += 1
        return load(connection)

    monkeypatch.setattr(shared_stream, "load_extents", counted)

    async def body(one: SqliteLog, two: SqliteLog, _: Place) -> None:
        await one.create("s", range(RING + 10))  # more than the ring tells
        for _turn in range(10):
            for log in (one, two):
                await log.append("s", [batch(0, b"x")])

    on_two(body, tmp_path)
    assert loads <= 4


class Traced(list[int]):
    """Numbers that remember in which order they were written."""

    def __init__(self, numbers: memoryview) -> None:
        super().__init__(numbers.tolist())
        self.written: list[tuple[int, int]] = []

    def __setitem__(self, place: int, value: int) -> None:  # type: ignore[override]
        self.written.append((place, value))
        super().__setitem__(place, value)


def test_an_entry_that_is_being_written_over_is_not_believed(tmp_path: Path) -> None:
    turn = Turn(tmp_path / "s.turn", 0)
    turn.make()
    for _ in range(RING):
        turn.publish({0: Extent(5)})
    assert turn.changes(0) == ({0: Extent(5)}, RING)
    # When the next entry takes the place of the first
    real = turn._must()
    numbers = Traced(real)
    turn._numbers = numbers  # type: ignore[assignment]
    turn.publish({1: Extent(7, 1, 2)})
    # Then that is nobody's from the first of its fields to the last
    entry = numbers.written[: numbers.written.index((numbers.written[0][0], RING + 1)) + 1]
    assert [place - entry[0][0] for place, _ in entry] == [0, 1, 2, 3, 4, 5, 0]
    assert entry[0][1] == 0
    # And who still wants the first reads the database, also before the position is written
    turn._numbers = real
    for number in (0, RING + 1):
        real[entry[0][0]] = number
        assert turn.changes(0) == (None, RING)
    turn.close()


def test_what_a_dead_worker_left_to_be_deleted_is_deleted_by_another(tmp_path: Path) -> None:
    def frames() -> int:
        connection = apsw.Connection(str(tmp_path / "streams" / "s.sqlite"))
        ((count,),) = connection.execute("SELECT count(*) FROM frames").fetchall()
        connection.close()
        return int(count)

    async def body(one: SqliteLog, two: SqliteLog, _: Place) -> None:
        for _turn in range(20):
            await one.append("s", [batch(0, b"x" * 100)])
        one._streams["s"]._pause = 1000  # as if it died before it freed the space
        await one.trim("s", 2_000_000)
        assert frames() == 20
        await two.append("s", [batch(0, b"kept")])
        while two._streams["s"]._busy:  # noqa: ASYNC110 (there is no event)
            await asyncio.sleep(0.001)
        assert frames() == 1
        assert datas(await read_all(one, "s", 0)) == [b"kept"]

    on_two(body, tmp_path)


def test_the_first_calls_for_a_stream_of_another_worker_keep_their_order(tmp_path: Path) -> None:
    async def body(one: SqliteLog, two: SqliteLog, _: Place) -> None:
        # Given calls that all have to find the stream, and one that comes as soon as it is found
        calls = [two.append("s", [batch(0, b"%d" % number)]) for number in range(20)]
        first = asyncio.gather(*calls)
        while "s" not in two._streams:  # noqa: ASYNC110 (there is no event)
            await asyncio.sleep(0)
        [late] = await two.append("s", [batch(0, b"late")])
        # Then each has its place
        assert [answer.first for [answer] in await first] == list(range(20))  # type: ignore[union-attr]
        assert late.first == 20  # type: ignore[union-attr]

    on_two(body, tmp_path)


def test_a_call_that_comes_just_as_a_stream_is_found_does_not_overtake(tmp_path: Path) -> None:
    async def body(one: SqliteLog, two: SqliteLog, _: Place) -> None:
        # Given calls for a stream that is being looked for
        first = [asyncio.ensure_future(two.append("s", [batch(0, b"x")])) for _ in range(20)]
        await asyncio.sleep(0)
        # When more come in each of the loop's turns in which it is found, and in which they go on
        more = []
        while not all(call.done() for call in first):
            more.append(asyncio.ensure_future(two.append("s", [batch(0, b"y")])))
            await asyncio.sleep(0)
        # Then all have the order of the calls
        answers = [answer for [answer] in await asyncio.gather(*first, *more)]
        assert [each.first for each in answers] == list(range(len(answers)))  # type: ignore[union-attr]

    on_two(body, tmp_path)


class SlowLook:
    """Has one log tell what it found of a stream when it may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.may_say = threading.Semaphore(0)  # each release lets one of them tell
        self._looked = threading.Event()
        self._log: SqliteLog | None = None
        self._find = Directory.find
        monkeypatch.setattr(Directory, "find", lambda *args: self.find(*args))

    def find(self, directory: Directory, stream: str) -> StreamFile | None:
        found = self._find(directory, stream)
        if self._log is not None and directory is self._log._directory:
            self._looked.set()
            self.may_say.acquire(timeout=10)
        return found

    async def hold(
        self, log: SqliteLog, begin: Callable[[], Awaitable[object]]
    ) -> "asyncio.Future[object]":
        """Begin a call, which has looked on return, and is not told what was found."""
        self._log = log
        begun = asyncio.ensure_future(begin())
        await asyncio.to_thread(self._looked.wait)
        return begun


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SlowLook:
    return SlowLook(monkeypatch)


def test_who_looks_for_a_stream_while_it_is_made_finds_it_once_it_was(
    tmp_path: Path, slow: SlowLook
) -> None:
    async def body(one: SqliteLog, two: SqliteLog, _: Place) -> None:
        # Given a look that found nothing, and is about to say so
        before = await slow.hold(two, lambda: two.tail("new", 0))
        await one.create("new", [0])
        # When somebody asks after the stream was made, and joins in
        asked = asyncio.ensure_future(two.tail("new", 0))
        await asyncio.sleep(0)
        slow.may_say.release(3)
        assert await asked == 0
        for call in (before, two.tail("nowhere", 0)):
            with pytest.raises(UnknownShard):
                await call

    on_two(body, tmp_path)


def test_who_makes_a_stream_does_not_overtake_those_that_look_for_it(
    tmp_path: Path, slow: SlowLook
) -> None:
    async def body(one: SqliteLog, two: SqliteLog, _: Place) -> None:
        created = await slow.hold(two, lambda: two.create("new", [0]))
        first = asyncio.ensure_future(two.append("new", [batch(0, b"1")]))
        await asyncio.sleep(0)
        slow.may_say.release()
        await created
        second = asyncio.ensure_future(two.append("new", [batch(0, b"2")]))
        await asyncio.sleep(0)
        slow.may_say.release()
        assert [await first, await second] == [[Appended(0, 0, T0)], [Appended(0, 1, T0)]]

    on_two(body, tmp_path)


def test_all_who_look_for_a_stream_as_the_log_is_closed_are_refused(
    tmp_path: Path, slow: SlowLook
) -> None:
    async def body(one: SqliteLog, two: SqliteLog, _: Place) -> None:
        calls = [await slow.hold(two, lambda: two.tail("new", 0))]
        calls.append(asyncio.ensure_future(two.tail("new", 0)))
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(two.close())
        while not two._shared.reads._shutdown:  # noqa: ASYNC110 (there is no event)
            await asyncio.sleep(0.001)
        slow.may_say.release()
        await closing
        for call in calls:
            with pytest.raises(WriteFailed, match="closed"):
                await call

    on_two(body, tmp_path)


def test_a_caller_that_goes_as_its_stream_is_found_leaves_no_exception_behind(
    tmp_path: Path, slow: SlowLook
) -> None:
    unread: list[dict[str, object]] = []

    async def body(one: SqliteLog, two: SqliteLog, _: Place) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unread.append(context))
        gone = await slow.hold(
            two, lambda: two.append("s", [batch(7, b"x")])
        )  # there is no shard 7
        slow.may_say.release()
        while "s" not in two._streams:  # noqa: ASYNC110 (there is no event)
            await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait({gone})
        del gone  # and what its exception holds
        assert await two.append("s", [batch(0, b"x")]) == [Appended(0, 0, T0)]
        gc.collect()

    on_two(body, tmp_path)
    assert unread == []


def test_files_are_closed_for_the_last_time_while_others_open_them(tmp_path: Path) -> None:
    names = [f"t{number}" for number in range(6)]

    async def use(log: SqliteLog, start: int) -> None:
        for number in range(start, start + 60):
            name = names[number % len(names)]
            await log.append(name, [batch(0, b"x")])
            assert (await read_all(log, names[number * 5 % len(names)], 0)).next > 0

    async def body(one: SqliteLog, two: SqliteLog, _: Place) -> None:
        for name in names:
            await one.create(name, [0])
            await one.append(name, [batch(0, b"x")])
        await asyncio.gather(use(one, 0), use(two, 0), use(one, 3), use(two, 1))
        tails = [await two.tail(name, 0) for name in names]
        assert sum(tails) == len(names) + 4 * 60

    on_two(body, tmp_path, dataclasses.replace(SMALL, open_files=1, commit_threads=4))


def test_the_directory_is_held_as_long_as_one_of_its_workers_lives(tmp_path: Path) -> None:
    async def main() -> None:
        [place] = make_places(1)
        bus = Bus(place)
        bus.open()
        with claimed(tmp_path):
            log = await SqliteLog.open(tmp_path, SetClock(), sharing=Sharing(bus))
            with pytest.raises(StoreUnusable, match="another server"):
                await SqliteLog.open(tmp_path, SetClock())
        # Whoever started it is gone
        with pytest.raises(StoreUnusable, match="another server"), claimed(tmp_path):
            pass
        await log.create("s", [0])
        await log.close()
        bus.close()
        with claimed(tmp_path):
            pass

    asyncio.run(main())


def test_workers_are_not_started_on_a_damaged_stream(tmp_path: Path) -> None:
    async def make() -> None:
        log = await SqliteLog.open(tmp_path, SetClock())
        await log.create("s", [0])
        await log.close()

    asyncio.run(make())
    path = tmp_path / "streams" / "s.sqlite"
    content = bytearray(path.read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    path.write_bytes(content)
    with pytest.raises(StoreUnusable, match=r"cannot open .*s\.sqlite: "), claimed(tmp_path):
        pass
