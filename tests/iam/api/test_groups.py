"""Groups and memberships. Texts: localstack's `tests/aws/services/iam/test_iam_groups`."""

import re
from typing import Any

from iam_samples import ACCOUNT, KINESIS, document, new_name


def test_a_group_is_made_found_listed_and_gone(iam: Any, refused: Any) -> None:
    name = new_name("group")
    made = iam.create_group(GroupName=name, Path="/some/location/")["Group"]
    assert re.fullmatch("AGPA[A-Z2-7]{17}", made["GroupId"])
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/some/location/{name}"
    found = iam.get_group(GroupName=name)
    assert (found["Group"], found["Users"], found["IsTruncated"]) == (made, [], False)
    assert made in iam.list_groups(PathPrefix="/some/")["Groups"]
    assert made not in iam.list_groups(PathPrefix="/other/")["Groups"]
    assert refused(iam.create_group, GroupName=name.upper()) == (
        f"409 EntityAlreadyExists: Group with name {name.upper()} already exists."
    )
    iam.delete_group(GroupName=name)
    assert refused(iam.get_group, GroupName=name) == (
        f"404 NoSuchEntity: The group with name {name} cannot be found."
    )


def test_members_come_and_go(iam: Any, user: str, group: str, refused: Any) -> None:
    for _ in range(2):  # again is no fault
        iam.add_user_to_group(UserName=user, GroupName=group)
    assert [each["UserName"] for each in iam.get_group(GroupName=group)["Users"]] == [user]
    assert [each["GroupName"] for each in iam.list_groups_for_user(UserName=user)["Groups"]] == [
        group
    ]
    assert refused(iam.delete_group, GroupName=group) == (
        "409 DeleteConflict: Cannot delete entity, must remove users from group first."
    )
    for _ in range(2):
        iam.remove_user_from_group(UserName=user, GroupName=group)
    assert iam.list_groups_for_user(UserName=user)["Groups"] == []
    assert iam.get_group(GroupName=group)["Users"] == []


def test_of_user_and_group_the_user_is_looked_up_first(
    iam: Any, user: str, group: str, refused: Any
) -> None:
    no_user = "404 NoSuchEntity: The user with name nobody cannot be found."
    no_group = "404 NoSuchEntity: The group with name nothing cannot be found."
    for call in (iam.add_user_to_group, iam.remove_user_from_group):
        assert refused(call, UserName="nobody", GroupName="nothing") == no_user
        assert refused(call, UserName="nobody", GroupName=group) == no_user
        assert refused(call, UserName=user, GroupName="nothing") == no_group


def test_a_renamed_group_keeps_its_members(iam: Any, user: str, group: str, refused: Any) -> None:
    iam.add_user_to_group(UserName=user, GroupName=group)
    name = new_name("group")
    iam.update_group(GroupName=group, NewGroupName=name, NewPath="/new/")
    found = iam.get_group(GroupName=name)
    assert found["Group"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/new/{name}"
    assert [each["UserName"] for each in found["Users"]] == [user]
    (told,) = iam.list_groups_for_user(UserName=user)["Groups"]
    assert told == found["Group"]
    taken = new_name("group")
    iam.create_group(GroupName=taken)
    assert refused(iam.update_group, GroupName=name, NewGroupName=taken) == (
        f"409 EntityAlreadyExists: Group with name {taken} already exists."
    )
    assert refused(iam.update_group, GroupName=group, NewGroupName=name) == (
        f"404 NoSuchEntity: The group with name {group} cannot be found."
    )


def test_a_user_is_in_ten_groups_at_most(iam: Any, user: str, refused: Any) -> None:
    names = [new_name("group") for _ in range(11)]
    for name in names:
        iam.create_group(GroupName=name)
    for name in names[:10]:
        iam.add_user_to_group(UserName=user, GroupName=name)
    assert refused(iam.add_user_to_group, UserName=user, GroupName=names[10]) == (
        "409 LimitExceeded: Cannot exceed quota for GroupsPerUser: 10"
    )
    iam.add_user_to_group(UserName=user, GroupName=names[0])


def test_a_group_with_policies_is_not_deleted(iam: Any, group: str, refused: Any) -> None:
    iam.attach_group_policy(GroupName=group, PolicyArn=KINESIS)
    iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=document())
    assert refused(iam.delete_group, GroupName=group) == (
        "409 DeleteConflict: Cannot delete entity, must detach all policies first."
    )
    iam.detach_group_policy(GroupName=group, PolicyArn=KINESIS)
    assert refused(iam.delete_group, GroupName=group) == (
        "409 DeleteConflict: Cannot delete entity, must delete policies first."
    )
    iam.delete_group_policy(GroupName=group, PolicyName="p")
    iam.delete_group(GroupName=group)


def test_the_quota_of_groups(iam: Any, refused: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("shardline.iam.operations.groups.MOST_GROUPS", 0)
    assert refused(iam.create_group, GroupName=new_name("group")) == (
        "409 LimitExceeded: Cannot exceed quota for GroupsPerAccount: 0"
    )
