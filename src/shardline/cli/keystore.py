"""What `shardline keys` does: opens the catalog, beside servers or without."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from shardline.cli import Failure
from shardline.cli.catalog import owner_of, with_catalog
from shardline.clock import SystemClock
from shardline.gateway.errors import ServiceError
from shardline.kinesis.encryption import references
from shardline.kinesis.encryption.kms import Kms
from shardline.masterkey import MasterKey
from shardline.storage.catalog_port import Catalog, Conflict, NameTaken
from shardline.storage.entities import KmsKey, KmsKeyState

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Where:
    """Which key store, and whose keys in it; None is what the running server says."""

    data_dir: Path
    key_file: Path | None
    catalog_url: str | None
    account_id: str | None
    region: str | None

    def owner(self) -> tuple[str, str]:
        """The account and region that a name means which says neither."""
        return owner_of(self.data_dir, self.account_id, self.region)


def create_key(where: Where, alias: str | None) -> str:
    """Make a key; answer its id. Raises `Failure`."""
    if alias is not None:
        alias = alias if alias.startswith("alias/") else f"alias/{alias}"
        if not references.is_alias(alias) or alias.startswith(references.RESERVED):
            raise Failure(f"{alias} cannot be an alias: letters, digits and / _ -, but not aws/")

    async def work(kms: Kms, _: Catalog) -> str:
        try:
            return (await kms.create(*where.owner(), alias)).id
        except NameTaken as taken:
            raise Failure(f"{alias} is another key's already") from taken

    return _with_keys(where, work)


def list_keys(where: Where) -> list[dict[str, Any]]:
    """Every key, and how many streams have data keys under it. Raises `Failure`."""

    async def work(_: Kms, catalog: Catalog) -> list[dict[str, Any]]:
        used = await _streams_by_key(catalog)
        return [
            {
                "id": key.id,
                "arn": references.arn_of(key),
                "region": key.region,
                "alias": key.alias or "",
                "state": key.state,
                "streams": len(used.get(key.id, ())),
            }
            for key in await catalog.kms_keys()
        ]

    return _with_keys(where, work)


def set_state(where: Where, name: str, state: KmsKeyState) -> None:
    """Put a key into a state. Raises `Failure`."""

    async def work(kms: Kms, catalog: Catalog) -> None:
        await catalog.set_kms_key_state((await _find(kms, where, name)).id, state)

    _with_keys(where, work)


def delete_key(where: Where, name: str, *, lose_records: bool) -> None:
    """Delete a key that is pending deletion. Raises `Failure`, also while streams need it."""

    async def work(kms: Kms, catalog: Catalog) -> None:
        key = await _find(kms, where, name)
        streams = (await _streams_by_key(catalog)).get(key.id, [])
        if streams and not lose_records:
            raise Failure(
                f"records may be under that key, of {', '.join(sorted(streams)[:3])}"
                f"{', ...' if len(streams) > 3 else ''}: --lose-records deletes it all the same"
            )
        try:
            await catalog.remove_kms_key(key.id)
        except Conflict as refused:
            raise Failure("only a key that is pending deletion can be deleted") from refused

    _with_keys(where, work)


async def _find(kms: Kms, where: Where, name: str) -> KmsKey:
    try:
        return await kms.look_up(references.read(name, *where.owner()))
    except ServiceError as refused:
        raise Failure(refused.message or refused.code) from refused


async def _streams_by_key(catalog: Catalog) -> dict[str, list[str]]:
    used: dict[str, list[str]] = {}
    for stream in await catalog.streams():
        for kms_key in {key.kms_key for key in stream.keys}:
            used.setdefault(kms_key, []).append(stream.name)
    return used


def _with_keys(where: Where, work: Callable[[Kms, Catalog], Awaitable[Result]]) -> Result:
    async def with_kms(catalog: Catalog, master: MasterKey) -> Result:
        return await work(Kms(catalog, master, SystemClock()), catalog)

    return with_catalog(where.data_dir, where.key_file, where.catalog_url, with_kms)
