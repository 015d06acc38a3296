"""Access keys, by boto3. Texts and shapes: localstack's `tests/aws/services/iam`."""

import re
from typing import Any

from iam_samples import ACCOUNT, new_name
from shardline.gateway.types import Caller
from shardline.testing import TestServer


def test_a_key_is_made_listed_switched_and_gone(
    iam: Any, server: TestServer, user: str, refused: Any
) -> None:
    book = server.node.identities
    # When
    made = iam.create_access_key(UserName=user)["AccessKey"]
    # Then
    key = made["AccessKeyId"]
    assert re.fullmatch("AKIA[A-Z2-7]{16}", key)
    assert re.fullmatch("[A-Za-z0-9+/]{40}", made["SecretAccessKey"])
    assert (made["UserName"], made["Status"]) == (user, "Active")
    known = book.key(key)
    assert known is not None
    assert known.key.secret != made["SecretAccessKey"].encode()
    plain = server.node.master.unwrap(known.key.secret, f"access-key {key}")
    assert plain.decode() == made["SecretAccessKey"]
    told = {name: made[name] for name in ("UserName", "AccessKeyId", "Status", "CreateDate")}
    assert iam.list_access_keys(UserName=user)["AccessKeyMetadata"] == [told]

    iam.update_access_key(UserName=user, AccessKeyId=key, Status="Inactive")
    assert book.key(key).key.active is False  # type: ignore[union-attr]
    listed = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    assert listed == [{**told, "Status": "Inactive"}]
    iam.update_access_key(UserName=user, AccessKeyId=key, Status="Active")
    assert book.key(key).key.active is True  # type: ignore[union-attr]

    iam.delete_access_key(UserName=user, AccessKeyId=key)
    assert book.key(key) is None
    gone = f"404 NoSuchEntity: The Access Key with id {key} cannot be found."
    assert refused(iam.delete_access_key, UserName=user, AccessKeyId=key) == gone
    assert refused(
        iam.update_access_key, UserName=user, AccessKeyId=key, Status="Active"
    ) == gone  # fmt: skip


def test_a_user_has_two_keys_at_most(iam: Any, user: str, refused: Any) -> None:
    first, _ = (iam.create_access_key(UserName=user)["AccessKey"] for _ in range(2))
    assert refused(iam.create_access_key, UserName=user) == (
        "409 LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2"
    )
    iam.update_access_key(UserName=user, AccessKeyId=first["AccessKeyId"], Status="Inactive")
    assert refused(iam.create_access_key, UserName=user).startswith("409 LimitExceeded")
    iam.delete_access_key(UserName=user, AccessKeyId=first["AccessKeyId"])
    assert iam.create_access_key(UserName=user)["AccessKey"]


def test_a_key_is_of_one_user(iam: Any, user: str, refused: Any) -> None:
    other = new_name("user")
    iam.create_user(UserName=other)
    key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    assert refused(iam.delete_access_key, UserName=other, AccessKeyId=key) == (
        f"404 NoSuchEntity: The Access Key with id {key} cannot be found."
    )


def test_the_status_expired_cannot_be_set(iam: Any, user: str, refused: Any) -> None:
    key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    call = {"UserName": user, "AccessKeyId": key, "Status": "Expired"}
    assert refused(iam.update_access_key, **call) == (
        "400 InvalidInput: An access key cannot be set to the status Expired."
    )


def test_roots_own_keys(alone: Any) -> None:
    made = alone.create_access_key()["AccessKey"]
    assert "UserName" not in made
    (listed,) = alone.list_access_keys()["AccessKeyMetadata"]
    assert listed["AccessKeyId"] == made["AccessKeyId"]
    alone.update_access_key(AccessKeyId=made["AccessKeyId"], Status="Inactive")
    assert alone.list_access_keys()["AccessKeyMetadata"][0]["Status"] == "Inactive"
    last_used = alone.get_access_key_last_used(AccessKeyId=made["AccessKeyId"])
    assert "UserName" not in last_used
    alone.delete_access_key(AccessKeyId=made["AccessKeyId"])
    assert alone.list_access_keys()["AccessKeyMetadata"] == []


def test_when_a_key_was_used_last(iam: Any, server: TestServer, user: str) -> None:
    key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    never = iam.get_access_key_last_used(AccessKeyId=key)
    assert never["UserName"] == user
    assert never["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    # When it is used
    arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    caller = Caller(ACCOUNT, "eu-west-1", key, arn, is_root=False)
    now_ms = server.clock.now_ms()
    server.node.last_used.note(caller, "kinesis")
    server.run(server.node.last_used.run_once())
    # Then
    used = iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]
    assert used.pop("LastUsedDate").timestamp() == now_ms // 1000
    assert used == {"ServiceName": "kinesis", "Region": "eu-west-1"}
    (listed,) = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    assert listed["Status"] == "Active"


def test_of_a_key_that_nobody_has_nobody_may_ask(iam: Any, refused: Any) -> None:
    key = "AKIAIOSFODNN7EXAMPLE"
    assert refused(iam.get_access_key_last_used, AccessKeyId=key) == (
        f"403 AccessDenied: User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform "
        f"iam:GetAccessKeyLastUsed on resource: access key {key}"
    )
