"""The floor: the least an ASGI application on our HTTP server can do with a put.

``python -m bench.floor_app PORT h2corn|granian`` reads each body and answers 200 with a few bytes.
What it costs is what the server library and the kernel cost; the rest is Shardline's. The library
is started by the server's own code, so that both are measured with the same settings.
"""

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvloop

from shardline.gateway.server import SERVERS, ServerSettings

# Satisfies the load generator both for PutRecord and for PutRecords.
_BODY = b'{"FailedRecordCount":0,"SequenceNumber":"0","ShardId":"shardId-000000000000"}'
_HEADERS = [
    (b"content-type", b"application/x-amz-json-1.1"),
    (b"content-length", str(len(_BODY)).encode()),
]
_Event = MutableMapping[str, Any]


async def app(
    scope: _Event,
    receive: Callable[[], Awaitable[_Event]],
    send: Callable[[_Event], Awaitable[None]],
) -> None:
    """Reads the body, answers the same to all."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


async def serve(port: int, library: str) -> None:
    """Serve until killed."""
    server = SERVERS[library](app, ServerSettings(host="127.0.0.1", port=port))
    await server.start()
    await server.stopped()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2]))
