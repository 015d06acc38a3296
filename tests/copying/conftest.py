"""Two servers in this process, for all tests of a file; each makes streams of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from copying_support import Rig
from shardline.testing import TestServer, running_server


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[TestServer, TestServer]]:
    with running_server() as source, running_server() as destination:
        yield source, destination


@pytest.fixture(scope="module")
def clients(servers: tuple[TestServer, TestServer]) -> tuple[Any, Any]:
    return servers[0].client(), servers[1].client()


@pytest.fixture
def rig(clients: tuple[Any, Any], tmp_path: Path) -> Rig:
    return Rig(*clients, tmp_path / "state")
