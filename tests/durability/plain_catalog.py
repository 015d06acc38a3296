"""A catalog without threads, so that races between its calls and others follow a seed exactly."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from shardline.storage.catalog_port import Conflict, NameTaken
from shardline.storage.entities import KmsKey, KmsKeyState, Stream


class PlainCatalog:
    """A `Catalog` in a dictionary; see the port for the contract."""

    def __init__(self) -> None:
        self._streams: dict[str, Stream] = {}
        self._kms_keys: dict[str, KmsKey] = {}
        self._master: str | None = None

    async def streams(self, ids: Collection[str] | None = None) -> Sequence[Stream]:
        return [each for each in self._streams.values() if ids is None or each.id in ids]

    async def stream_versions(self) -> Mapping[str, int]:
        return {each.id: each.version for each in self._streams.values()}

    async def seen_by_all(self) -> None:
        """There is one process."""

    async def insert(self, stream: Stream) -> None:
        for other in self._streams.values():
            if (other.account, other.region, other.name) == (
                stream.account,
                stream.region,
                stream.name,
            ):
                raise NameTaken(stream.name)
        self._streams[stream.id] = stream

    async def update(self, stream: Stream) -> Stream:
        known = self._streams.get(stream.id)
        if known is None or known.version != stream.version:
            raise Conflict(stream.id)
        stored = self._streams[stream.id] = replace(stream, version=stream.version + 1)
        return stored

    async def remove(self, stream_id: str) -> None:
        self._streams.pop(stream_id, None)

    async def secret(self, name: str, length: int) -> bytes:
        return name.encode().ljust(length, b"-")[:length]

    async def master_key(self) -> str | None:
        return self._master

    async def kms_keys(self) -> Sequence[KmsKey]:
        return list(self._kms_keys.values())

    async def insert_kms_key(self, key: KmsKey, master: str) -> None:
        self._kms_keys[key.id] = key
        self._master = master

    async def set_kms_key_state(self, key_id: str, state: KmsKeyState) -> None:
        self._kms_keys[key_id] = replace(self._kms_keys[key_id], state=state)

    async def remove_kms_key(self, key_id: str) -> None:
        del self._kms_keys[key_id]

    async def close(self) -> None:
        self._streams.clear()
