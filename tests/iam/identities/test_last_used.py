"""When keys and roles were used last: what is noted is stored, and a store that fails is borne."""

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest

from gateway.query_support import CALL, HANDLERS, answer_to, form_request
from gateway.sigv4_support import verifier
from iam_samples import ACCOUNT, trust
from shardline.gateway.model import load_service
from shardline.gateway.pipeline import Pipeline
from shardline.gateway.types import Api, Caller
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.last_used import LastUsed
from shardline.storage.catalog import SqlCatalog
from shardline.storage.identities import AccessKey, Account, Role, User
from shardline.storage.identity_port import IdentityChange
from shardline.storage.record_log import WriteFailed
from shardline.testing import ManualClock

KEY = AccessKey("AKIA1", b"\0", "master", True, 10)
USER = User(ACCOUNT, "AIDA1", "ann", "/", 1, keys=(KEY, replace(KEY, id="AKIA2", created_ms=11)))
ROOT = Account(ACCOUNT, 1, keys=(replace(KEY, id="AKIA0"),))
ROLE = Role(ACCOUNT, "AROA1", "reader", "/", 1, trust())


def caller(key: str, arn: str = f"arn:aws:iam::{ACCOUNT}:user/ann") -> Caller:
    return Caller(ACCOUNT, "eu-west-1", key, arn, is_root=False)


def test_what_was_used_last_is_stored() -> None:
    async def scenario() -> None:
        # Given
        clock, catalog = ManualClock(), await SqlCatalog.open(None)
        book = IdentityBook(catalog, clock)
        await book.change(ACCOUNT, lambda _: IdentityChange(put=(USER, ROOT, ROLE)))
        last_used = LastUsed(book, clock)
        # When
        for key in ("AKIA1", "AKIA0", "AKIA-nobody-knows"):
            last_used.note(caller(key), "iam")
        for key, session in (("ASIA1", "s"), ("ASIA2", "t")):
            clock.advance(seconds=1)
            arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/{session}"
            last_used.note(caller(key, arn), "kinesis")
        last_used.note(caller("AKIA1"), "kinesis")
        await last_used.run_once()
        # Then
        now_ms = clock.now_ms()
        (stored,) = await catalog.identities()
        first, second = stored.users[0].keys
        assert first.last_used == (now_ms, "kinesis", "eu-west-1")
        assert second.last_used is None
        assert stored.account.keys[0].last_used == (now_ms - 2000, "iam", "eu-west-1")
        assert stored.roles[0].last_used == (now_ms, "eu-west-1")
        # And what was not used is not written again
        await last_used.run_once()
        assert (await catalog.identities())[0].version == stored.version
        await catalog.close()

    asyncio.run(scenario())


def test_a_store_that_fails_is_told_and_borne(caplog: pytest.LogCaptureFixture) -> None:
    class Full:
        async def change_identities(self, *_: Any, **__: Any) -> Any:
            raise WriteFailed("the disk is full")

        async def identity_versions(self) -> Any:
            raise WriteFailed("the disk is gone")

    async def scenario() -> None:
        clock: Any = ManualClock()
        book = IdentityBook(Full(), clock)  # type: ignore[arg-type]
        known = book.directory(ACCOUNT).identities
        book._take_over(replace(known, version=1, users=(USER,)))
        last_used = LastUsed(book, clock)
        last_used.note(caller("AKIA1"), "iam")
        with caplog.at_level(logging.ERROR, "shardline.iam"):
            await last_used.run_once()
        assert "could not be stored: the disk is full" in caplog.text
        assert "could not be looked up: the disk is gone" in caplog.text

    asyncio.run(scenario())


def test_of_two_processes_the_later_use_stays_and_nobody_is_told() -> None:
    async def scenario() -> None:
        # Given two processes that were asked by one key, one after the other
        clock, catalog = ManualClock(), await SqlCatalog.open(None)
        books = [IdentityBook(catalog, clock) for _ in range(2)]
        await books[0].change(ACCOUNT, lambda _: IdentityChange(put=(USER,)))
        await books[1].load()
        early, late = (LastUsed(book, clock) for book in books)
        early.note(caller("AKIA1"), "iam")
        clock.advance(seconds=1)
        late.note(caller("AKIA1"), "kinesis")
        changes = await catalog.last_change()
        # When the one that was asked first stores it last
        await late.run_once()
        await early.run_once()
        # Then the later use is known to both
        for book in books:
            await book.follow()
            used = book.directory(ACCOUNT).identities.users[0].keys[0].last_used
            assert used == (clock.now_ms(), "kinesis", "eu-west-1")
        assert await catalog.last_change() == changes
        await catalog.close()

    asyncio.run(scenario())


def test_every_signed_call_is_noted_and_no_other() -> None:
    noted: list[tuple[str, str]] = []
    pipeline = Pipeline(
        [Api(load_service("sts"), HANDLERS)],
        verifier(),
        note_use=lambda caller, service: noted.append((caller.arn, service)),
    )
    assert answer_to(form_request(CALL), pipeline).status == 200
    assert noted == [("arn:aws:iam::123456789012:root", "sts")]
    unsigned = form_request(CALL)
    unsigned.headers = {
        name: value for name, value in unsigned.headers.items() if name != b"authorization"
    }
    assert answer_to(unsigned, pipeline).status == 403
    assert len(noted) == 1
