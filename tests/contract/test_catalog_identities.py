"""What `catalog_port` promises of identities."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalog_support import PLACES, Place, open_catalog, place_of
from shardline.storage.catalog_port import Catalog, Conflict, NameTaken, OtherMaster
from shardline.storage.entities import KmsKey
from shardline.storage.identities import (
    AccessKey,
    Account,
    Group,
    Identities,
    ManagedPolicy,
    PolicyVersion,
    Role,
    User,
)
from shardline.storage.identity_port import IdentityChange

Scenario = Callable[[Catalog], Awaitable[None]]
Run = Callable[[Scenario], None]
ACCOUNT = "000000000000"
NEW = Identities(Account(ACCOUNT, 5))
KEY = AccessKey("AKIA1", b"\0wrapped", "master", True, 10)
USER = User(ACCOUNT, "AIDA1", "Ann", "/team/", 1, tags=(("k", "v"),), groups=("ops",), keys=(KEY,))
GROUP = Group(ACCOUNT, "AGPA1", "ops", "/", 2, attached=("arn:aws:iam::aws:policy/X",))
ROLE = Role(ACCOUNT, "AROA1", "reader", "/", 3, "{}", inline=(("p", "{}"),), last_used=(7, "eu"))
POLICY = ManagedPolicy(ACCOUNT, "ANPA1", "put", "/", 4, 4, (PolicyVersion(1, "{}", 4),))
EVERYTHING = (USER, GROUP, ROLE, POLICY, Account(ACCOUNT, 5, "acme", (replace(KEY, id="AKIA0"),)))


@pytest.fixture(params=PLACES)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Run a scenario on an empty catalog."""
    place = place_of(request, tmp_path)

    async def on_catalog(scenario: Scenario) -> None:
        catalog = await open_catalog(place)
        try:
            await scenario(catalog)
        finally:
            await catalog.close()

    return lambda scenario: asyncio.run(on_catalog(scenario))


def put(*identities: Any) -> IdentityChange:
    return IdentityChange(put=identities)


def test_what_is_put_comes_back_as_it_went_in(run: Run) -> None:
    async def scenario(catalog: Catalog) -> None:
        assert await catalog.identities() == []
        stored = await catalog.change_identities(NEW, put(*EVERYTHING))
        assert stored == Identities(
            EVERYTHING[4], version=1, users=(USER,), groups=(GROUP,), roles=(ROLE,),
            policies=(POLICY,),
        )  # fmt: skip
        assert await catalog.identities() == [stored]

    run(scenario)


def test_names_come_back_sorted_and_keys_by_age(run: Run) -> None:
    async def scenario(catalog: Catalog) -> None:
        keys = (replace(KEY, id="AKIA2", created_ms=20, last_used=(30, "kinesis", "eu")), KEY)
        users = [replace(USER, id=f"AIDA-{name}", name=name, keys=()) for name in ("b", "C", "a")]
        stored = await catalog.change_identities(NEW, put(*users, replace(USER, keys=keys)))
        assert [user.name for user in stored.users] == ["a", "Ann", "b", "C"]
        assert stored.users[1].keys == keys[::-1]
        assert await catalog.identities() == [stored]

    run(scenario)


def test_what_is_put_again_takes_the_place_and_what_is_removed_is_gone(run: Run) -> None:
    async def scenario(catalog: Catalog) -> None:
        first = await catalog.change_identities(NEW, put(*EVERYTHING))
        renamed = replace(USER, name="Bea", keys=())
        second = await catalog.change_identities(
            first, IdentityChange(put=(renamed,), removed=(GROUP, ROLE))
        )
        assert second == replace(first, version=2, users=(renamed,), groups=(), roles=())
        assert await catalog.identities() == [second]
        # The name and the key's id are free
        await catalog.change_identities(second, put(replace(USER, id="AIDA2")))

    run(scenario)


def test_two_can_change_names(run: Run) -> None:
    async def scenario(catalog: Catalog) -> None:
        other = replace(USER, id="AIDA2", name="bob", keys=())
        first = await catalog.change_identities(NEW, put(USER, other))
        second = await catalog.change_identities(
            first, put(replace(USER, name="BOB"), replace(other, name="ANN"))
        )
        assert [user.id for user in second.users] == ["AIDA2", "AIDA1"]
        assert await catalog.identities() == [second]

    run(scenario)


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "taken",
    [
        replace(USER, id="AIDA2", name="ANN", keys=()),
        replace(GROUP, id="AGPA2", name="OPS"),
        replace(ROLE, id="AROA2", name="Reader"),
        replace(POLICY, id="ANPA2", name="Put", path="/elsewhere/"),
        replace(USER, id="AIDA2", name="Bea"),
        Account(ACCOUNT, 5, keys=(KEY,)),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_is_taken_is_refused_and_nothing_is_done(run: Run, taken: Any) -> None:
    async def scenario(catalog: Catalog) -> None:
        before = await catalog.change_identities(NEW, put(USER, GROUP, ROLE, POLICY))
        with pytest.raises(NameTaken):
            await catalog.change_identities(before, put(replace(GROUP, path="/new/"), taken))
        assert await catalog.identities() == [before]

    run(scenario)


def test_a_name_is_of_its_account_and_kind_but_an_alias_and_a_key_of_all(run: Run) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.change_identities(NEW, put(*EVERYTHING))
        elsewhere = Identities(Account("1", 9))
        user = replace(USER, account="1", id="AIDA2")
        with pytest.raises(NameTaken):
            await catalog.change_identities(elsewhere, put(user))  # its key's id
        with pytest.raises(NameTaken):
            await catalog.change_identities(elsewhere, put(Account("1", 9, "acme")))
        assert [each.account.account for each in await catalog.identities()] == [ACCOUNT]
        same_names = (replace(user, keys=()), replace(ROLE, account="1", id="AROA2", name="ann"))
        stored = await catalog.change_identities(elsewhere, put(*same_names))
        assert stored.version == 1
        with pytest.raises(NameTaken):
            await catalog.change_identities(stored, put(Account("1", 9, "acme")))
        assert [each.version for each in await catalog.identities()] == [1, 1]

    run(scenario)


def test_a_change_from_another_version_is_a_conflict(run: Run) -> None:
    async def scenario(catalog: Catalog) -> None:
        first = await catalog.change_identities(NEW, put(USER))
        for outdated in (NEW, replace(first, version=7)):
            with pytest.raises(Conflict):
                await catalog.change_identities(outdated, put(GROUP))
        second = await catalog.change_identities(first, put(GROUP))
        with pytest.raises(Conflict):
            await catalog.change_identities(first, IdentityChange(removed=(USER,)))
        assert await catalog.identities() == [second]

    run(scenario)


def test_access_keys_and_kms_keys_are_wrapped_by_one_master_key(run: Run) -> None:
    kms_key = KmsKey("id-1", ACCOUNT, "us-east-1", None, 1_000, "ENABLED", b"\0wrapped")

    async def scenario(catalog: Catalog) -> None:
        stored = await catalog.change_identities(NEW, put(USER))
        assert await catalog.master_key() == "master"
        with pytest.raises(OtherMaster):
            await catalog.insert_kms_key(kms_key, "another")
        other = replace(USER, id="AIDA2", name="b", keys=(replace(KEY, id="k", master="another"),))
        with pytest.raises(OtherMaster):
            await catalog.change_identities(stored, put(other))
        assert await catalog.identities() == [stored]
        stored = await catalog.change_identities(stored, put(replace(USER, keys=())))
        assert await catalog.master_key() is None
        await catalog.insert_kms_key(kms_key, "another")
        with pytest.raises(OtherMaster):
            await catalog.change_identities(stored, put(USER))

    run(scenario)


def test_two_processes_see_each_others_changes_and_meet_as_a_conflict(shared: Place) -> None:
    async def scenario() -> None:
        one = await open_catalog(shared)
        other = await open_catalog(shared)
        try:
            first = await one.change_identities(NEW, put(USER))
            with pytest.raises(Conflict):
                await other.change_identities(NEW, put(GROUP))
            second = await other.change_identities(first, put(GROUP))
            assert await one.identities() == [second]
        finally:
            await one.close()
            await other.close()

    asyncio.run(scenario())
