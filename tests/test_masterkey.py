"""The master key's file: made once, read back, and refused when it is not the one."""

import json
import os
import stat
from pathlib import Path

import pytest

from shardline.masterkey import MasterKey, load_master, load_or_create_master
from shardline.storage.record_log import StoreUnusable, Undecipherable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "master-key"


def test_the_first_start_makes_it_and_the_next_ones_read_it(path: Path) -> None:
    assert load_master(path, needed=None) is None
    made = load_or_create_master(path, needed=None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = load_or_create_master(path, needed=made.fingerprint)
    assert again.fingerprint == made.fingerprint
    assert again.unwrap(made.wrap(b"key", "k1"), "k1") == b"key"
    assert os.listdir(path.parent) == ["master-key"]


def test_two_keys_are_never_the_same(tmp_path: Path) -> None:
    one, other = (load_or_create_master(tmp_path / name, needed=None) for name in "ab")
    assert one.fingerprint != other.fingerprint
    with pytest.raises(Undecipherable):
        other.unwrap(one.wrap(b"key", "k1"), "k1")
    assert MasterKey.random().fingerprint != MasterKey.random().fingerprint


def test_the_fingerprint_and_what_is_wrapped_do_not_show_the_key(path: Path) -> None:
    key = load_or_create_master(path, needed=None)
    secret = json.loads(path.read_text())["master_key"]
    assert key.fingerprint not in path.read_text()
    assert secret not in key.fingerprint
    assert secret not in repr(key)


def test_a_missing_file_is_refused_when_it_is_needed_and_none_is_made(path: Path) -> None:
    with pytest.raises(StoreUnusable) as refusal:
        load_or_create_master(path, needed="00112233")
    assert str(refusal.value) == (
        f"the master key file {path} is missing, and what the catalog holds is encrypted by it "
        "(fingerprint 00112233): restore it, or name where it is with --key-file"
    )
    assert not path.exists()


def test_another_key_is_refused_and_left_alone(path: Path) -> None:
    made = load_or_create_master(path, needed=None)
    content = path.read_bytes()
    with pytest.raises(StoreUnusable) as refusal:
        load_or_create_master(path, needed="00112233")
    assert str(refusal.value) == (
        f"the master key file {path} holds another key (fingerprint {made.fingerprint}) than "
        "the one by which what the catalog holds is encrypted (00112233): restore that one, "
        "or name where it is with --key-file"
    )
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no json",
        b"[]",
        b'{"version": 1}',
        b'{"version": 1, "master_key": "AAAA"}',
        b'{"version": 1, "master_key": "not base64!"}',
        b'{"version": "1", "master_key": "AAAA"}',
        b"\xff\xfe",
    ],
)
def test_a_garbled_file_is_refused_and_not_shown(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(StoreUnusable) as refusal:
        load_or_create_master(path, needed=None)
    assert str(refusal.value) == (
        f"the master key file {path} is garbled: it must be JSON with version and master_key. "
        "Restore it from its backup"
    )
    assert path.read_bytes() == content


def test_a_newer_file_is_refused(path: Path) -> None:
    path.write_text('{"version": 2, "master_key": ""}')
    path.chmod(0o600)
    with pytest.raises(StoreUnusable, match="is of version 2, and this Shardline reads version 1"):
        load_or_create_master(path, needed=None)


def test_a_file_that_others_can_read_is_refused(path: Path) -> None:
    load_or_create_master(path, needed=None)
    path.chmod(0o640)
    with pytest.raises(StoreUnusable, match=r"is open to others \(mode 0640\)"):
        load_or_create_master(path, needed=None)


def test_what_is_no_file_and_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="is not a regular file"):
        load_or_create_master(tmp_path, needed=None)
    with pytest.raises(StoreUnusable, match="cannot write the master key file"):
        load_or_create_master(tmp_path / "none" / "master-key", needed=None)
