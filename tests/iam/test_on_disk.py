"""A node's identities on disk: there after a restart, their secrets encrypted by the master key."""

from pathlib import Path

import pytest

from iam_samples import ACCOUNT, document, new_name
from shardline.settings import NodeSettings
from shardline.storage.record_log import StoreUnusable
from shardline.testing import running_server


def test_identities_are_there_after_a_restart_and_no_secret_is_readable(tmp_path: Path) -> None:
    settings = NodeSettings(data_dir=tmp_path, port=0)
    # Given
    name = new_name("user")
    with running_server(settings) as server:
        iam = server.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document())
        made = iam.create_access_key(UserName=name)["AccessKey"]
    # Then
    secret = made["SecretAccessKey"].encode()
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or secret not in path.read_bytes(), path
    with running_server(settings) as server:
        iam = server.client("iam")
        (listed,) = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
        assert listed["AccessKeyId"] == made["AccessKeyId"]
        assert iam.list_user_policies(UserName=name)["PolicyNames"] == ["p"]
        known = server.node.identities.key(made["AccessKeyId"])
        assert known is not None
        context = f"access-key {made['AccessKeyId']}"
        assert server.node.master.unwrap(known.key.secret, context) == secret
        assert server.node.identities.directory(ACCOUNT).user(name) is not None


@pytest.mark.parametrize("what", ["missing", "another"])
def test_a_node_with_the_wrong_key_file_does_not_start(tmp_path: Path, what: str) -> None:
    settings = NodeSettings(data_dir=tmp_path, port=0)
    with running_server(settings) as server:
        iam = server.client("iam")
        iam.create_user(UserName="ann")
        iam.create_access_key(UserName="ann")
    key_file = tmp_path / "master-key"
    assert key_file.exists()
    if what == "missing":
        key_file.unlink()
    else:
        with running_server(NodeSettings(data_dir=tmp_path / "other", port=0)):
            pass
        key_file.write_bytes((tmp_path / "other" / "master-key").read_bytes())
    with pytest.raises(StoreUnusable, match="encrypted"), running_server(settings):
        pass
