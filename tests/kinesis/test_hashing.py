import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinesis_samples import make_stream
from shardline.gateway.errors import ServiceError
from shardline.kinesis import hashing
from shardline.kinesis.hashing import HASH_KEYS, RouteTable, explicit_digest, group, hash_key
from shardline.storage.entities import Shard

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=256)


def owner(shards: tuple[Shard, ...], value: int) -> int:
    (found,) = (s.number for s in shards if s.hash_start <= value <= s.hash_end)
    return found


@given(texts)
def test_the_hash_key_is_the_md5_of_the_utf8_key(text: str) -> None:
    expected = int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(), 16)
    assert hash_key(text.encode()) == expected


def test_hashlib_serves_where_python_has_no_md5_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(hashing, "import_module", missing)
    assert hashing._find_md5()(b"key").digest() == hashing._md5(b"key").digest()


@given(st.integers(1, 20), st.lists(texts, min_size=1, max_size=20))
def test_a_record_goes_to_the_shard_whose_range_holds_its_hash_key(
    count: int, keys: list[str]
) -> None:
    shards = make_stream(count).shards
    # Given shards in any order
    table = RouteTable(reversed(shards))
    # When keys are routed
    coded = [key.encode() for key in keys]
    routes = table.route(coded)
    # Then each goes to the one shard that owns its hash key
    assert [table.shards[route].number for route in routes] == [
        owner(shards, hash_key(key)) for key in coded
    ]


def test_both_ends_of_a_range_belong_to_its_shard() -> None:
    # kinesalite, test/putRecord.js: ExplicitHashKey just below and just above a range, and final
    shards = make_stream(3).shards
    table = RouteTable(shards)
    ends = [str(end) for shard in shards for end in (shard.hash_start, shard.hash_end)]
    routes = table.route_explicit([b"a"] * 6, ends)
    assert [table.shards[route].number for route in routes] == [0, 0, 1, 1, 2, 2]


def test_an_explicit_hash_key_of_2_to_the_128_is_refused() -> None:
    with pytest.raises(ServiceError) as caught:
        RouteTable(make_stream(1).shards).route_explicit([b"a"], [str(HASH_KEYS)])
    assert caught.value.code == "InvalidArgumentException"
    assert caught.value.message == (
        "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
        "Specified value was 340282366920938463463374607431768211456"
    )


@given(
    st.integers(1, 8),
    st.lists(
        st.tuples(texts, st.one_of(st.none(), st.integers(0, HASH_KEYS - 1))),
        min_size=1,
        max_size=40,
    ),
    st.booleans(),
)
def test_groups_hold_every_record_once_in_order_at_its_shard(
    count: int, records: list[tuple[str, int | None]], explicit: bool
) -> None:
    # Given the columns of a request
    table = RouteTable(make_stream(count).shards)
    keys = [key.encode() for key, _ in records]
    datas = [str(i).encode() for i in range(len(records))]
    hashes = [None if value is None else str(value) for _, value in records]
    # When they are grouped
    groups = group(table, keys, datas, hashes if explicit else None)
    # Then each shard comes once, and each record stands in its shard's group, in order
    assert len({g.shard.number for g in groups}) == len(groups)
    assert sorted(p for g in groups for p in g.positions) == list(range(len(records)))
    for g in groups:
        assert list(g.positions) == sorted(g.positions)
        assert list(g.keys) == [keys[p] for p in g.positions]
        assert list(g.datas) == [datas[p] for p in g.positions]
        for p in g.positions:
            text = hashes[p] if explicit else None
            value = hash_key(keys[p]) if text is None else int(text)
            assert g.shard.hash_start <= value <= g.shard.hash_end


@given(st.integers(0, HASH_KEYS - 1))
def test_digests_order_as_numbers(value: int) -> None:
    assert int.from_bytes(explicit_digest(str(value)), "big") == value
