"""How a node follows its KMS keys while it runs."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from shardline.gateway.types import Caller
from shardline.kinesis.encryption import references
from shardline.kinesis.encryption.kms import Kms
from shardline.masterkey import MasterKey
from shardline.storage.catalog import SqlCatalog
from shardline.storage.entities import KmsKey, StreamKey
from shardline.testing import ManualClock

ACCOUNT, REGION = "000000000000", "us-east-1"
CALLER = Caller(ACCOUNT, REGION, "AKID", f"arn:aws:iam::{ACCOUNT}:root", is_root=True)
KEY = KmsKey("id", ACCOUNT, REGION, None, 0, "ENABLED", b"")


def test_a_version_comes_with_every_change_that_is_found() -> None:
    class Answers:
        def __init__(self) -> None:
            self.keys = [KEY]

        async def kms_keys(self) -> Sequence[KmsKey]:
            return list(self.keys)

    async def body() -> None:
        catalog = Answers()
        kms = Kms(catalog, MasterKey.random(), ManualClock())  # type: ignore[arg-type]
        versions = []
        for keys in ([KEY], [KEY], [replace(KEY, state="DISABLED")]):
            catalog.keys = keys
            await kms.refresh()
            versions.append(kms.version)
        assert versions == [1, 1, 2]

    asyncio.run(body())


def test_an_answer_that_a_later_one_overtook_is_not_taken_over() -> None:
    class Late:
        def __init__(self) -> None:
            self.asked: list[asyncio.Future[Sequence[KmsKey]]] = []

        async def kms_keys(self) -> Sequence[KmsKey]:
            self.asked.append(asyncio.get_running_loop().create_future())
            return await self.asked[-1]

    async def body() -> None:
        catalog = Late()
        kms = Kms(catalog, MasterKey.random(), ManualClock())  # type: ignore[arg-type]
        looks = [asyncio.create_task(kms.refresh()) for _ in range(2)]
        await asyncio.sleep(0)
        catalog.asked[1].set_result([])
        await looks[1]
        catalog.asked[0].set_result([KEY])
        await looks[0]
        assert kms.version == 0
        assert kms.customer_keys([StreamKey(1, KEY.id, b"")]) == []

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
