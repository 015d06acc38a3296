"""The record log of a server, of each of its nodes, that fails or waits when a test says so."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from many_nodes import nodes_of
from shardline.storage.record_log import Appended, Batch, Refused, WriteFailed
from shardline.testing import TestServer

FULL = WriteFailed("no space left on device")

Append = Callable[[str, Sequence[Batch]], Awaitable[Sequence[Appended | Refused]]]


class Store:
    """The server's record log, with single methods that can be made to fail."""

    def __init__(self, server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.logs = [node.records for node in nodes_of(server)]
        self.append: Append = self.logs[0].append
        self._monkeypatch = monkeypatch

    def fail(self, method: str, error: Exception = FULL) -> None:
        async def failing(*_: Any, **__: Any) -> None:
            raise error

        for log in self.logs:
            self._monkeypatch.setattr(log, method, failing)

    def on_append(self, instead: Append) -> None:
        for log in self.logs:
            self._monkeypatch.setattr(log, "append", instead)

    def heal(self) -> None:
        self._monkeypatch.undo()
