"""What the tests at the socket share: a gateway in a thread, and clients that may misbehave."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.settings
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from shardline.gateway.app import Application
from shardline.gateway.bounds import Bounds
from shardline.gateway.credentials import FixedKeys, root_credential
from shardline.gateway.model import load_service
from shardline.gateway.pipeline import Pipeline
from shardline.gateway.server import SERVERS, ServerSettings
from shardline.gateway.sigv4 import SigV4Verifier
from shardline.gateway.types import Api, Caller, Handler

KEY, SECRET, ACCOUNT, REGION = "test", "test", "000000000000", "us-east-1"
JSON = "application/x-amz-json-1.1"
CBOR = "application/x-amz-cbor-1.1"
TARGET = "Kinesis_20131202."
SETTINGS = ServerSettings("127.0.0.1", 0)


def signed_headers(
    url: str,
    body: bytes = b"{}",
    *,
    operation: str = "ListStreams",
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
    secret: str = SECRET,
) -> dict[str, str]:
    """The headers of a request, signed by botocore; by default of JSON for `operation`."""
    if headers is None:
        headers = {"Content-Type": JSON, "X-Amz-Target": TARGET + operation}
    request = AWSRequest(method, url, headers=dict(headers), data=body)
    SigV4Auth(Credentials(KEY, secret), "kinesis", REGION).add_auth(request)
    return dict(request.headers.items())


def api_of(handlers: Mapping[str, Handler], *large: str) -> Api:
    """Kinesis with the handlers of a test."""
    return Api(load_service("kinesis"), handlers, {}, frozenset(large))


async def no_streams(caller: Caller, call: Any) -> dict[str, Any]:
    return {"StreamNames": [], "HasMoreStreams": False}


def pipeline_of(api: Api) -> Pipeline:
    root = root_credential(KEY, SECRET, ACCOUNT)
    verifier = SigV4Verifier(FixedKeys([root]), wall_ms=lambda: time.time_ns() // 1_000_000)
    return Pipeline([api], verifier)


@dataclass
class Gateway:
    """A gateway that serves in a thread of its own."""

    host: str
    port: int
    app: Application
    pipeline: Pipeline
    loop: asyncio.AbstractEventLoop
    server: Any

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/"

    def connect(self, timeout: float = 10.0) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout)

    def run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        async def call() -> Any:
            return await work()

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(30)

    def tasks(self) -> int:
        """How many tasks of requests there are."""

        async def count() -> int:
            coroutines = [repr(task.get_coro()) for task in asyncio.all_tasks()]
            return sum("Application.__call__" in name for name in coroutines)

        return int(self.run(count))

    def is_at_rest(self) -> bool:
        """Whether every byte of both budgets has been given back."""
        app = self.app
        return app.bodies.free == app.bodies.size and app.answers.free == app.answers.size

    def call(self, operation: str = "ListStreams", body: bytes = b"{}") -> httpx.Response:
        headers = signed_headers(self.url, body, operation=operation)
        return httpx.post(self.url, content=body, headers=headers, timeout=20)


@contextlib.contextmanager
def gateway(
    kind: str, api: Api, *, bounds: Bounds | None = None, **settings: Any
) -> Iterator[Gateway]:
    """Serve `api` with one of the HTTP servers; `settings` are fields of `ServerSettings`."""
    started: Future[tuple[Gateway, asyncio.Event]] = Future()

    async def serve() -> None:
        try:
            pipeline = pipeline_of(api)
            app = Application(pipeline, bounds)
            server = SERVERS[kind](app, replace(SETTINGS, **settings))
            host, port = await server.start()
            loop, stop = asyncio.get_running_loop(), asyncio.Event()
        except BaseException as error:
            started.set_exception(error)
            raise
        started.set_result((Gateway(host, port, app, pipeline, loop, server), stop))
        await stop.wait()
        await server.stop()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="gateway")
    thread.start()
    running, stop = started.result(20)
    try:
        yield running
    finally:
        running.loop.call_soon_threadsafe(stop.set)
        thread.join(20)
    assert not thread.is_alive()


def read_to_end(connection: socket.socket, timeout: float) -> bytes | None:
    """All that comes until the peer closes; None if it has not closed in time."""
    connection.settimeout(timeout)
    received = bytearray()
    try:
        while piece := connection.recv(1 << 20):
            received += piece
    except TimeoutError:
        return None
    except ConnectionError:
        pass
    return bytes(received)


class Http2:
    """An HTTP/2 client by prior knowledge, driven frame by frame."""

    def __init__(self, connection: socket.socket, window: int | None = None) -> None:
        self.socket = connection
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.h2.initiate_connection()
        if window is not None:
            code = h2.settings.SettingCodes.INITIAL_WINDOW_SIZE
            self.h2.update_settings({code: window})
        self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.h2.data_to_send())

    def request(self, headers: Mapping[str, str], body: bytes = b"{}", *, ends: bool = True) -> int:
        """Begin a request; `body` is sent as far as given, and ended if `ends`."""
        stream = self.h2.get_next_available_stream_id()
        pseudo = [
            (":method", "POST"),
            (":path", "/"),
            (":scheme", "http"),
            (":authority", "{}:{}".format(*self.socket.getpeername())),
        ]
        fields = [(name.lower(), value) for name, value in headers.items()]
        self.h2.send_headers(stream, pseudo + fields)
        self.h2.send_data(stream, body, end_stream=ends)
        self.flush()
        return stream

    def events(self, timeout: float, until: type | None = None) -> list[Any]:
        """What comes until the peer closes (then None is last), `until` comes, or time is up."""
        seen: list[Any] = []
        deadline = time.monotonic() + timeout
        try:
            while not (until and any(isinstance(event, until) for event in seen)):
                self.socket.settimeout(max(0.001, deadline - time.monotonic()))
                data = self.socket.recv(1 << 20)
                if not data:
                    return [*seen, None]
                seen += self.h2.receive_data(data)
                self.flush()
        except TimeoutError:
            return seen
        except ConnectionError:
            return [*seen, None]
        return seen
