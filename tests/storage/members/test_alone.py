"""One process needs nobody: it always holds, is on duty, and waits for no one."""

import asyncio

from shardline.storage.members import Alone
from storage.members.members_support import ends


def test_who_is_alone_waits_for_nobody() -> None:
    async def scenario() -> None:
        alone, looked = Alone(), list[int]()

        async def look() -> int:
            looked.append(1)
            return 5

        assert alone.holds()
        await alone.renew(look)
        assert looked == [1]
        assert await ends(alone.seen_by_all(6))
        await alone.told(0.001)
        assert alone.is_on_duty()
        assert alone.count() == 1
        await alone.leave()
        assert alone.holds()

    asyncio.run(scenario())
