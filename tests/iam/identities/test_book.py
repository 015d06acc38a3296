"""The book of identities: any history agrees with a naive model; two books on one store meet."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from example_counts import examples
from shardline.gateway.errors import ServiceError
from shardline.iam.identities.book import MOST_TRIES, IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.storage.catalog import SqlCatalog
from shardline.storage.catalog_port import Conflict
from shardline.storage.identities import AccessKey, Account, Group, User
from shardline.storage.identity_port import IdentityChange
from shardline.testing import ManualClock

ACCOUNT = "000000000000"
USER = User(ACCOUNT, "AIDA1", "ann", "/", 1)
GROUP = Group(ACCOUNT, "AGPA1", "ops", "/", 2)


def key(key_id: str, *, active: bool = True) -> AccessKey:
    return AccessKey(key_id, b"\0", "master", active, 10)


def put(*identities: Any) -> Callable[[Directory], IdentityChange]:
    return lambda _: IdentityChange(put=identities)


def run(scenario: Callable[[SqlCatalog], Awaitable[None]]) -> None:
    async def on_catalog() -> None:
        catalog = await SqlCatalog.open(None)
        try:
            await scenario(catalog)
        finally:
            await catalog.close()

    asyncio.run(on_catalog())


async def a_book(catalog: Any) -> IdentityBook:
    book = IdentityBook(catalog, ManualClock())
    await book.load()
    return book


def test_a_key_is_found_until_its_owner_loses_it() -> None:
    async def scenario(catalog: SqlCatalog) -> None:
        book = await a_book(catalog)
        await book.change(ACCOUNT, put(replace(USER, keys=(key("K1"), key("K2")))))
        found = book.key("K1")
        assert found is not None
        assert found is book.key("K1")
        assert found.owner.keys[0] is found.key
        # Another's change leaves the key's object as it is, or makes an equal one
        await book.change(ACCOUNT, put(GROUP))
        assert book.key("K1") == found
        # Switched off, then gone
        await book.change(ACCOUNT, put(replace(USER, keys=(key("K1", active=False),))))
        assert book.key("K1").key.active is False  # type: ignore[union-attr]
        assert book.key("K2") is None
        await book.change(ACCOUNT, lambda _: IdentityChange(removed=(USER,)))
        assert book.key("K1") is None
        assert (await a_book(catalog)).key("K1") is None

    run(scenario)


def test_a_change_that_is_refused_changes_nothing() -> None:
    def refuse(_: Directory) -> IdentityChange:
        raise ServiceError("NoSuchEntity")

    async def scenario(catalog: SqlCatalog) -> None:
        book = await a_book(catalog)
        with pytest.raises(ServiceError):
            await book.change(ACCOUNT, refuse)
        nothing = await book.change(ACCOUNT, put())
        assert nothing.identities.version == 0
        assert await catalog.identities() == []

    run(scenario)


def test_two_books_on_one_store_decide_anew_over_one_anothers_changes() -> None:
    async def scenario(catalog: SqlCatalog) -> None:
        one, other = await a_book(catalog), await a_book(catalog)
        await one.change(ACCOUNT, put(replace(USER, keys=(key("K1"),))))
        seen: list[int] = []

        def add_group(directory: Directory) -> IdentityChange:
            seen.append(directory.identities.version)
            assert directory.user("ann") or not seen[1:]
            return IdentityChange(put=(GROUP,))

        # When the other one, which knows nothing of it, changes the account
        after = await other.change(ACCOUNT, add_group)
        # Then it decided twice, and has seen what the first one made
        assert seen == [0, 1]
        assert after.user("ann") is not None
        assert other.key("K1") is not None
        # And the first one's next change sees the group
        assert (await one.change(ACCOUNT, put(USER))).group("ops") is not None
        assert one.key("K1") is None

    run(scenario)


def test_who_is_never_first_gives_up() -> None:
    class Overtaken:
        tries = 0

        async def identities(self, _: Any = None) -> list[Any]:
            return []

        async def change_identities(self, *_: Any, **__: Any) -> Any:
            self.tries += 1
            raise Conflict("overtaken")

    async def scenario(_: SqlCatalog) -> None:
        store = Overtaken()
        book = await a_book(store)
        with pytest.raises(Conflict):
            await book.change(ACCOUNT, put(USER))
        assert store.tries == MOST_TRIES

    run(scenario)


def test_what_was_read_before_a_change_does_not_undo_it() -> None:
    """Else a key that was deleted while the book was loaded would be there again."""

    async def scenario(catalog: SqlCatalog) -> None:
        book = await a_book(catalog)
        await book.change(ACCOUNT, put(replace(USER, keys=(key("K1"),))))
        read = await catalog.identities()
        await book.change(ACCOUNT, put(USER))

        async def late() -> Any:
            return read

        catalog.identities = late  # type: ignore[method-assign]
        await book.load()
        assert book.key("K1") is None

    run(scenario)


def test_a_change_goes_on_when_its_caller_is_gone() -> None:
    """What is stored is known here: else a deleted key would go on working."""

    async def scenario(catalog: SqlCatalog) -> None:
        book = await a_book(catalog)
        await book.change(ACCOUNT, put(replace(USER, keys=(key("K1"),))))
        call = asyncio.create_task(book.change(ACCOUNT, put(USER)))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await book.finish()
        assert book.key("K1") is None
        assert (await catalog.identities())[0].users == (USER,)

    run(scenario)


names = st.sampled_from(["ann", "Bob", "cid"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), names, st.sets(st.sampled_from("KLM"), max_size=2)),
        st.tuples(st.just("remove"), names, st.just(frozenset())),
        st.tuples(st.just("alias"), names, st.just(frozenset())),
        st.tuples(st.just("reload"), names, st.just(frozenset())),
    ),
    max_size=12,
)


@given(steps=steps)
@settings(max_examples=examples(60), deadline=None)
def test_any_history_agrees_with_a_naive_model(steps: list[tuple[str, str, set[str]]]) -> None:
    """Two books take turns; the model is a dictionary of who has which keys."""

    async def scenario(catalog: SqlCatalog) -> None:
        books = [await a_book(catalog), await a_book(catalog)]
        model: dict[str, set[str]] = {}
        alias: str | None = None
        for number, (step, name, letters) in enumerate(steps):
            book = books[number % 2]
            await book.load()  # what finds nothing to do does not notice that it is behind
            if step == "put":
                keys = tuple(key(f"{letter}-{name}") for letter in sorted(letters))
                await book.change(
                    ACCOUNT, put(replace(USER, id=f"id-{name}", name=name, keys=keys))
                )
                model[name] = {each.id for each in keys}
            elif step == "remove":
                await book.change(ACCOUNT, lambda d, name=name: _without(d, name))
                model.pop(name, None)
            elif step == "alias":
                alias = name
                await book.change(ACCOUNT, put(Account(ACCOUNT, 0, alias)))
            else:
                books[number % 2] = await a_book(catalog)
        for book in (books[0], await a_book(catalog)):
            await book.load()
            directory = book.directory(ACCOUNT)
            assert [user.name for user in directory.identities.users] == sorted(
                model, key=str.lower
            )
            assert directory.identities.account.alias == alias
            for name in ("ann", "Bob", "cid"):
                user = directory.user(name.upper())
                assert (user is not None) == (name in model)
                for letter in "KLM":
                    found = book.key(f"{letter}-{name}")
                    assert (found is not None) == (f"{letter}-{name}" in model.get(name, ()))
                    assert found is None or found.owner == user

    run(scenario)


def _without(directory: Directory, name: str) -> IdentityChange:
    user = directory.user(name)
    return IdentityChange(removed=() if user is None else (user,))
