"""Work that a node does now and then, beside the calls that it serves."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger("shardline.node")


async def repeat(work: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Do some work for ever, every so many seconds.

    A fault of ours in it is logged, and the work is done again the next time: what trims, scales or
    follows keys must not end for as long as the process lives.
    """
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Exception:
            log.exception("a fault of ours in %s", getattr(work, "__qualname__", work))
