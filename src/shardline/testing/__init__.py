"""Shardline for test suites: a server in this process, boto3 clients, and time that can be moved.

    from shardline.testing import running_server

    with running_server() as server:
        kinesis = server.client("kinesis")
        kinesis.create_stream(StreamName="events", ShardCount=2)
        server.clock.advance(hours=25)      # retention, iterators and transitions see it

With pytest the fixture `shardline` is such a server, one for each test. Everything is kept in
memory and gone afterwards. Signatures are checked as ever, against the wall clock.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shardline.testing.clock import ManualClock
    from shardline.testing.memory_log import MemoryLog
    from shardline.testing.memory_metrics import MemoryMetrics
    from shardline.testing.server import TestServer, running_server

__all__ = ["ManualClock", "MemoryLog", "MemoryMetrics", "TestServer", "running_server"]

_HOMES = {
    "ManualClock": "shardline.testing.clock",
    "MemoryLog": "shardline.testing.memory_log",
    "MemoryMetrics": "shardline.testing.memory_metrics",
    "TestServer": "shardline.testing.server",
    "running_server": "shardline.testing.server",
}


def __getattr__(name: str) -> Any:
    # The pytest plugin lives in this package, and every run of pytest loads it: a server is
    # imported (0.3 s) when a test asks for one.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
