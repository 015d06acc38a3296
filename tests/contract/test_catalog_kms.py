"""What `catalog_port` promises of KMS keys."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from catalog_support import PLACES, Place, open_catalog, place_of
from shardline.storage.catalog_port import Catalog, Conflict, NameTaken, OtherMaster
from shardline.storage.entities import KmsKey

Scenario = Callable[[Catalog], Awaitable[None]]
KEY = KmsKey("id-1", "000000000000", "us-east-1", "alias/a", 1_000, "ENABLED", b"\0wrapped")
OTHER = replace(KEY, id="id-0", alias=None, created_ms=2_000)


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


def test_keys_come_back_as_they_went_in_oldest_first(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        assert await catalog.kms_keys() == []
        assert await catalog.master_key() is None
        await catalog.insert_kms_key(OTHER, "master")
        await catalog.insert_kms_key(KEY, "master")
        assert await catalog.kms_keys() == [KEY, OTHER]
        assert await catalog.master_key() == "master"

    run(scenario)


def test_an_alias_belongs_to_one_key_of_an_account_and_region(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.insert_kms_key(KEY, "master")
        with pytest.raises(NameTaken):
            await catalog.insert_kms_key(replace(KEY, id="id-2"), "master")
        for number, elsewhere in enumerate(
            ({"account": "1"}, {"region": "eu-west-1"}, {"alias": "alias/b"}, {"alias": None})
        ):
            await catalog.insert_kms_key(replace(KEY, id=f"more-{number}", **elsewhere), "master")
        await catalog.insert_kms_key(replace(KEY, id="none", alias=None), "master")
        assert len(await catalog.kms_keys()) == 6

    run(scenario)


def test_all_keys_are_wrapped_by_one_master_key(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.insert_kms_key(KEY, "master")
        with pytest.raises(OtherMaster):
            await catalog.insert_kms_key(OTHER, "another")
        assert await catalog.kms_keys() == [KEY]

    run(scenario)


def test_a_key_changes_its_state_and_goes_only_when_it_is_pending_deletion(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.insert_kms_key(KEY, "master")
        for state in ("DISABLED", "ENABLED"):
            await catalog.set_kms_key_state(KEY.id, state)  # type: ignore[arg-type]
            assert await catalog.kms_keys() == [replace(KEY, state=state)]
            with pytest.raises(Conflict):
                await catalog.remove_kms_key(KEY.id)
        await catalog.set_kms_key_state(KEY.id, "PENDING_DELETION")
        await catalog.remove_kms_key(KEY.id)
        assert await catalog.kms_keys() == []
        assert await catalog.master_key() is None
        with pytest.raises(Conflict):
            await catalog.remove_kms_key(KEY.id)
        with pytest.raises(Conflict):
            await catalog.set_kms_key_state(KEY.id, "ENABLED")

    run(scenario)


def test_two_processes_see_each_others_keys(shared: Place) -> None:
    async def scenario() -> None:
        one = await open_catalog(shared)
        other = await open_catalog(shared)
        try:
            await one.insert_kms_key(KEY, "master")
            assert await other.kms_keys() == [KEY]
            await other.set_kms_key_state(KEY.id, "DISABLED")
            assert await one.kms_keys() == [replace(KEY, state="DISABLED")]
        finally:
            await one.close()
            await other.close()

    asyncio.run(scenario())
