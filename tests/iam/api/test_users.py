"""Users, by boto3. Texts and shapes: localstack's `tests/aws/services/iam/test_iam_users`."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from iam_samples import ACCOUNT, KINESIS, document, new_name
from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Caller
from shardline.testing import TestServer


def test_a_user_is_made_found_listed_and_gone(iam: Any, server: TestServer, refused: Any) -> None:
    # Given
    name, now = new_name("ann"), datetime.fromtimestamp(server.clock.now_ms() // 1000, UTC)
    # When
    made = iam.create_user(UserName=name, Path="/team/a/")["User"]
    # Then
    assert re.fullmatch("AIDA[A-Z2-7]{17}", made["UserId"])
    assert made == {
        "Path": "/team/a/",
        "UserName": name,
        "UserId": made["UserId"],
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/team/a/{name}",
        "CreateDate": now,
    }
    assert iam.get_user(UserName=name)["User"] == made
    assert iam.get_user(UserName=name.upper())["User"] == made
    assert made in iam.list_users(PathPrefix="/team/a")["Users"]
    assert made not in iam.list_users(PathPrefix="/team/b")["Users"]
    iam.delete_user(UserName=name)
    gone = f"404 NoSuchEntity: The user with name {name} cannot be found."
    assert refused(iam.get_user, UserName=name) == gone
    assert refused(iam.delete_user, UserName=name) == gone


def test_the_wire_is_awss(server: TestServer, iam: Any) -> None:
    """Dates have whole seconds and the answer its namespace."""
    seen = []
    iam.meta.events.register("after-call.iam.CreateUser", lambda http_response, **_: seen.append(
        http_response.text))  # fmt: skip
    iam.create_user(UserName=new_name("wire"))
    assert '<CreateUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">' in seen[0]
    assert re.search(r"<CreateDate>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ</CreateDate>", seen[0])


def test_names_are_the_same_whatever_their_case(iam: Any, user: str, refused: Any) -> None:
    name = user.upper()
    assert refused(iam.create_user, UserName=name) == (
        f"409 EntityAlreadyExists: User with name {name} already exists."
    )


def test_a_user_with_everything(iam: Any, policy: str) -> None:
    tags = [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": ""}]
    name, path = new_name("user"), f"/{new_name('path')}/"
    made = iam.create_user(UserName=name, Path=path, Tags=tags, PermissionsBoundary=policy)["User"]
    assert made["Tags"] == tags
    assert made["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": policy,
    }
    assert iam.get_user(UserName=name)["User"] == made
    (listed,) = iam.list_users(PathPrefix=path)["Users"]
    assert "Tags" not in listed
    assert "PermissionsBoundary" not in listed


def test_a_renamed_user_keeps_what_it_has(iam: Any, user: str, group: str, refused: Any) -> None:
    # Given
    key = iam.create_access_key(UserName=user)["AccessKey"]
    iam.add_user_to_group(UserName=user, GroupName=group)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=document())
    before = iam.get_user(UserName=user)["User"]
    # When
    name = new_name("renamed")
    iam.update_user(UserName=user, NewUserName=name, NewPath="/x/")
    # Then
    after = iam.get_user(UserName=name)["User"]
    arn = f"arn:aws:iam::{ACCOUNT}:user/x/{name}"
    assert after == {**before, "UserName": name, "Path": "/x/", "Arn": arn}
    (listed,) = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    assert (listed["AccessKeyId"], listed["UserName"]) == (key["AccessKeyId"], name)
    assert iam.list_groups_for_user(UserName=name)["Groups"][0]["GroupName"] == group
    assert [each["UserName"] for each in iam.get_group(GroupName=group)["Users"]] == [name]
    assert iam.list_user_policies(UserName=name)["PolicyNames"] == ["p"]
    assert refused(iam.get_user, UserName=user).startswith("404 NoSuchEntity")


def test_a_rename_to_what_is_taken(iam: Any, user: str, refused: Any) -> None:
    taken = new_name("user")
    iam.create_user(UserName=taken)
    assert refused(iam.update_user, UserName=user, NewUserName=taken.upper()) == (
        f"409 EntityAlreadyExists: User with name {taken.upper()} already exists."
    )
    iam.update_user(UserName=user, NewUserName=user.upper())  # its own
    assert iam.get_user(UserName=user)["User"]["UserName"] == user.upper()


def test_a_user_is_deleted_when_nothing_hangs_on_it(
    iam: Any, user: str, group: str, refused: Any
) -> None:
    # Given
    iam.attach_user_policy(UserName=user, PolicyArn=KINESIS)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=document())
    key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    iam.add_user_to_group(UserName=user, GroupName=group)
    steps = (
        ("detach all policies", lambda: iam.detach_user_policy(UserName=user, PolicyArn=KINESIS)),
        ("delete policies", lambda: iam.delete_user_policy(UserName=user, PolicyName="p")),
        ("delete access keys", lambda: iam.delete_access_key(UserName=user, AccessKeyId=key)),
        (
            "remove users from group",
            lambda: iam.remove_user_from_group(UserName=user, GroupName=group),
        ),
    )
    for what, step in steps:
        # When, Then
        assert refused(iam.delete_user, UserName=user) == (
            f"409 DeleteConflict: Cannot delete entity, must {what} first."
        )
        step()
    iam.delete_user(UserName=user)


def test_root_is_who_asks_without_a_name(iam: Any) -> None:
    root = iam.get_user()["User"]
    assert root.pop("CreateDate")
    assert root == {"UserId": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:root"}


def test_a_user_asks_for_itself_and_a_session_cannot(server: TestServer, user: str) -> None:
    (api,) = [api for api in server.node.apis if api.model.name == "iam"]

    def ask(arn: str) -> Any:
        caller = Caller(ACCOUNT, "us-east-1", "AKIA", arn, is_root=False)
        return server.run(api.handlers["GetUser"](caller, {}))  # type: ignore[arg-type]

    assert ask(f"arn:aws:iam::{ACCOUNT}:user/x/{user}")["User"]["UserName"] == user
    with pytest.raises(ServiceError) as raised:
        ask(f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s")
    assert raised.value.message == "Must specify userName when calling with non-User credentials"


def test_the_quota_of_users(server: TestServer, iam: Any, refused: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("shardline.iam.operations.users.MOST_USERS", 0)
    assert refused(iam.create_user, UserName=new_name("user")) == (
        "409 LimitExceeded: Cannot exceed quota for UsersPerAccount: 0"
    )
