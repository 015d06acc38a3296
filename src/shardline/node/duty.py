"""Work that is done once, however many processes serve: by the one that is on duty."""

from collections.abc import Awaitable, Callable

from shardline.storage.members_port import Members

Work = Callable[[], Awaitable[None]]


class Duty:
    """Wraps work so that only the process on duty does it.

    `begin` is done first when duty comes to this process: it may have come from one that died, and
    what that one knew has to be read anew.
    """

    def __init__(self, members: Members, begin: Work) -> None:
        self._members = members
        self._begin = begin
        # Who is on duty before it has read anything, as one that is alone is, need not read anew.
        self._has_begun = members.is_on_duty()

    def only(self, work: Work) -> Work:
        """The work, done where it is this process's to do."""

        async def run() -> None:
            if not self._members.is_on_duty():
                self._has_begun = False
                return
            if not self._has_begun:
                await self._begin()
                self._has_begun = True
            await work()

        run.__qualname__ = getattr(work, "__qualname__", repr(work))  # for who logs a fault in it
        return run
