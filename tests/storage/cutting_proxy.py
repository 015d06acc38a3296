"""A proxy between a client and PostgreSQL that cuts a connection at its COMMIT."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Literal
from urllib.parse import urlsplit

Cut = Literal["answer", "commit", "late commit"]
"""What is lost: the server's answer; the commit itself; or the answer, the commit being later than
the client's next try."""

_AT_ONCE = 1 << 16


class CuttingProxy:
    """`cut` says what happens at the next commit, `is_away` that nobody is let in."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self.url = ""
        self.cut: Cut | None = None
        self.is_away = False
        self.cuts = 0
        self.turned_away = asyncio.Event()
        self._tries_again = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> asyncio.Server:
        """Listen, and have a URL."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        user = self._parts.netloc.rpartition("@")[0]
        self.url = self._parts._replace(netloc=f"{user}@127.0.0.1:{port}").geturl()
        return server

    async def stop(self) -> None:
        """End all connections."""
        for each in self._connections:
            each.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        async with closing(writer):
            if self.is_away:
                self.turned_away.set()
                return
            from_server, to_server = await asyncio.open_connection(
                self._parts.hostname, self._parts.port
            )
            async with closing(to_server):
                answers = asyncio.create_task(_copy(from_server, writer))
                try:
                    await self._ask(reader, to_server, answers, from_server, writer)
                finally:
                    answers.cancel()
                    await asyncio.wait({answers})

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
        answers: "asyncio.Task[None]",
        from_server: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        while sent := await reader.read(_AT_ONCE):
            if b"pg_advisory_xact_lock" in sent:
                self._tries_again.set()
            if self.cut is None or not sent.endswith(b"COMMIT\0"):
                to_server.write(sent)
                continue
            cut, self.cut = self.cut, None
            self.cuts += 1
            answers.cancel()
            await asyncio.wait({answers})
            self._tries_again.clear()
            if cut == "answer":
                to_server.write(sent)
                await from_server.read(_AT_ONCE)
            writer.close()
            if cut == "late commit":
                await self._tries_again.wait()
                to_server.write(sent)
                await from_server.read(_AT_ONCE)
            return


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while answered := await reader.read(_AT_ONCE):
            writer.write(answered)
    writer.close()


@contextlib.asynccontextmanager
async def closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close it, whatever happens."""
    try:
        with contextlib.suppress(OSError):
            yield
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def cutting_proxy(url: str) -> AsyncIterator[CuttingProxy]:
    """A proxy in front of the server of a URL."""
    proxy = CuttingProxy(url)
    server = await proxy.start()
    try:
        yield proxy
    finally:
        server.close()
        await proxy.stop()
