"""Members in one process: boards on a clock that the test moves, and those of PostgreSQL."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from shardline.storage.members import Board, Bus, make_places
from shardline.storage.members.postgres import PostgresMembers
from shardline.storage.members_port import LEASE_S
from shardline.storage.postgres import PostgresUrl

S = 1_000_000_000


class Nanoseconds:
    """Time as leases know it."""

    def __init__(self) -> None:
        self.now = 1_000 * S

    def __call__(self) -> int:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += round(seconds * S)


def look_at(change: int) -> Callable[[], Awaitable[int]]:
    """A look that sees this change."""

    async def look() -> int:
        return change

    return look


@contextlib.asynccontextmanager
async def boards(
    count: int, tmp_path: Path, clock: Nanoseconds | None = None
) -> AsyncIterator[list[Board]]:
    """That many workers, none of which holds a lease yet."""
    buses = [Bus(place) for place in make_places(count)]
    for bus in buses:
        bus.open()
    made = [Board(bus, str(tmp_path / "duties"), now_ns=clock or Nanoseconds()) for bus in buses]
    try:
        yield made
    finally:
        for board, bus in zip(made, buses, strict=True):
            await board.leave()
            bus.close()
        for descriptor in {each for bus in buses for each in bus.place.descriptors()}:
            os.close(descriptor)


async def ends(work: Awaitable[object]) -> bool:
    """Whether some work ends within the moments that messages take."""
    task = asyncio.ensure_future(work)
    await asyncio.wait([task], timeout=0.3)
    done = task.done()
    task.cancel()
    return done


@contextlib.asynccontextmanager
async def joined(url: str, *, connected_s: float = 2 * LEASE_S) -> AsyncIterator[PostgresMembers]:
    """A member that has been connected for so long."""
    members = PostgresMembers(PostgresUrl.parse(url))
    await members.join()
    members._session.since -= connected_s
    try:
        yield members
    finally:
        await members.close()
