"""Which shard a record belongs to: the MD5 of its partition key, or an explicit hash key.

A hash key is a 128-bit number; each open shard owns a range of them, both ends included. Here a
hash key stays the 16 bytes that MD5 gives, which order as the numbers do (big-endian), so that
the hot path makes no integers.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import import_module
from operator import attrgetter, itemgetter
from typing import Any

from msgspec import Struct

from shardline.kinesis import messages
from shardline.storage.entities import Shard

HASH_KEYS = 1 << 128
"""How many hash keys there are: open shards always partition 0 .. HASH_KEYS - 1."""


def _find_md5() -> Callable[[bytes], Any]:
    # hashlib's MD5 is OpenSSL's, whose set-up costs twice as much as CPython's own (0.41 against
    # 0.19 us) on keys of a few bytes. CPython's is left out of some builds (FIPS, other Pythons).
    try:
        md5: Callable[[bytes], Any] = import_module("_md5").md5
        md5(b"").digest()
    except (ImportError, AttributeError, ValueError):
        md5 = partial(hashlib.md5, usedforsecurity=False)
    return md5


_md5 = _find_md5()


def hash_key(partition_key: bytes) -> int:
    """The hash key of a partition key (UTF-8), as a number."""
    return int.from_bytes(_md5(partition_key).digest(), "big")


def explicit_digest(text: str) -> bytes:
    """An ExplicitHashKey (decimal, as the model has checked) as 16 bytes.

    Raises InvalidArgumentException for 2^128 and above (kinesalite's recorded text).
    """
    value = int(text)
    if value >= HASH_KEYS:
        raise messages.invalid_argument(
            "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
            f"Specified value was {text}"
        )
    return value.to_bytes(16, "big")


class RouteTable:
    """The open shards of a stream by hash range; finds the shard of a record.

    `shards` are in the order of their ranges; routes are positions in it. The shards must
    partition the hash keys. A table of no shards (a stream in CREATING) can be made, not asked.
    """

    __slots__ = ("_borders", "shards")

    def __init__(self, shards: Iterable[Shard]) -> None:
        self.shards = tuple(sorted(shards, key=attrgetter("hash_start")))
        # The first shard starts at 0; without that border the bisection is the position itself.
        self._borders = [shard.hash_start.to_bytes(16, "big") for shard in self.shards[1:]]

    def route(self, keys: Sequence[bytes]) -> list[int]:
        """The position of each partition key's shard, in the order of `keys`."""
        borders = self._borders
        if not borders:
            return [0] * len(keys)
        return [bisect_right(borders, _md5(key).digest()) for key in keys]

    def route_explicit(self, keys: Sequence[bytes], hashes: Sequence[str | None]) -> list[int]:
        """As `route`, with an ExplicitHashKey where `hashes` has one.

        Raises InvalidArgumentException if any is out of range: on AWS the whole call fails.
        """
        borders = self._borders
        return [
            bisect_right(borders, _md5(key).digest() if text is None else explicit_digest(text))
            for key, text in zip(keys, hashes, strict=True)
        ]


_ONE = range(1)


class Group(Struct, frozen=True):
    """The records of one request that go to one shard, in the request's order.

    `positions` says where in the request each record of the columns stood.
    """

    shard: Shard
    keys: Sequence[bytes]
    datas: Sequence[bytes]
    positions: Sequence[int]


def group(
    table: RouteTable,
    keys: Sequence[bytes],
    datas: Sequence[bytes],
    hashes: Sequence[str | None] | None = None,
) -> list[Group]:
    """Part the columns of a PutRecords request by shard. Each shard comes at most once.

    `hashes` holds the ExplicitHashKeys; None when no record has one. Raises as `route_explicit`.
    """
    routes = table.route(keys) if hashes is None else table.route_explicit(keys, hashes)
    first = routes[0]
    if len(routes) == 1:
        return [Group(table.shards[first], keys, datas, _ONE)]
    if routes.count(first) == len(routes):
        return [Group(table.shards[first], keys, datas, range(len(routes)))]
    members: dict[int, list[int]] = {}
    for position, route in enumerate(routes):
        if route in members:
            members[route].append(position)
        else:
            members[route] = [position]
    return [_pick(table.shards[route], keys, datas, where) for route, where in members.items()]


def _pick(
    shard: Shard, keys: Sequence[bytes], datas: Sequence[bytes], positions: list[int]
) -> Group:
    if len(positions) == 1:  # of one position, itemgetter gives the item, not a tuple of it
        only = positions[0]
        return Group(shard, (keys[only],), (datas[only],), positions)
    pick = itemgetter(*positions)
    return Group(shard, pick(keys), pick(datas), positions)
