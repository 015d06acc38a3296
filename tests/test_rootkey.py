"""The root key file: made once, private from the first moment, refused when it is not right."""

import json
import os
import re
import stat

import pytest

from shardline import rootkey
from shardline.rootkey import RootKey, given_key, load, load_or_create
from shardline.storage.record_log import StoreUnusable

ID_VARIABLE = "SHARDLINE_ROOT_ACCESS_KEY_ID"
SECRET_VARIABLE = "SHARDLINE_ROOT_SECRET_ACCESS_KEY"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "root-key.json"


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def refusal(path, given=None):
    with pytest.raises(StoreUnusable) as refused:
        load_or_create(path, given=given)
    return str(refused.value)


class TestFirstStart:
    def test_makes_a_random_key_of_aws_s_form(self, path):
        key = load_or_create(path, given=None)
        assert re.fullmatch(r"AKIA[A-Z2-7]{16}", key.access_key)
        assert re.fullmatch(r"[A-Za-z0-9]{40}", key.secret)
        assert given_key(key.access_key, key.secret) == (key.access_key, key.secret)

    def test_two_nodes_have_two_keys(self, tmp_path):
        keys = [load_or_create(tmp_path / name, given=None) for name in ("a", "b")]
        assert keys[0].access_key != keys[1].access_key
        assert keys[0].secret != keys[1].secret

    def test_the_next_start_finds_it(self, path):
        assert load(path) is None
        key = load_or_create(path, given=None)
        assert load_or_create(path, given=None) == load(path) == key

    def test_nothing_else_is_left_in_the_directory(self, path):
        load_or_create(path, given=None)
        assert [each.name for each in path.parent.iterdir()] == [path.name]

    @pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
    def test_it_is_private_from_the_first_moment_whatever_the_umask(self, path, monkeypatch, umask):
        # Given
        modes = []
        create = os.open

        def watched(name, flags, mode=0o777, **options):
            descriptor = create(name, flags, mode, **options)
            if flags & os.O_CREAT:
                assert flags & os.O_EXCL
                modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
            return descriptor

        monkeypatch.setattr(os, "open", watched)
        before = os.umask(umask)
        # When
        try:
            load_or_create(path, given=None)
        finally:
            os.umask(before)
        # Then
        assert modes == [0o600]
        assert mode_of(path) == 0o600

    def test_file_and_directory_are_synced_in_order(self, path, monkeypatch):
        # Given
        steps = []
        replace, fsync = os.replace, os.fsync

        def watched_fsync(descriptor):
            is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            steps.append("sync directory" if is_directory else "sync file")
            fsync(descriptor)

        def watched_replace(*names):
            steps.append("rename")
            replace(*names)

        monkeypatch.setattr(os, "fsync", watched_fsync)
        monkeypatch.setattr(os, "replace", watched_replace)
        # When
        load_or_create(path, given=None)
        # Then
        assert steps == ["sync file", "rename", "sync directory"]


class TestGivenKey:
    def test_is_used_and_stored(self, path):
        key = load_or_create(path, given=("test", "test"))
        assert key == RootKey("test", "test")
        assert load_or_create(path, given=None) == key
        assert mode_of(path) == 0o600

    def test_takes_the_place_of_the_stored_one(self, path):
        load_or_create(path, given=None)
        load_or_create(path, given=("test", "wJalr/+K7=MDENG"))
        assert load(path) == RootKey("test", "wJalr/+K7=MDENG")

    def test_takes_the_place_of_a_file_that_is_not_right(self, path):
        path.write_text("garbled")
        path.chmod(0o644)
        load_or_create(path, given=("test", "test"))
        assert load(path) == RootKey("test", "test")
        assert mode_of(path) == 0o600

    def test_the_same_key_again_writes_nothing(self, path):
        load_or_create(path, given=("test", "test"))
        before = path.stat()
        load_or_create(path, given=("test", "test"))
        assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    @pytest.mark.parametrize("empty", [None, ""])
    def test_only_one_half(self, empty):
        for halves, says in (
            (("test", empty), f"{ID_VARIABLE} is set but {SECRET_VARIABLE} is not"),
            ((empty, "test"), f"{SECRET_VARIABLE} is set but {ID_VARIABLE} is not"),
        ):
            with pytest.raises(ValueError, match=says):
                given_key(*halves)

    def test_none_at_all(self):
        assert given_key(None, "") is None

    def test_one_half_is_refused_by_the_file_too(self, path):
        for given in (("test", ""), ("", "test"), ("", "")):
            with pytest.raises(ValueError, match=ID_VARIABLE) as refused:
                load_or_create(path, given=given)
            assert SECRET_VARIABLE in str(refused.value)
        assert not path.exists()

    @pytest.mark.parametrize("access_key", ["a/b", "a,b", "a b", "é", "x" * 129, "a=b", "a\n"])
    def test_an_access_key_that_no_signature_can_carry(self, access_key):
        with pytest.raises(ValueError, match=ID_VARIABLE):
            given_key(access_key, "test")

    @pytest.mark.parametrize("secret", ["a b", "é", "x" * 257, "a\n"])
    def test_a_secret_with_odd_characters_is_not_shown(self, secret):
        with pytest.raises(ValueError, match=SECRET_VARIABLE) as refused:
            given_key("test", secret)
        assert secret not in str(refused.value)


class TestUnusableFile:
    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o601, 0o620, 0o777])
    def test_open_to_others(self, path, mode):
        load_or_create(path, given=None)
        path.chmod(mode)
        message = refusal(path)
        assert f"{mode:04o}" in message
        assert f"chmod 600 {path}" in message

    @pytest.mark.parametrize("mode", [0o600, 0o400])
    def test_private_modes_are_fine(self, path, mode):
        key = load_or_create(path, given=None)
        path.chmod(mode)
        assert load_or_create(path, given=None) == key

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\xff\x00",
            b"[" * 15_000,
            b"[]",
            b"null",
            b"{}",
            b'{"version": 1, "access_key_id": "test"}',
            b'{"version": 1, "access_key_id": "test", "secret_access_key": 5}',
            b'{"version": 1, "access_key_id": "a/b", "secret_access_key": "test"}',
            b'{"version": 1, "access_key_id": "test", "secret_access_key": ""}',
            b'{"version": 1, "access_key_id": "test", "secret_access_key": "test"}' + b"x",
            b" " * 100_000,
        ],
    )
    def test_garbled(self, path, content):
        path.write_bytes(content)
        path.chmod(0o600)
        message = refusal(path)
        assert str(path) in message
        assert "garbled" in message
        assert "remove it to have a new root key made" in message
        assert path.read_bytes() == content

    def test_of_a_newer_version(self, path):
        load_or_create(path, given=None)
        content = json.loads(path.read_text()) | {"version": 2}
        path.write_text(json.dumps(content))
        assert "version 2" in refusal(path)

    def test_a_directory_or_a_pipe_in_its_place(self, path):
        path.mkdir()
        assert "not a regular file" in refusal(path)
        assert "cannot write" in refusal(path, given=("test", "test"))
        path.rmdir()
        os.mkfifo(path, 0o600)
        assert "not a regular file" in refusal(path)

    def test_no_directory(self, path):
        assert "No such file or directory" in refusal(path / "below")

    def test_a_write_that_fails_leaves_nothing(self, path, monkeypatch):
        def full(descriptor):
            raise OSError(28, "No space left on device")

        load_or_create(path, given=("test", "test"))
        monkeypatch.setattr(rootkey.os, "fsync", full)
        assert "No space left on device" in refusal(path, given=("other", "other"))
        assert load(path) == RootKey("test", "test")
        assert [each.name for each in path.parent.iterdir()] == [path.name]

    def test_the_secret_does_not_show_when_printed(self):
        assert "hidden" not in repr(RootKey("test", "hidden"))
