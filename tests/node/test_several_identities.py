"""Keys of several processes over one catalog: one that was deleted is dead in all of them."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from node.several_support import IAM, Worker, workers
from shardline.storage.catalog import SqlCatalog
from shardline.storage.catalog_port import Changed
from shardline.storage.record_log import StorageError
from storage.members.members_support import Nanoseconds

USER = "ann"


async def make_key(node: Worker) -> str:
    await node.call("CreateUser", IAM, UserName=USER)
    answer = await node.call("CreateAccessKey", IAM, UserName=USER)
    access_key: str = answer["AccessKey"]["AccessKeyId"]
    return access_key


async def delete_key(node: Worker, access_key: str) -> None:
    await node.call("DeleteAccessKey", IAM, UserName=USER, AccessKeyId=access_key)


def test_a_key_lives_everywhere_when_it_was_made_and_nowhere_when_it_was_deleted(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with workers(3, tmp_path) as nodes:
            for number, node in enumerate(nodes):
                access_key = await make_key(node)
                assert all(each.keys.find(access_key, None) for each in nodes)
                await delete_key(nodes[number - 1], access_key)
                assert not any(each.keys.find(access_key, None) for each in nodes)
                await node.call("DeleteUser", IAM, UserName=USER)

    asyncio.run(scenario())


def test_a_process_that_stalls_is_waited_for_until_its_lease_ends(tmp_path: Path) -> None:
    async def scenario() -> None:
        leases = Nanoseconds()
        async with workers(3, tmp_path, leases=leases) as (one, other, stalled):
            access_key = await make_key(one)
            # Given a process that does not follow any more, but whose lease goes on
            await stalled.stall()
            deleting = asyncio.create_task(delete_key(one, access_key))
            await asyncio.wait([deleting], timeout=0.3)
            # Then the others know already, and the call does not return
            assert other.keys.find(access_key, None) is None
            assert stalled.keys.find(access_key, None) is not None
            assert stalled.members.holds()
            assert not deleting.done()
            # When the lease ends, Then it returns, and the one that stalled answers nothing
            leases.pass_by(0.9)
            await other.follower.renew()
            await one.follower.renew()
            leases.pass_by(0.1)
            await asyncio.wait_for(deleting, 5)
            assert not stalled.members.holds()
            assert other.members.holds()
            # And when it is back, it knows
            await stalled.follower.renew()
            assert stalled.members.holds()
            assert stalled.keys.find(access_key, None) is None

    asyncio.run(scenario())


def test_processes_that_change_one_account_at_once_do_not_wait_for_one_another(
    tmp_path: Path,
) -> None:
    """Each waits until the others followed; if following waited for changes, leases would end."""

    async def scenario() -> None:
        leases = Nanoseconds()  # which never passes: whoever waits for a lease to end waits forever
        async with workers(3, tmp_path, leases=leases) as nodes:
            async with asyncio.timeout(30):
                await asyncio.gather(
                    *(
                        node.call("CreateUser", IAM, UserName=f"user-{number}-{part}")
                        for number, node in enumerate(nodes)
                        for part in range(3)
                    )
                )
            known = {node.identities.directory("000000000000").identities for node in nodes}
            assert len(known) == 1
            assert len(known.pop().users) == 9

    asyncio.run(scenario())


def test_kms_keys_and_commitments_are_followed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with workers(2, tmp_path) as (one, other):
            version = other.kms.version
            await one.kms.create("000000000000", "us-east-1", "alias/mine")
            assert other.kms.version > version
            await one.on_demand.commit("000000000000", "us-east-1", enable=True)
            assert other.on_demand.has_advantage("000000000000", "us-east-1")
            await other.on_demand.commit("000000000000", "us-east-1", enable=False)
            found = {
                each.on_demand.commitment("000000000000", "us-east-1") for each in (one, other)
            }
            assert len(found) == 1
            assert found.pop().ended_ms is not None  # type: ignore[union-attr]

    asyncio.run(scenario())


class Failing:
    """A catalog whose last changes cannot be read, when a test says so."""

    def __init__(self, catalog: SqlCatalog) -> None:
        self.catalog = catalog
        self.error: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.catalog, name)

    async def changed_since(self, number: int) -> Changed:
        if self.error is not None:
            raise self.error
        return await self.catalog.changed_since(number)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StorageError("no connection"), "the catalog cannot be followed: no connection"),
        (KeyError("a fault"), "a fault of ours in following the catalog"),
    ],
)
def test_without_its_catalog_a_process_serves_until_its_lease_ends_and_then_when_it_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, error: Exception, said: str
) -> None:
    async def scenario() -> None:
        leases = Nanoseconds()
        async with workers(2, tmp_path, leases=leases, catalog_of=Failing) as (one, other):
            await other.stall()
            catalog: Any = other.catalog
            catalog.error = error
            leases.pass_by(0.5)
            for _ in range(3):
                await other.follower.renew()
            assert other.members.holds()
            leases.pass_by(0.5)
            await other.follower.renew()
            assert not other.members.holds()
            # What happens meanwhile is not missed
            creating = asyncio.create_task(make_key(one))
            await asyncio.sleep(0)
            catalog.error = None
            while not creating.done():
                leases.pass_by(0.3)
                await one.follower.renew()
                await other.follower.renew()
            assert other.members.holds()
            assert other.keys.find(await creating, None) is not None

    with caplog.at_level(logging.WARNING, "shardline.node"):
        asyncio.run(scenario())
    assert [record.getMessage() for record in caplog.records] == [
        said,
        "the catalog is followed again",
    ]
