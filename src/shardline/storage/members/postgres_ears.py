"""What the processes of one PostgreSQL database tell each other: NOTIFY on one channel.

A note is a word that says what it is, the sender's name, and what else there is, with spaces
between. It is a hint: none is heard while the connection is lost.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Final

import psycopg

from shardline.storage.members.lease_statements import CHANNEL
from shardline.storage.members.session import Session
from shardline.storage.postgres import PostgresUrl
from shardline.storage.record_log import StorageError

_CONNECT_AGAIN_S: Final = 0.25

Heard = Callable[[str, str], None]
"""Called with the name of who told, and what it told."""


class Ears:
    """Listens, on a connection of its own. For one event loop; `open` it there."""

    def __init__(self, url: PostgresUrl, name: str, begun: Callable[[], None]) -> None:
        """Listen for what others than `name` tell. `begun` is called whenever something may have
        been missed."""
        self._session = Session(url)
        self._name = name
        self._begun = begun
        self._heard: dict[str, Heard] = {}
        self._listening: asyncio.Task[None] | None = None

    def on(self, heard: Mapping[str, Heard]) -> None:
        """Call these for the notes of their words."""
        self._heard |= heard

    def open(self) -> None:
        """Begin to listen."""
        self._listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Stop to listen. Idempotent."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait({self._listening})
        await self._session.close()

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(StorageError, psycopg.Error):
                ((channel,),) = await self._session.rows(f"SELECT quote_ident({CHANNEL})")
                await self._session.rows(f"LISTEN {channel}")
                self._begun()
                async for note in (await self._session.connected()).notifies():
                    self._take(note.payload)
            await asyncio.sleep(_CONNECT_AGAIN_S)

    def _take(self, note: str) -> None:
        word, _, rest = note.partition(" ")
        name, _, text = rest.partition(" ")
        heard = self._heard.get(word)
        if heard is not None and name != self._name:
            heard(name, text)
