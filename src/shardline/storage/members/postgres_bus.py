"""Messages between the gateways of one PostgreSQL database, over what it tells them of leases.

    say NAME TO TOPIC PAYLOAD     TO is a name or `*`; the payload is Base64

A gateway's number is its name, read as a hexadecimal number. What is told while the database does
not answer is lost.
"""

import asyncio
import contextlib
from base64 import b64decode, b64encode
from typing import Final

from shardline.storage.members.lease_statements import CHANNEL, SAY
from shardline.storage.members.postgres_ears import Ears
from shardline.storage.members.session import Session
from shardline.storage.members_port import Listener
from shardline.storage.postgres import PostgresUrl
from shardline.storage.record_log import StorageError

_MOST_WAITING: Final = 1000
_NOTIFY: Final = f"SELECT pg_notify({CHANNEL}, note) FROM unnest(%(notes)s::text[]) AS note"


class PostgresBus:
    """See `shardline.storage.members_port.Messages`. For one event loop; `open` it there."""

    most_bytes = 5_800  # PostgreSQL's notes have less than 8,000

    def __init__(self, url: PostgresUrl, name: str, ears: Ears) -> None:
        self._name = name
        self._session = Session(url)
        self._listeners: dict[str, Listener] = {}
        self._waiting: list[str] = []
        self._is_waiting = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None
        ears.on({SAY: self._heard})

    def open(self) -> None:
        """Begin to send."""
        self._sending = asyncio.create_task(self._send())

    def on(self, topic: bytes, listener: Listener) -> None:
        """See the port."""
        self._listeners[topic.decode()] = listener

    def tell(self, topic: bytes, payload: bytes = b"", *, worker: int | None = None) -> None:
        """See the port."""
        if len(payload) > self.most_bytes:
            raise OSError(f"a message has at most {self.most_bytes} bytes, not {len(payload)}")
        to = "*" if worker is None else f"{worker:016x}"
        if len(self._waiting) < _MOST_WAITING:
            text = b64encode(payload).decode()
            self._waiting.append(f"{SAY} {self._name} {to} {topic.decode()} {text}")
            self._is_waiting.set()

    async def _send(self) -> None:
        while True:
            await self._is_waiting.wait()
            self._is_waiting.clear()
            notes, self._waiting = self._waiting, []
            with contextlib.suppress(StorageError):
                await self._session.rows(_NOTIFY, {"notes": notes})

    def _heard(self, name: str, text: str) -> None:
        to, topic, payload = text.split(" ")
        listener = self._listeners.get(topic)
        if listener is not None and to in ("*", self._name):
            listener(int(name, 16), b64decode(payload))

    async def close(self) -> None:
        """Stop to send. Idempotent."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.wait({self._sending})
        await self._session.close()
