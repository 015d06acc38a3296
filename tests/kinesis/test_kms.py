"""How a node follows its KMS keys while it runs."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

import pytest

from shardline.gateway.types import Caller
from shardline.kinesis.encryption import references
from shardline.kinesis.encryption.kms import Kms
from shardline.masterkey import MasterKey
from shardline.storage.catalog import SqlCatalog
from shardline.storage.entities import KmsKey
from shardline.storage.record_log import StorageError
from shardline.testing import ManualClock

ACCOUNT, REGION = "000000000000", "us-east-1"
CALLER = Caller(ACCOUNT, REGION, "AKID", f"arn:aws:iam::{ACCOUNT}:root", is_root=True)
KEY = KmsKey("id", ACCOUNT, REGION, None, 0, "ENABLED", b"")


class Answers:
    """A catalog that gives these answers, one after the other."""

    def __init__(self, *answers: Sequence[KmsKey] | StorageError) -> None:
        self.left = list(answers)

    async def kms_keys(self) -> Sequence[KmsKey]:
        answer = self.left.pop(0)
        if isinstance(answer, StorageError):
            raise answer
        return answer


def test_a_change_is_followed_and_a_failure_said_once(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        # Given a node that knows a key, and a catalog that fails for a while
        failure, disabled = StorageError("locked"), [replace(KEY, state="DISABLED")]
        catalog = Answers([KEY], [KEY], failure, failure, disabled, failure)
        kms = Kms(catalog, MasterKey.random(), ManualClock())  # type: ignore[arg-type]
        await kms.refresh()
        assert kms.version == 1
        # When it follows
        while catalog.left:
            await kms.run_once()
        # Then a version comes with every change, and a line with every time it began to fail
        assert kms.version == 2
        assert [record.message for record in caplog.records] == [
            "the KMS keys cannot be looked up: locked"
        ] * 2

    with caplog.at_level(logging.ERROR):
        asyncio.run(body())


def test_nobody_is_asked_while_there_are_no_keys() -> None:
    async def body() -> None:
        catalog = Answers()
        kms = Kms(catalog, MasterKey.random(), ManualClock())  # type: ignore[arg-type]
        await kms.run_once()

    asyncio.run(body())


def test_two_nodes_make_one_key_for_the_alias_that_is_always_there() -> None:
    async def body() -> None:
        catalog, master = await SqlCatalog.open(None), MasterKey.random()
        nodes = [Kms(catalog, master, ManualClock()) for _ in range(4)]
        found = await asyncio.gather(
            *(node.find(CALLER, references.DEFAULT_ALIAS) for node in nodes)
        )
        assert len({key.id for key in found}) == 1
        elsewhere = await nodes[0].find(
            replace(CALLER, region="eu-west-1"), references.DEFAULT_ALIAS
        )
        assert elsewhere.id != found[0].id
        assert len(await catalog.kms_keys()) == 2
        await catalog.close()

    asyncio.run(body())
