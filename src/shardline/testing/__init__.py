"""Shardline for test suites: a server in this process, boto3 clients, and time that can be moved.

    from shardline.testing import running_server

    with running_server() as server:
        kinesis = server.client("kinesis")
        kinesis.create_stream(StreamName="events", ShardCount=2)
        server.clock.advance(hours=25)      # retention, iterators and transitions see it

With pytest the fixture `shardline` is such a server, one for each test. Everything is kept in
memory and gone afterwards. Signatures are checked as ever, against the wall clock.
"""

from shardline.testing.clock import ManualClock
from shardline.testing.memory_log import MemoryLog
from shardline.testing.server import TestServer, running_server

__all__ = ["ManualClock", "MemoryLog", "TestServer", "running_server"]
