"""How a node follows the catalog, which other processes change, and so may use what it knows.

A process that is not alone holds a lease (`shardline.storage.members_port`): it looks what others
changed, several times a second and whenever it is told of a change, and takes that over. While it
cannot look, the lease runs out, and calls are refused until the catalog answers again. If it only
has not come to looking, calls wait for it. A process that is alone looks once a second, for what
`shardline keys` and `shardline accounts` do beside it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

from shardline.storage.catalog_port import Catalog, KeptKind
from shardline.storage.members import Alone
from shardline.storage.members_port import RENEW_S, Members
from shardline.storage.record_log import StorageError

log = logging.getLogger("shardline.node")

ALONE_S: Final = 1.0
PATIENCE_S: Final = 1.0  # a look takes milliseconds, once the event loop comes to it

Follow = Callable[[Collection[str] | None], Awaitable[None]]
"""Takes over what became of the things of these ids, or of all. Raises `StorageError`."""


class Follower:
    """Follows the catalog. `begin` comes before the first load of what is followed."""

    def __init__(
        self, catalog: Catalog, members: Members, follows: Mapping[KeptKind, Follow]
    ) -> None:
        self._catalog = catalog
        self._members = members
        self._follows = follows
        self._seen = 0
        self._failed = False  # when it looked last
        self._looked = asyncio.Event()  # another one after each look

    async def begin(self) -> None:
        """Follow what is changed from now on. Raises `StorageError`."""
        self._seen = await self._catalog.last_change()

    async def run(self) -> None:
        """Follow, and hold the lease, until this is cancelled."""
        is_alone = isinstance(self._members, Alone)
        while True:
            await (asyncio.sleep(ALONE_S) if is_alone else self._members.told(RENEW_S))
            await self.renew()

    async def renew(self) -> None:
        """Look, and renew the lease. A failure is logged once, until it is over."""
        try:
            await self._members.renew(self._look)
        except StorageError as error:
            if not self._failed:
                log.error("the catalog cannot be followed: %s", error)
            self._failed = True
        except Exception:
            if not self._failed:
                log.exception("a fault of ours in following the catalog")
            self._failed = True
        else:
            if self._failed:
                log.warning("the catalog is followed again")
            self._failed = False
        finally:
            self._looked.set()
            self._looked = asyncio.Event()

    async def is_in_step(self) -> bool:
        """Whether the lease is held, after waiting for that for at most `PATIENCE_S`.

        Not while the last look has failed: it is told at once that the catalog cannot be followed.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while not self._members.holds() and not self._failed:
                    await self._looked.wait()
        return self._members.holds()

    async def _look(self) -> int:
        """Take over what others changed since the last look; answer up to which change."""
        changed = await self._catalog.changed_since(self._seen)
        for kind, follow in self._follows.items():
            ids = changed.ids(kind)
            if ids is None or ids:
                await follow(ids)
        self._seen = changed.number
        return changed.number
