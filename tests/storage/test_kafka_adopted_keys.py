"""What stands for the key of a message of somebody else's topic."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.storage.kafka_log.adopted import partition_key


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (b"user-1", b"user-1"),
        ("Łódź ✈".encode(), "Łódź ✈".encode()),
        (("ł" * 256).encode(), ("ł" * 256).encode()),
        (b"", b"-"),
        (b"\x00\x00\x04\xd2", b"0x000004d2"),
        (b"a\nb", b"0x610a62"),
        (b"\xff" * 127, b"0x" + b"ff" * 127),
        (b"\xff" * 128, b"sha256:" + hashlib.sha256(b"\xff" * 128).hexdigest().encode()),
        (b"a" * 257, b"sha256:" + hashlib.sha256(b"a" * 257).hexdigest().encode()),
    ],
)
def test_a_key_that_kinesis_has_not_gets_a_stand_in(key: bytes, shown: bytes) -> None:
    assert partition_key(key) == shown


@given(st.binary(max_size=600) | st.text(max_size=300).map(str.encode))
def test_whatever_the_key_it_is_one_of_kinesis(key: bytes) -> None:
    assert 1 <= len(partition_key(key).decode()) <= 256
