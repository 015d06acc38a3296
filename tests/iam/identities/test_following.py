"""A book follows what others change in the catalog, and says once that it cannot."""

import logging
from collections.abc import Mapping
from typing import Any

import pytest

from iam.identities.test_book import ACCOUNT, USER, a_book, put, run
from shardline.storage.catalog import SqlCatalog
from shardline.storage.record_log import StorageError


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


def test_a_failure_is_said_once_until_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    class Failing:
        def __init__(self, catalog: SqlCatalog) -> None:
            self.catalog = catalog
            self.fails = True

        async def identity_versions(self) -> Mapping[str, int]:
            if self.fails:
                raise StorageError("the disk is gone")
            return await self.catalog.identity_versions()

        async def identities(self) -> Any:
            return await self.catalog.identities()

    async def scenario(catalog: SqlCatalog) -> None:
        store = Failing(catalog)
        book = await a_book(store)
        for fails in (True, True, False, True):
            store.fails = fails
            await book.follow()

    with caplog.at_level(logging.ERROR):
        run(scenario)
    assert [record.getMessage() for record in caplog.records] == [
        "the identities cannot be looked up: the disk is gone"
    ] * 2
