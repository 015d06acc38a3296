"""The catalog counts the changes of what processes keep in memory, and waits until all saw them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from catalog_support import PLACES, Place, open_catalog, place_of
from contract.test_catalog import FULL, a_stream
from shardline.storage.catalog import SqlCatalog, change_statements
from shardline.storage.catalog_port import Catalog, Changed, Conflict, Kept, NameTaken
from shardline.storage.dashboard_entities import Dashboard
from shardline.storage.entities import Commitment, DayPeak, KmsKey
from shardline.storage.identities import Account, Identities
from shardline.storage.identity_port import IdentityChange
from shardline.storage.members import Alone

NOBODY = Identities(Account("000000000000", 1))
KEY = KmsKey("key-1", "000000000000", "us-east-1", None, 1, "ENABLED", b"wrapped")
Scenario = Callable[[Catalog, "Watching"], Awaitable[None]]


class Watching(Alone):
    """Members that note what they were told of."""

    def __init__(self) -> None:
        self.told_of: list[int] = []

    async def seen_by_all(self, change: int) -> None:
        self.told_of.append(change)


@pytest.fixture(params=PLACES)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Scenario], None]:
    """Run a scenario on an empty catalog."""
    place = place_of(request, tmp_path)

    def run_scenario(scenario: Scenario) -> None:
        async def on_catalog() -> None:
            members = Watching()
            catalog = await open_catalog(place, members)
            try:
                await scenario(catalog, members)
            finally:
                await catalog.close()

        asyncio.run(on_catalog())

    return run_scenario


def test_every_change_of_what_is_kept_in_memory_is_counted_and_told(
    run: Callable[[Scenario], None], tmp_path: Path
) -> None:
    async def scenario(catalog: Catalog, members: Watching) -> None:
        path, others = tmp_path / "catalog.db", list[Kept]()
        other = await SqlCatalog.open(path) if path.exists() else None
        assert await catalog.last_change() == 0
        stream = a_stream()
        place = ("000000000000", "us-east-1")
        changes: list[tuple[Kept, Callable[[], Awaitable[object]]]] = [
            (("stream", stream.id), lambda: catalog.insert(stream)),
            (("stream", stream.id), lambda: catalog.update(stream)),
            (("stream", stream.id), lambda: catalog.remove(stream.id)),
            (
                ("commitment", "/".join(place)),
                lambda: catalog.keep_commitment(Commitment(*place, 1)),
            ),
            (
                ("account", NOBODY.account.account),
                lambda: catalog.change_identities(NOBODY, IdentityChange(put=(NOBODY.account,))),
            ),
            (("kms-key", KEY.id), lambda: catalog.insert_kms_key(KEY, "master")),
            (
                ("kms-key", KEY.id),
                lambda: catalog.set_kms_key_state(KEY.id, "PENDING_DELETION"),
            ),
            (("kms-key", KEY.id), lambda: catalog.remove_kms_key(KEY.id)),
        ]
        for number, (what, change) in enumerate(changes, start=1):
            await change()
            assert await catalog.last_change() == number
            # Nobody else changed anything
            assert await catalog.changed_since(number - 1) == Changed(number, frozenset())
            assert members.told_of == list(range(1, number + 1))
            others += [what]
            if other is not None:
                found = await other.changed_since(number - 1)
                assert found == Changed(number, frozenset({what}))
        if other is not None:
            everything = await other.changed_since(0)
            assert everything == Changed(len(changes), frozenset(others))
            assert everything.ids("kms-key") == {KEY.id}
            assert (await other.changed_since(len(changes))).ids("stream") == set()
            await other.close()

    run(scenario)


def test_what_was_changed_long_ago_is_not_remembered(
    run: Callable[[Scenario], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_statements, "REMEMBERED", 3)

    async def scenario(catalog: Catalog, _: Watching) -> None:
        for number in range(5):
            await catalog.insert(a_stream(id=f"stream-{number}", name=f"name-{number}"))
        assert await catalog.changed_since(1) == Changed(5, None)
        assert (await catalog.changed_since(1)).ids("stream") is None
        assert (await catalog.changed_since(2)).ids("stream") == {
            "stream-2",
            "stream-3",
            "stream-4",
        }
        # Nor what is yet to come: another store has taken the place of the one that was followed
        assert await catalog.changed_since(9) == Changed(5, None)

    run(scenario)


def test_what_nobody_keeps_in_memory_is_not_counted(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog, members: Watching) -> None:
        await catalog.insert(a_stream())
        await catalog.replace_peaks({"stream-1": [DayPeak("stream-1", 1, 2, 3)]})
        await catalog.put_dashboard(Dashboard("000000000000", "board", "{}", 1))
        await catalog.secret("token-key", 32)
        assert await catalog.last_change() == 1
        assert members.told_of == [1]

    run(scenario)


def test_what_is_refused_is_neither_counted_nor_told(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog, members: Watching) -> None:
        await catalog.insert(a_stream())
        with pytest.raises(NameTaken):
            await catalog.insert(a_stream(id="stream-2"))
        with pytest.raises(Conflict):
            await catalog.update(a_stream(version=5))
        with pytest.raises(Conflict):
            await catalog.set_kms_key_state("none", "DISABLED")
        assert await catalog.last_change() == 1
        assert members.told_of == [1]

    run(scenario)


def test_a_change_can_be_read_by_whoever_is_told_of_it(shared: Place) -> None:
    async def scenario() -> None:
        other = await open_catalog(shared)

        class Looking(Alone):
            async def seen_by_all(self, change: int) -> None:
                assert await other.last_change() == change
                assert await other.stream_versions() == {"stream-1": 0}

        catalog = await open_catalog(shared, Looking())
        await catalog.insert(a_stream())
        await catalog.close()
        await other.close()

    asyncio.run(scenario())


def test_versions_say_which_streams_have_changed(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog, _: Watching) -> None:
        assert dict(await catalog.stream_versions()) == {}
        await catalog.insert(a_stream())
        await catalog.insert(FULL_OTHER)
        await catalog.update(a_stream())
        assert dict(await catalog.stream_versions()) == {"stream-1": 1, "stream-2": 7}
        await catalog.remove("stream-1")
        assert dict(await catalog.stream_versions()) == {"stream-2": 7}

    run(scenario)


FULL_OTHER = replace(FULL, id="stream-2", name="other")


def test_single_streams_are_read_whole(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog, _: Watching) -> None:
        await catalog.insert(a_stream())
        await catalog.insert(FULL_OTHER)
        assert list(await catalog.streams(["stream-2", "none"])) == [FULL_OTHER]
        assert list(await catalog.streams([])) == []
        # More than fit into one query
        many = [*(f"none-{number}" for number in range(1200)), "stream-1", "stream-2"]
        assert sorted(each.id for each in await catalog.streams(many)) == ["stream-1", "stream-2"]

    run(scenario)


def test_an_update_of_what_another_process_wrote_meanwhile_stores_all_of_it(shared: Place) -> None:
    async def scenario() -> None:
        one = await open_catalog(shared)
        other = await open_catalog(shared)
        await one.insert(a_stream())
        # Given that the other process stored a value that this one has only been told of
        theirs = await other.update(replace(FULL, id="stream-1", name="flights", version=0))
        # When this one changes that value to what it stored itself
        back = await one.update(a_stream(version=theirs.version))
        # Then nothing of the other's is left
        assert list(await other.streams()) == [back] == [a_stream(version=2)]
        await one.close()
        await other.close()

    asyncio.run(scenario())
