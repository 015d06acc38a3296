"""Leases of workers: each has seen a change, or its lease is over, when `seen_by_all` returns."""

import asyncio
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from shardline.storage.members import Board, Bus, Place, make_places
from storage.members.members_support import Nanoseconds, boards, ends, look_at

WORKER = Path(__file__).with_name("board_worker.py")


def test_a_lease_holds_for_a_second_from_before_the_look(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = Nanoseconds()
        async with boards(1, tmp_path, clock) as (board,):
            assert not board.holds()

            async def slow() -> int:
                clock.pass_by(0.4)
                return 1

            await board.renew(slow)
            assert board.holds()
            clock.pass_by(0.599)
            assert board.holds()
            clock.pass_by(0.001)
            assert not board.holds()

    asyncio.run(scenario())


def test_a_look_that_fails_renews_nothing_but_is_waited_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = Nanoseconds()
        async with boards(2, tmp_path, clock) as (one, other):

            async def fails() -> int:
                raise OSError("the database is gone")

            with pytest.raises(OSError, match="gone"):
                await other.renew(fails)
            # It may have seen half: it holds nothing, and others keep to what was promised
            assert not other.holds()
            assert not await ends(one.seen_by_all(1))
            clock.pass_by(1)
            assert await ends(one.seen_by_all(1))

    asyncio.run(scenario())


def test_a_change_is_waited_for_until_each_has_seen_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with boards(3, tmp_path) as (one, other, third):
            for board in (one, other, third):
                await board.renew(look_at(4))
            assert await ends(one.seen_by_all(4))
            waiting = asyncio.create_task(one.seen_by_all(5))
            for board in (other, third):
                assert not waiting.done()
                await board.told(5)  # it was told
                await board.renew(look_at(5))
            await asyncio.wait_for(waiting, 5)
            # What was seen since then includes it
            assert await ends(one.seen_by_all(3))

    asyncio.run(scenario())


def test_who_has_stalled_is_waited_for_until_its_lease_ends(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = Nanoseconds()
        async with boards(3, tmp_path, clock) as (one, other, stalled):
            await other.renew(look_at(4))
            await stalled.renew(look_at(4))
            waiting = asyncio.create_task(one.seen_by_all(5))
            clock.pass_by(0.5)
            await other.renew(look_at(5))
            assert not await ends(asyncio.shield(waiting))
            assert stalled.holds()
            clock.pass_by(0.5)
            await asyncio.wait_for(waiting, 5)
            assert not stalled.holds()
            assert other.holds()

    asyncio.run(scenario())


def test_a_lost_message_delays_a_change_by_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with boards(2, tmp_path) as (one, other):
            await other.renew(look_at(4))
            waiting = asyncio.create_task(one.seen_by_all(5))
            await asyncio.sleep(0)
            monkeypatch.setattr(Bus, "tell", lambda *_, **__: None)
            await other.renew(look_at(5))
            await asyncio.wait_for(waiting, 5)

    asyncio.run(scenario())


def test_who_has_left_is_not_waited_for_but_still_waits_for_others(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with boards(2, tmp_path) as (one, other):
            for board in (one, other):
                await board.renew(look_at(1))
            assert (one.count(), other.count()) == (2, 2)
            waiting = asyncio.create_task(one.seen_by_all(2))
            await asyncio.sleep(0)
            await other.leave()
            await other.leave()
            await asyncio.wait_for(waiting, 5)
            assert not other.holds()
            assert one.count() == 1
            assert not await ends(other.seen_by_all(2))  # its last change, as it stops
            await one.renew(look_at(2))
            assert await ends(other.seen_by_all(2))

    asyncio.run(scenario())


def test_a_look_that_ends_after_leaving_gives_no_lease(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with boards(2, tmp_path) as (one, other):

            async def leave() -> int:
                await other.leave()
                return 1

            await other.renew(leave)
            assert not other.holds()
            assert await ends(one.seen_by_all(2))
            assert one.count() == 1

    asyncio.run(scenario())


def test_one_is_on_duty_as_long_as_it_holds_and_then_another(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = Nanoseconds()
        async with boards(2, tmp_path, clock) as (one, other):
            assert not one.is_on_duty()  # it does not know yet what there is to do
            for board in (one, other):
                await board.renew(look_at(1))
            assert one.is_on_duty()
            assert not other.is_on_duty()
            clock.pass_by(1)
            assert not one.is_on_duty()
            for board in (one, other):
                await board.renew(look_at(1))
            assert one.is_on_duty()
            await one.leave()
            assert not one.is_on_duty()
            assert other.is_on_duty()

    asyncio.run(scenario())


def start(place: Place, duties: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(WORKER), json.dumps({**asdict(place), "duties": str(duties)})],
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=place.descriptors(),
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=30)


def test_a_killed_worker_loses_its_duty_its_lease_and_its_place(tmp_path: Path) -> None:
    places, duties = make_places(2), tmp_path / "duties"

    async def scenario(first: subprocess.Popen[str]) -> None:
        bus = Bus(places[0])
        bus.open()
        board = Board(bus, str(duties))
        await board.renew(look_at(7))
        # Given another process that is on duty, and cannot be doubled
        assert not board.is_on_duty()
        doubled = start(places[1], duties)
        assert said(doubled) == "another process is worker 1"
        end(doubled)
        # When it is killed
        end(first)
        # Then its lease is over within a second, and this one is on duty
        await asyncio.wait_for(board.seen_by_all(8), 5)
        assert board.holds() or await board.renew(look_at(8)) is None
        assert board.is_on_duty()
        # And another one takes its place, and is waited for
        heard = asyncio.Event()
        bus.on(b"x", lambda *_: heard.set())
        heir = start(places[1], duties)
        assert said(heir) == "not on duty"
        await asyncio.wait_for(heard.wait(), 5)
        end(heir)
        await board.leave()
        bus.close()

    first = start(places[1], duties)
    try:
        assert said(first) == "on duty"
        asyncio.run(scenario(first))
    finally:
        end(first)
