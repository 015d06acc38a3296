import re
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinesis_samples import NOW_MS
from shardline.gateway.errors import ServiceError
from shardline.kinesis import iterators, page_tokens
from shardline.kinesis.iterators import ShardIterator

KEY = bytes(range(32))
AT = ShardIterator("abcdefghij0123456789-abc", "flights", 3, 1234, NOW_MS)
names = st.from_regex(re.compile(r"[a-zA-Z0-9_.-]{1,128}"), fullmatch=True)


@given(names, st.integers(0, 2**31 - 1), st.integers(0, 2**63), st.integers(0, 2**64 - 1))
def test_a_token_reads_back_and_has_awss_form(
    name: str, shard: int, offset: int, nonce: int
) -> None:
    at = ShardIterator(AT.stream_id, name, shard, offset, NOW_MS)
    token = iterators.make(KEY, at, nonce)
    assert iterators.read(KEY, token, NOW_MS) == at
    # kinesalite, test/helpers.js: standard base64, its first bytes, its length
    raw = b64decode(token, validate=True)
    assert raw[:8] == bytes([0, 0, 0, 0, 0, 0, 0, 1])
    assert len(raw) == 152 + (len(name) + 2) // 16 * 16
    assert len(token) <= 512


def test_the_nonce_makes_two_tokens_of_one_place_differ() -> None:
    assert iterators.make(KEY, AT, 1) != iterators.make(KEY, AT, 2)


def test_a_token_inside_quotes_is_accepted() -> None:
    assert iterators.read(KEY, f'"{iterators.make(KEY, AT, 1)}"', NOW_MS) == AT


def assert_invalid(token: str, key: bytes = KEY) -> None:
    with pytest.raises(ServiceError) as caught:
        iterators.read(key, token, NOW_MS)
    assert (caught.value.code, caught.value.message) == (
        "InvalidArgumentException",
        "Invalid ShardIterator.",
    )


@given(st.text(max_size=512))
def test_garbage_is_invalid(token: str) -> None:
    assert_invalid(token)


@given(st.binary(max_size=384))
def test_bytes_without_the_key_are_invalid(raw: bytes) -> None:
    assert_invalid(b64encode(raw).decode())


@given(st.integers(0, 152 * 8 - 1))
def test_a_token_with_any_bit_changed_is_invalid(bit: int) -> None:
    raw = bytearray(b64decode(iterators.make(KEY, AT, 1)))
    raw[bit // 8] ^= 1 << bit % 8
    assert_invalid(b64encode(raw).decode())


def test_a_token_of_another_key_or_kind_is_invalid() -> None:
    assert_invalid(iterators.make(b"x" * 32, AT, 1))
    assert_invalid(page_tokens.make(KEY, "ListShards", {"fill": "x" * 200}, NOW_MS))


def test_a_token_is_good_for_300_000_ms() -> None:
    token = iterators.make(KEY, AT, 1)
    assert iterators.read(KEY, token, NOW_MS + 300_000) == AT
    with pytest.raises(ServiceError) as caught:
        iterators.read(KEY, token, NOW_MS + 300_001)
    assert caught.value.code == "ExpiredIteratorException"
    assert caught.value.message == (
        "Iterator expired. The iterator was created at time Tue Nov 14 22:13:20 UTC 2023 "
        "while right now it is Tue Nov 14 22:18:20 UTC 2023 which is further in the future "
        "than the tolerated delay of 300000 milliseconds."
    )
