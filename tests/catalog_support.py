"""Where the tests of the catalog's contract keep a catalog: in a file, in memory, on a server."""

from pathlib import Path

import pytest

from shardline.storage.catalog import SqlCatalog
from shardline.storage.members_port import Members
from shardline.storage.postgres import PostgresUrl

# A server is a second look at what the others show: of it, tests/storage/test_catalog_postgres.py
# is quick.
_SERVER = pytest.param("postgres", marks=pytest.mark.slow)
PLACES = ["file", pytest.param("memory", marks=pytest.mark.slow), _SERVER]
SHARED = ["file", _SERVER]  # that several processes can open

Place = Path | PostgresUrl | None


def place_of(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """The place that a fixture's parameter, of `PLACES`, names: an empty one."""
    if request.param == "postgres":
        return PostgresUrl.parse(request.getfixturevalue("database"))
    return tmp_path / "catalog.db" if request.param == "file" else None


async def open_catalog(place: Place, members: Members | None = None) -> SqlCatalog:
    """The catalog of a place."""
    if isinstance(place, PostgresUrl):
        return await SqlCatalog.connect(place, members)
    return await SqlCatalog.open(place, members)


@pytest.fixture(params=SHARED)
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for several catalogs at once."""
    return place_of(request, tmp_path)
