"""A book follows what others change in the catalog."""

from typing import Any

from iam.identities.test_book import ACCOUNT, GROUP, USER, a_book, put, run
from shardline.storage.catalog import SqlCatalog
from shardline.storage.identities import Identities, User
from shardline.storage.identity_port import IdentityChange

OTHER = "111111111111"


def test_it_sees_what_another_process_did() -> None:
    async def scenario(catalog: SqlCatalog) -> None:
        mine, theirs = await a_book(catalog), await a_book(catalog)
        await theirs.change(ACCOUNT, put(USER))
        assert mine.directory(ACCOUNT).user("ann") is None
        await mine.follow()
        assert mine.directory(ACCOUNT).user("ann") == USER
        # Nothing changed: the directory, and all that hangs on it, is as it was.
        before = mine.directory(ACCOUNT)
        await mine.follow()
        assert mine.directory(ACCOUNT) is before

    run(scenario)


def test_only_the_accounts_that_changed_are_read() -> None:
    class Noting:
        def __init__(self, catalog: SqlCatalog) -> None:
            self.catalog = catalog
            self.read: list[Any] = []

        def __getattr__(self, name: str) -> Any:
            return getattr(self.catalog, name)

        async def identities(self, accounts: Any = None) -> Any:
            self.read.append(accounts)
            return await self.catalog.identities(accounts)

    async def scenario(catalog: SqlCatalog) -> None:
        theirs, store = await a_book(catalog), Noting(catalog)
        await theirs.change(ACCOUNT, put(USER))
        mine = await a_book(store)
        await theirs.change(OTHER, put(User(OTHER, "AIDA2", "bob", "/", 1)))
        await mine.follow()
        await theirs.change(ACCOUNT, put(GROUP))
        await mine.follow([ACCOUNT])
        await mine.follow()
        assert store.read == [None, [OTHER], [ACCOUNT]]
        assert mine.directory(OTHER).user("bob") is not None
        assert mine.directory(ACCOUNT).group("ops") == GROUP

    run(scenario)


def test_a_change_answers_what_it_made_though_another_has_followed() -> None:
    """All processes have seen a change before it returns; one of them may have undone it."""

    class Overtaking:
        def __init__(self, catalog: SqlCatalog) -> None:
            self.catalog = catalog
            self.meanwhile: Any = None

        def __getattr__(self, name: str) -> Any:
            return getattr(self.catalog, name)

        async def change_identities(self, *args: Any, **more: Any) -> Identities:
            after = await self.catalog.change_identities(*args, **more)
            await self.meanwhile()
            return after

    async def scenario(catalog: SqlCatalog) -> None:
        store, theirs = Overtaking(catalog), await a_book(catalog)
        mine = await a_book(store)

        async def undo() -> None:
            await theirs.follow()
            await theirs.change(ACCOUNT, lambda _: IdentityChange(removed=(USER,)))
            await mine.follow()  # it waits for no change, or both would wait for one another

        store.meanwhile = undo
        answer = await mine.change(ACCOUNT, put(USER))
        assert answer.user("ann") == USER
        assert mine.directory(ACCOUNT).user("ann") is None

    run(scenario)
