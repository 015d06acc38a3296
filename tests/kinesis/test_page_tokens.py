from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinesis_samples import NOW_MS
from shardline.gateway.errors import ServiceError
from shardline.kinesis import iterators, page_tokens
from shardline.kinesis.iterators import ShardIterator

KEY = bytes(range(32))
states = st.dictionaries(st.text(), st.one_of(st.none(), st.integers(), st.text()), max_size=5)


@given(states)
def test_a_state_reads_back(state: dict[str, object]) -> None:
    token = page_tokens.make(KEY, "ListShards", state, NOW_MS)
    assert page_tokens.read(KEY, "ListShards", token, NOW_MS + 300_000) == state


def test_a_token_is_good_for_300_seconds() -> None:
    token = page_tokens.make(KEY, "ListShards", {}, NOW_MS)
    with pytest.raises(ServiceError) as caught:
        page_tokens.read(KEY, "ListShards", token, NOW_MS + 300_001)
    assert caught.value.code == "ExpiredNextTokenException"


def assert_invalid(token: str) -> None:
    with pytest.raises(ServiceError) as caught:
        page_tokens.read(KEY, "ListShards", token, NOW_MS)
    assert (caught.value.code, caught.value.message) == (
        "InvalidArgumentException",
        "Invalid NextToken.",
    )


@given(st.one_of(st.text(), st.binary().map(lambda raw: b64encode(raw).decode())))
def test_garbage_is_invalid(token: str) -> None:
    assert_invalid(token)


@given(st.data())
def test_a_changed_token_is_invalid(data: st.DataObject) -> None:
    raw = bytearray(b64decode(page_tokens.make(KEY, "ListShards", {"after": 7}, NOW_MS)))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    assert_invalid(b64encode(raw).decode())


def test_a_token_of_another_kind_is_invalid() -> None:
    assert_invalid(page_tokens.make(KEY, "ListStreams", {}, NOW_MS))
    assert_invalid(page_tokens.make(b"x" * 32, "ListShards", {}, NOW_MS))
    at = ShardIterator("abcdefghij0123456789-abc", "flights", 0, 0, NOW_MS)
    assert_invalid(iterators.make(KEY, at, 1))
