"""Pages of every listing: together they are the whole, in order, whatever happens in between."""

from typing import Any

import pytest

from iam_samples import KINESIS, READ_ONLY, document, new_name, trust

LISTINGS = {
    "list_users": ("Users", "UserName"),
    "list_groups": ("Groups", "GroupName"),
    "list_roles": ("Roles", "RoleName"),
    "list_policies": ("Policies", "PolicyName"),
}


@pytest.fixture(scope="module")
def path(iam: Any) -> str:
    """A path below which there are five of each."""
    path = f"/{new_name('path')}/"
    for letter in "bCaDe":
        named = f"{letter}-{new_name('paged')}"
        iam.create_user(UserName=named, Path=path)
        iam.create_group(GroupName=named, Path=path)
        iam.create_role(RoleName=named, Path=path, AssumeRolePolicyDocument=trust())
        iam.create_policy(PolicyName=named, Path=path, PolicyDocument=document())
    return path


@pytest.mark.one_in(4)
@pytest.mark.parametrize("operation", LISTINGS)
@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_all_pages_are_the_whole(iam: Any, path: str, operation: str, size: int) -> None:
    member, name = LISTINGS[operation]
    pages = list(
        iam.get_paginator(operation).paginate(PathPrefix=path, PaginationConfig={"PageSize": size})
    )
    names = [each[name] for page in pages for each in page[member]]
    assert [each[0] for each in names] == ["a", "b", "C", "D", "e"]
    assert len(pages) == -(-5 // size)
    assert [page["IsTruncated"] for page in pages] == [True] * (len(pages) - 1) + [False]


def test_a_page_goes_on_when_what_it_ended_with_is_gone(iam: Any, path: str) -> None:
    extra = f"b-{new_name('gone')}"
    iam.create_user(UserName=extra, Path=path)
    first = iam.list_users(PathPrefix=path, MaxItems=3)
    iam.delete_user(UserName=extra)
    rest = iam.list_users(PathPrefix=path, Marker=first["Marker"])
    names = [each["UserName"] for each in (*first["Users"], *rest["Users"])]
    assert [name[0] for name in names if name != extra] == ["a", "b", "C", "D", "e"]


def test_pages_of_what_a_user_has(iam: Any, user: str) -> None:
    for arn in (KINESIS, READ_ONLY):
        iam.attach_user_policy(UserName=user, PolicyArn=arn)
    for name in ("p", "q"):
        iam.put_user_policy(UserName=user, PolicyName=name, PolicyDocument=document())
        group = new_name("group")
        iam.create_group(GroupName=group)
        iam.add_user_to_group(UserName=user, GroupName=group)
        iam.create_access_key(UserName=user)
    iam.tag_user(UserName=user, Tags=[{"Key": key, "Value": ""} for key in "ab"])
    for operation, member in (
        ("list_attached_user_policies", "AttachedPolicies"),
        ("list_user_policies", "PolicyNames"),
        ("list_groups_for_user", "Groups"),
        ("list_access_keys", "AccessKeyMetadata"),
        ("list_user_tags", "Tags"),
    ):
        whole = getattr(iam, operation)(UserName=user)
        pages = list(
            iam.get_paginator(operation).paginate(UserName=user, PaginationConfig={"PageSize": 1})
        )
        assert [len(page[member]) for page in pages] == [1, 1]
        assert [each for page in pages for each in page[member]] == whole[member]


@pytest.mark.parametrize("marker", ["x", "W10", "WzFd", "e30=", "bnVsbA==", "é" * 10])
def test_a_marker_that_is_none_of_ours(iam: Any, refused: Any, marker: str) -> None:
    answer = refused(iam.list_users, Marker=marker)
    assert answer == f"400 ValidationError: Invalid Marker: {marker}"
