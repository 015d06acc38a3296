"""Work that is done once: by whoever is on duty, after it has learned what was known."""

import asyncio

from shardline.node.duty import Duty
from shardline.storage.members import Alone


class Members(Alone):
    on_duty = True

    def is_on_duty(self) -> bool:
        return self.on_duty


def test_only_who_is_on_duty_works_and_begins_anew_each_time() -> None:
    done: list[str] = []

    async def begin() -> None:
        done.append("begin")

    async def work() -> None:
        done.append("work")

    async def main() -> None:
        members = Members()
        members.on_duty = False
        once = Duty(members, begin).only(work)
        await once()
        assert done == []
        for on_duty in (True, True, False, True):
            members.on_duty = on_duty
            await once()
        assert done == ["begin", "work", "work", "begin", "work"]
        assert once.__qualname__ == work.__qualname__

    asyncio.run(main())


def test_who_is_alone_reads_nothing_anew() -> None:
    done: list[str] = []

    async def begin() -> None:
        done.append("begin")

    async def work() -> None:
        done.append("work")

    async def main() -> None:
        await Duty(Members(), begin).only(work)()

    asyncio.run(main())
    assert done == ["work"]
