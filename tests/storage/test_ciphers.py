"""The ciphers: what they make, what they refuse, and that no nonce is ever used twice."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from shardline.storage import encrypted
from shardline.storage.ciphers import DataKey, derive, unwrap, wrap
from shardline.storage.encrypted import HEADER
from shardline.storage.record_log import CipherMissing, Undecipherable

SECRET = bytes(range(32))
PLACE = encrypted.place("frame", "stream", 3, 5)


def nonce_of(blob: bytes) -> tuple[bytes, int]:
    """What must never repeat under one data key: the salt of the derived key, and the counter."""
    _, _, salt, counter = HEADER.unpack_from(blob)
    return salt, counter


@settings(deadline=None)
@given(plain=st.binary(max_size=200), place=st.binary(max_size=40))
def test_what_was_encrypted_can_be_decrypted(plain: bytes, place: bytes) -> None:
    blob = DataKey(7, SECRET).encrypt(plain, place)
    assert encrypted.is_encrypted(blob)
    assert encrypted.decrypt(blob, place, {7: DataKey(7, SECRET)}) == plain
    assert len(blob) == HEADER.size + len(plain) + encrypted.TAG_BYTES


def test_the_layout_is_the_one_that_is_written_down() -> None:
    blob = DataKey(258, SECRET).encrypt(b"plain", PLACE)
    assert blob[:8] == b"\x02\0\0\0\x02\x01\0\0"
    salt, counter = blob[8:24], blob[24:32]
    assert counter == bytes(8)
    key = derive(SECRET, salt, "records")
    assert AESGCM(key).decrypt(bytes(12), blob[32:], blob[:32] + PLACE) == b"plain"


@settings(deadline=None)
@given(
    steps=st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=60),
)
def test_no_nonce_is_used_twice(steps: list[tuple[int, bool]]) -> None:
    # Given objects of one data key, as processes, restarts and changes of a stream make them
    keys = [DataKey(1, SECRET) for _ in range(4)]
    used: set[tuple[bytes, int]] = set()
    for which, is_new in steps:
        if is_new:
            keys[which] = DataKey(1, SECRET)
        # When they encrypt the same at the same place
        nonce = nonce_of(keys[which].encrypt(b"same", PLACE))
        # Then each time under another nonce
        assert nonce not in used
        used.add(nonce)


def test_no_two_threads_share_a_nonce() -> None:
    key = DataKey(1, SECRET)
    with ThreadPoolExecutor(4) as pool:
        blobs = list(pool.map(lambda _: key.encrypt(b"", PLACE), range(4000), chunksize=100))
    assert len({nonce_of(blob) for blob in blobs}) == 4000


def test_a_process_that_was_forked_derives_a_key_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = DataKey(1, SECRET)
    before = nonce_of(key.encrypt(b"", PLACE))
    pid = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: pid + 1)  # as a child would see it
    salt, counter = nonce_of(key.encrypt(b"", PLACE))
    assert salt != before[0]
    assert counter == 0


@settings(deadline=None)
@given(data=st.data())
def test_whatever_is_altered_is_refused(data: st.DataObject) -> None:
    blob = bytearray(DataKey(1, SECRET).encrypt(b"some records", PLACE))
    where = data.draw(st.integers(8, len(blob) - 1))  # the bytes before name the key
    blob[where] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Undecipherable):
        encrypted.decrypt(bytes(blob), PLACE, {1: DataKey(1, SECRET)})


def test_another_place_another_key_and_half_of_it_are_refused() -> None:
    blob = DataKey(1, SECRET).encrypt(b"some records", PLACE)
    elsewhere = encrypted.place("frame", "stream", 3, 6)
    with pytest.raises(Undecipherable, match=r"^frame stream 3 6 is damaged, or was"):
        encrypted.decrypt(blob, elsewhere, {1: DataKey(1, SECRET)})
    with pytest.raises(Undecipherable):
        encrypted.decrypt(blob, PLACE, {1: DataKey(1, bytes(32))})
    with pytest.raises(Undecipherable, match="cut short at 20 bytes"):
        encrypted.decrypt(blob[:20], PLACE, {1: DataKey(1, SECRET)})
    with pytest.raises(CipherMissing) as missing:
        encrypted.decrypt(blob, PLACE, {2: DataKey(2, SECRET)})
    assert missing.value.number == 1


def test_places_differ_in_every_part() -> None:
    places = {
        encrypted.place("frame", "a", 1, 23),
        encrypted.place("frame", "a", 12, 3),
        encrypted.place("frame", "a1", 1, 23),
        encrypted.place("record", "a", 1, 23),
        encrypted.place("frame", "a", 1, 2, 3),
    }
    assert len(places) == 5


def test_a_wrapped_key_needs_its_wrapping_key_and_its_context() -> None:
    wrapped = wrap(SECRET, b"k" * 32, "key 1")
    assert b"kkkk" not in wrapped
    assert unwrap(SECRET, wrapped, "key 1") == b"k" * 32
    assert wrap(SECRET, b"k" * 32, "key 1") != wrapped
    for secret, blob, context in (
        (bytes(32), wrapped, "key 1"),
        (SECRET, wrapped, "key 2"),
        (SECRET, wrapped[:-1], "key 1"),
        (SECRET, wrapped[:5], "key 1"),
        (SECRET, b"", "key 1"),
    ):
        with pytest.raises(Undecipherable, match=f"^{context} cannot be unwrapped"):
            unwrap(secret, blob, context)
