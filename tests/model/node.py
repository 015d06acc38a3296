"""A node in this process, called as the pipeline calls it: checked, but neither signed nor sent."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import msgspec

from shardline.gateway import constraints
from shardline.gateway.types import Api, Caller
from shardline.node import Node
from shardline.settings import NodeSettings
from shardline.testing import ManualClock
from shardline.testing.memory_log import MemoryLog
from shardline.testing.memory_metrics import MemoryMetrics


class NodeUnderTest:
    """The real parts, put together by `Node`, on an event loop that runs while a call does."""

    def __init__(self, clock: ManualClock, data_dir: Path | None, transition_ms: int) -> None:
        self._clock = clock
        self._settings = NodeSettings(
            data_dir=data_dir, port=0, root_key=("test", "test"), transition_ms=transition_ms
        )
        self.caller = Caller(
            self._settings.account,
            self._settings.region,
            "test",
            f"arn:aws:iam::{self._settings.account}:root",
            is_root=True,
        )
        self._runner = asyncio.Runner()
        # Runner.run sets a signal handler each time, which costs as much as a call.
        self._run = self._runner.get_loop().run_until_complete
        self._start()

    def _start(self) -> None:
        self._stack = contextlib.AsyncExitStack()
        node = Node.running(
            self._settings,
            clock=self._clock,
            memory=lambda clock: (MemoryLog(clock), MemoryMetrics()),
        )
        self._node = self._run(self._stack.enter_async_context(node))

    def restart(self) -> None:
        """Stop and start again over the same directory."""
        self._run(self._stack.aclose())
        self._start()

    def close(self) -> None:
        self._run(self._stack.aclose())
        self._runner.close()

    def upkeep(self) -> None:
        """What a node does every minute."""
        self._run(self._node.upkeep.run_once())

    def call(self, name: str, **members: Any) -> Any:
        """An operation's answer, as plain dicts and lists. Raises `ServiceError`."""
        api = self._api_of(name)
        constraints.validate(api.model.operations[name], members)
        typed = api.typed.get(name)
        call = msgspec.convert(members, typed.struct, builtin_types=(bytes,)) if typed else members
        if api.throttle is not None:
            api.throttle(self.caller, name, call)

        async def answer() -> Any:
            return await api.handlers[name](self.caller, call)

        # A page of records is a sequence of a kind that msgspec does not know.
        return msgspec.to_builtins(self._run(answer()), builtin_types=(bytes,), enc_hook=list)

    def _api_of(self, name: str) -> Api:
        return next(api for api in self._node.apis if name in api.handlers)
