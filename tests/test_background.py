"""Work that is done now and then goes on after a fault of its own."""

import asyncio
import logging

import pytest

from shardline.background import repeat


def test_a_fault_is_logged_and_the_work_done_again(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> int:
        times = 0
        third = asyncio.Event()

        async def work() -> None:
            nonlocal times
            times += 1
            if times == 2:
                raise RuntimeError("a mistake")
            if times == 3:
                third.set()

        repeating = asyncio.create_task(repeat(work, 0))
        await third.wait()
        repeating.cancel()
        return times

    with caplog.at_level(logging.ERROR):
        assert asyncio.run(body()) == 3
    (record,) = caplog.records
    assert record.message.startswith("a fault of ours in test_a_fault_is_logged")
    assert "a mistake" in (record.exc_text or "")
