"""Servers to be refused by, and how a situation is prepared on them: with boto3, as by anyone."""

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal, Self

import pytest
from botocore.config import Config

from iam.people import Key, People
from kinesis_store import Store
from kinesis_wire import ACCOUNT, new_name
from shardline.settings import NodeSettings
from shardline.testing import ManualClock, TestServer, running_server

Kind = Literal["plain", "slow", "limited"]
SETTINGS: dict[Kind, dict[str, Any]] = {
    "plain": {},
    "slow": {"transition_ms": 500},  # CREATING, UPDATING and DELETING last
    "limited": {"limits": "aws"},  # call rates and throughput as on AWS
}
GUEST = f"arn:aws:iam::{ACCOUNT}:user/guest"

# A call is made once, and as it was written: what is wrong with it is for the server to say.
AS_WRITTEN = Config(parameter_validation=False, retries={"total_max_attempts": 1})
_regions = itertools.count(1)


class Servers:
    """A server of each kind, started when it is first asked for; they are shared by all tests.

    Each knows a second principal beside root: a user who may do nothing.
    """

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._running: dict[Kind, TestServer] = {}
        self._guests: dict[Kind, Key] = {}
        self._clients: dict[tuple[Kind, str, bool], Any] = {}

    @classmethod
    @contextlib.contextmanager
    def running(cls) -> Iterator[Self]:
        """The servers, as long as it lasts."""
        with contextlib.ExitStack() as stack:
            yield cls(stack)

    def server(self, kind: Kind) -> TestServer:
        """The server of that kind."""
        if kind not in self._running:
            settings = replace(NodeSettings(data_dir=None, port=0), **SETTINGS[kind])
            server = running_server(settings, clock=ManualClock())
            running = self._running[kind] = self._stack.enter_context(server)
            self._guests[kind] = People(running).user("guest")
        return self._running[kind]

    def keep_open(self, events: Any) -> None:
        """Close an event stream when the servers stop, and not before."""
        self._stack.callback(events.close)

    def client(self, kind: Kind, region: str, guest: bool) -> Any:
        """A boto3 client that neither checks nor repeats what it sends."""
        key = kind, region, guest
        if key not in self._clients:
            server = self.server(kind)
            keys = self._guests[kind].as_settings if guest else {}
            self._clients[key] = server.client(region_name=region, config=AS_WRITTEN, **keys)
        return self._clients[key]


class World:
    """One server as a situation sees it, in a region, from its root key."""

    def __init__(
        self,
        servers: Servers,
        patch: pytest.MonkeyPatch,
        kind: Kind = "plain",
        region: str = "us-east-1",
    ) -> None:
        self._servers = servers
        self._patch = patch
        self._kind = kind
        self.region = region
        self.server = servers.server(kind)
        self.clock = self.server.clock
        self.kinesis = servers.client(kind, region, guest=False)

    def on(self, kind: Kind) -> "World":
        """A server of another kind."""
        other = World(self._servers, self._patch, kind, self.region)
        if kind == "limited":
            other.clock.advance(minutes=1)  # what others took of the rates is back
        return other

    def alone(self) -> "World":
        """The same server in a region without any streams."""
        return World(self._servers, self._patch, self._kind, f"region-{next(_regions)}")

    @property
    def guest(self) -> Any:
        """The client of a principal of the same account who may do nothing."""
        return self._servers.client(self._kind, self.region, guest=True)

    @property
    def store(self) -> Store:
        """The server's record log, which can be made to fail until the test ends."""
        return Store(self.server, self._patch)

    def keep_open(self, events: Any) -> None:
        """Leave a subscription as it is until the servers stop."""
        self._servers.keep_open(events)

    def patch(self, target: object, name: str, value: object) -> None:
        """Change a part of the server until the test ends."""
        self._patch.setattr(target, name, value)

    def stream(self, shards: int = 2, **members: Any) -> str:
        """The name of a new stream, which is ACTIVE."""
        name = self.creating(shards, **members)
        self.settle()
        return name

    def creating(self, shards: int = 2, **members: Any) -> str:
        """The name of a new stream, which is still in CREATING where transitions take time."""
        name = new_name()
        if "StreamModeDetails" not in members:
            members["ShardCount"] = shards
        self.kinesis.create_stream(StreamName=name, **members)
        return name

    def on_demand(self) -> str:
        """The name of a new on-demand stream."""
        return self.stream(StreamModeDetails={"StreamMode": "ON_DEMAND"})

    def consumer(self, name: str, consumer: str = "reader") -> str:
        """The ARN of a new consumer of a stream, which is ACTIVE."""
        answer = self.kinesis.register_stream_consumer(
            StreamARN=self.arn(name), ConsumerName=consumer
        )
        self.settle()
        return str(answer["Consumer"]["ConsumerARN"])

    def settle(self) -> None:
        """Let every transition end."""
        self.clock.advance(milliseconds=self.server.node.settings.transition_ms)

    def arn(self, name: str) -> str:
        """A stream's ARN."""
        return f"arn:aws:kinesis:{self.region}:{ACCOUNT}:stream/{name}"

    def iterator(self, name: str) -> str:
        """An iterator at the trim horizon of a stream's first shard."""
        answer = self.kinesis.get_shard_iterator(
            StreamName=name, ShardId="0", ShardIteratorType="TRIM_HORIZON"
        )
        return str(answer["ShardIterator"])
