"""A change that is due, and takes long: who looks the stream up meanwhile shares one try at it."""

import asyncio
from collections.abc import Iterable

import pytest

from fanout_support import STREAM, FanOut, fan_out
from shardline.storage.record_log import WriteFailed


class Slow:
    """A log's `create` that fails when it may."""

    def __init__(self, parts: FanOut, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tries = 0
        self.began = asyncio.Event()
        self.may_end = asyncio.Event()
        monkeypatch.setattr(parts.log, "create", self._create)

    async def _create(self, stream: str, shards: Iterable[int]) -> None:
        self.tries += 1
        self.began.set()
        await self.may_end.wait()
        raise WriteFailed("Kafka did not take over a change in time")


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_failed_try_is_that_of_all_who_waited_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with fan_out() as parts:
            slow = Slow(parts, monkeypatch)
            # Given a reshard that is being completed
            asked = [asyncio.ensure_future(parts.split())]
            await slow.began.wait()
            # When others look the stream up
            asked += [
                asyncio.ensure_future(parts.call("ListShards", StreamName=STREAM)) for _ in range(5)
            ]
            await turns()
            # Then its failure holds nobody up further, and the next look tries again
            slow.may_end.set()
            await asyncio.gather(*asked)
            assert slow.tries == 1
            assert len((await parts.call("ListShards", StreamName=STREAM))["Shards"]) == 1
            assert slow.tries == 2
            monkeypatch.undo()
            assert len((await parts.call("ListShards", StreamName=STREAM))["Shards"]) == 3

    asyncio.run(scenario())
