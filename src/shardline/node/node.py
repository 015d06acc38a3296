"""A node that runs: its parts, behind an HTTP server."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

from shardline.background import repeat
from shardline.clock import Clock, SystemClock
from shardline.gateway.app import Application
from shardline.gateway.audit import AuditLog
from shardline.gateway.audit_file import AuditFile
from shardline.gateway.bounds import Bounds
from shardline.gateway.metrics_page import PATH, metrics_page
from shardline.gateway.pipeline import Pipeline
from shardline.gateway.server import SERVERS, HttpServer, ServerSettings
from shardline.gateway.sigv4 import SigV4Verifier
from shardline.node.first_streams import make_first_streams
from shardline.node.neighbours import reachable, tell_neighbours, tls_files
from shardline.node.parts import Parts
from shardline.node.stores import Memory, open_stores
from shardline.prometheus.families import Reading
from shardline.prometheus.numbers import Numbers
from shardline.prometheus.text import Text
from shardline.settings import NodeSettings
from shardline.storage.members import Place

LEAVE_S = 5.0  # for clients to go elsewhere; one that asks nothing for so long finds it closed


class Node(Parts):
    """A running server and its parts. Made by `Node.running`."""

    endpoint = ""
    certificate: Path | None = None
    private_key: Path | None = None
    audit_file: AuditFile | None = None
    place: Place | None = None
    _listener: int | None = None
    _app: Application
    _server: HttpServer

    @classmethod
    @contextlib.asynccontextmanager
    async def running(
        cls,
        settings: NodeSettings,
        *,
        clock: Clock | None = None,
        memory: Memory | None = None,
        place: Place | None = None,
        listener: int | None = None,
    ) -> AsyncIterator["Node"]:
        """Open the stores, serve, and on leaving stop in order: requests first, stores last.

        A node without a data directory keeps records and metrics in what `memory` makes. One with a
        `place` is one of several processes: their parent owns the data directory (`stores.owned`),
        tells others where it serves, and gave it one of the port's sockets, the descriptor
        `listener` (`shardline.gateway.listening`). Raises `StoreUnusable`, `OSError` (a port in
        use) or `ValueError` with what would be right.
        """
        clock = clock or SystemClock()
        async with contextlib.AsyncExitStack() as stack:
            stores = await open_stores(settings, clock, memory, stack, place)
            node = cls(settings, stores, clock)
            node.place, node._listener = place, listener
            await node.load(stack)
            await node._follow(stack)
            await make_first_streams(node.apis[0], node.book, settings)
            await node._serve(stack)
            for work, seconds in node.chores():
                stack.callback(asyncio.create_task(repeat(work, seconds)).cancel)
            yield node

    async def _follow(self, stack: contextlib.AsyncExitStack) -> None:
        """Hold a lease for as long as calls are answered."""
        await self.follower.renew()
        stack.push_async_callback(self.members.leave)  # nobody need wait for us any more
        stack.callback(asyncio.create_task(self.follower.run()).cancel)

    async def _serve(self, stack: contextlib.AsyncExitStack) -> None:
        settings = self.settings
        self.certificate, self.private_key = tls_files(settings)
        self._app = self._application(self._pipeline(stack))
        self._server = server = SERVERS[settings.http_server](
            self._app,
            ServerSettings(
                settings.host,
                settings.port,
                self.certificate,
                self.private_key,
                drain_s=settings.drain_s,
                log_format=settings.log_format,
                listener=self._listener,
            ),
        )
        host, port = await server.start()
        stack.push_async_callback(server.stop)
        for each in self.apis:
            if each.end_streams is not None:
                stack.callback(each.end_streams)  # before: the server waits for their ends
        scheme = "https" if self.certificate else "http"
        self.endpoint = f"{scheme}://{reachable(host)}:{port}"
        if self.place is None:
            tell_neighbours(settings, self.endpoint, self.certificate)

    def _pipeline(self, stack: contextlib.AsyncExitStack) -> Pipeline:
        return Pipeline(
            self.apis,
            SigV4Verifier(self.keys, wall_ms=_wall_ms),
            self.enforcer,
            note_use=self.last_used.note,
            may_serve=self.members.holds,
            is_in_step=self.follower.is_in_step,
            audit=self._audit(stack),
        )

    def _audit(self, stack: contextlib.AsyncExitStack) -> AuditLog | None:
        """The audit log, if the settings want one. Raises `OSError`."""
        if self.settings.audit_log is None:
            return None
        self.audit_file = AuditFile(self.settings.audit_log, is_shared=self.place is not None)
        stack.callback(self.audit_file.close)
        return AuditLog(self.audit_file.write, _wall_ms)

    def _application(self, pipeline: Pipeline) -> Application:
        """The application, with the node's own pages."""
        numbers = Numbers(self.book, self.records, self.clock, self.settings.data_dir)

        def read() -> list[Reading]:
            return numbers.read(app, pipeline)

        others = self.together.readings(read, numbers.read_slowly)
        text = Text(read, numbers.read_slowly, others)
        app = Application(
            pipeline,
            Bounds(memory_bytes=self.settings.memory_bytes),
            {PATH: metrics_page(text.render, self.settings.metrics_token)},
            self.records.trouble,
        )
        return app

    def begin_to_leave(self) -> None:
        """Have clients open other connections for their next requests, as far as can be said.

        Over HTTP/1.1 every answer says so, and its connection ends. Over HTTP/2 it is the HTTP
        server's to say, when it stops.
        """
        self._app.is_leaving = True

    async def leave_to_others(self) -> None:
        """If other servers serve in its place, give clients the time to go over to them.

        Health says 503, which is what a load balancer asks; calls are answered as before.
        """
        if self.place is None and self.members.count() > 1:
            self._app.is_ending = True
            self.begin_to_leave()
            await asyncio.sleep(min(LEAVE_S, self.settings.drain_s))

    def close_door(self) -> None:
        """Accept no more connections; what was accepted is answered."""
        self._server.close()

    async def until(self, stop: asyncio.Event) -> None:
        """Return when `stop` is set; raise if the HTTP server ends before."""
        ended = asyncio.create_task(self._server.stopped())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if ended.done():
            await ended
            raise OSError("the HTTP server stopped by itself")
        ended.cancel()


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
