"""What `catalog_port` promises of dashboards."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from catalog_support import PLACES, open_catalog, place_of
from shardline.storage.catalog_port import Catalog
from shardline.storage.dashboard_entities import Dashboard, DashboardEntry

Scenario = Callable[[Catalog], Awaitable[None]]
A = Dashboard("000000000000", "a", '{"widgets": [], "ü": 1}', 1_000)


@pytest.fixture(params=PLACES)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Scenario], None]:
    """Run a scenario on an empty catalog."""
    place = place_of(request, tmp_path)

    async def on_catalog(scenario: Scenario) -> None:
        catalog = await open_catalog(place)
        try:
            await scenario(catalog)
        finally:
            await catalog.close()

    return lambda scenario: asyncio.run(on_catalog(scenario))


def test_a_dashboard_comes_back_as_it_was_put_last(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        assert await catalog.dashboard(A.account, "a") is None
        await catalog.put_dashboard(A)
        await catalog.put_dashboard(replace(A, account="1", body="{}"))
        assert await catalog.dashboard(A.account, "a") == A
        later = replace(A, body="{}", modified_ms=2_000)
        await catalog.put_dashboard(later)
        assert await catalog.dashboard(A.account, "a") == later

    run(scenario)


def test_a_list_has_names_in_order(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        for name in ("b", "a", "A", "ab", "a_c"):
            await catalog.put_dashboard(replace(A, name=name))
        await catalog.put_dashboard(replace(A, account="1"))

        async def names(prefix: str = "", after: str = "", limit: int = 9) -> list[str]:
            found = await catalog.dashboards(A.account, prefix, after, limit)
            return [entry.name for entry in found]

        assert await names() == ["A", "a", "a_c", "ab", "b"]
        assert await names("a") == ["a", "a_c", "ab"]
        assert await names("a_") == ["a_c"]
        assert await names("%") == []
        assert await names("a", after="a", limit=1) == ["a_c"]
        (first, *_) = await catalog.dashboards(A.account, "a", "", 1)
        assert first == DashboardEntry("a", 1_000, len(A.body.encode()))

    run(scenario)


def test_what_is_removed_is_gone(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        for name in "abc":
            await catalog.put_dashboard(replace(A, name=name))
        await catalog.put_dashboard(replace(A, account="1"))
        assert await catalog.remove_dashboards(A.account, ["a", "b", "x", "a"]) == {"a", "b"}
        assert await catalog.remove_dashboards(A.account, []) == set()
        assert [entry.name for entry in await catalog.dashboards(A.account, "", "", 9)] == ["c"]
        assert await catalog.dashboard("1", "a") is not None

    run(scenario)
