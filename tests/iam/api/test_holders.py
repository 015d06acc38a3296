"""What users, groups and roles have alike: inline and attached policies, boundaries, tags."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from iam_samples import ACCOUNT, KINESIS, READ_ONLY, document, long_document, new_name

Method = Callable[..., Any]
HOLDERS = ("user", "group", "role")


class Holder:
    """One identity of a kind, and the operations on that kind."""

    def __init__(self, iam: Any, kind: str, name: str) -> None:
        self.kind, self.name, self._iam = kind, name, iam
        self.member = f"{kind.capitalize()}Name"

    def __call__(self, operation: str, **members: Any) -> Any:
        """Call `operation` on it; KIND in the name stands for the kind."""
        return self.method(operation)(**{self.member: self.name, **members})

    def method(self, operation: str) -> Method:
        """The client's method."""
        method: Method = getattr(self._iam, operation.replace("KIND", self.kind))
        return method


@pytest.fixture(params=HOLDERS)
def holder(request: pytest.FixtureRequest, iam: Any) -> Holder:
    return Holder(iam, request.param, request.getfixturevalue(request.param))


@pytest.fixture(params=["user", "role"])
def bounded(request: pytest.FixtureRequest, iam: Any) -> Holder:
    return Holder(iam, request.param, request.getfixturevalue(request.param))


@pytest.fixture(params=["user", "role", "policy"])
def tagged(request: pytest.FixtureRequest, iam: Any) -> Holder:
    found = Holder(iam, request.param, request.getfixturevalue(request.param))
    if request.param == "policy":
        found.member = "PolicyArn"
    return found


def test_inline_policies(holder: Holder, refused: Any) -> None:
    assert holder("list_KIND_policies")["PolicyNames"] == []
    for name in ("b", "a"):
        holder("put_KIND_policy", PolicyName=name, PolicyDocument=document())
    holder("put_KIND_policy", PolicyName="a", PolicyDocument=document("s3:*"))
    assert holder("list_KIND_policies")["PolicyNames"] == ["a", "b"]
    found = holder("get_KIND_policy", PolicyName="a")
    assert (found[holder.member], found["PolicyName"]) == (holder.name, "a")
    assert found["PolicyDocument"] == json.loads(document("s3:*"))
    holder("delete_KIND_policy", PolicyName="a")
    gone = f"404 NoSuchEntity: The {holder.kind} policy with name a cannot be found."
    for operation in ("get_KIND_policy", "delete_KIND_policy"):
        call = {holder.member: holder.name, "PolicyName": "a"}
        assert refused(holder.method(operation), **call) == gone


def test_inline_policies_have_a_size_in_sum(holder: Holder, refused: Any) -> None:
    most = {"user": 2048, "group": 5120, "role": 10240}[holder.kind]
    holder("put_KIND_policy", PolicyName="a", PolicyDocument=long_document(1000))
    holder("put_KIND_policy", PolicyName="b", PolicyDocument=long_document(most - 1000))
    holder("put_KIND_policy", PolicyName="a", PolicyDocument=long_document(1000))
    for name, size in (("a", 1001), ("c", 100)):
        call = {"PolicyName": name, "PolicyDocument": long_document(size)}
        assert refused(
            holder.method("put_KIND_policy"), **{holder.member: holder.name, **call}
        ) == (
            f"409 LimitExceeded: Maximum policy size of {most} bytes exceeded "
            f"for {holder.kind} {holder.name}"
        )


def test_what_is_no_policy(holder: Holder, refused: Any) -> None:
    call = {holder.member: holder.name, "PolicyName": "p", "PolicyDocument": document("x")}
    assert refused(holder.method("put_KIND_policy"), **call) == (
        "400 MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor, e.g., iam, "
        "sdb, ec2, etc. (Statement[0].Action[0])"
    )


def test_attached_policies(holder: Holder, policy: str, refused: Any) -> None:
    for arn in (policy, KINESIS, KINESIS):  # again is no fault
        holder("attach_KIND_policy", PolicyArn=arn)
    told = holder("list_attached_KIND_policies")["AttachedPolicies"]
    assert told == [
        {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in (KINESIS, policy)
    ]
    assert holder("list_attached_KIND_policies", PathPrefix="/x/")["AttachedPolicies"] == []
    holder("detach_KIND_policy", PolicyArn=policy)
    call = {holder.member: holder.name, "PolicyArn": policy}
    assert refused(holder.method("detach_KIND_policy"), **call) == (
        f"404 NoSuchEntity: Policy {policy} was not found."
    )
    nothing = f"arn:aws:iam::{ACCOUNT}:policy/nothing"
    call = {holder.member: holder.name, "PolicyArn": nothing}
    assert refused(holder.method("attach_KIND_policy"), **call) == (
        f"404 NoSuchEntity: Policy {nothing} does not exist or is not attachable."
    )


def test_ten_policies_are_attached_at_most(iam: Any, holder: Holder, refused: Any) -> None:
    arns = [
        iam.create_policy(PolicyName=new_name("policy"), PolicyDocument=document())["Policy"]["Arn"]
        for _ in range(10)
    ]
    for arn in arns:
        holder("attach_KIND_policy", PolicyArn=arn)
    call = {holder.member: holder.name, "PolicyArn": KINESIS}
    assert refused(holder.method("attach_KIND_policy"), **call) == (
        f"409 LimitExceeded: Cannot exceed quota for PoliciesPer{holder.kind.capitalize()}: 10"
    )


def test_an_arn_that_is_no_policys(holder: Holder, refused: Any) -> None:
    for arn, code in (
        ("longpolicynamebutnoarn", "ValidationError"),
        (f"arn:aws:iam::{ACCOUNT}:role/not-a-policy", "InvalidInput"),
    ):
        for operation in ("attach_KIND_policy", "detach_KIND_policy"):
            call = {holder.member: holder.name, "PolicyArn": arn}
            assert refused(holder.method(operation), **call) == (
                f"400 {code}: ARN {arn} is not valid."
            )


def test_who_is_not_there_has_nothing(holder: Holder, refused: Any) -> None:
    gone = f"404 NoSuchEntity: The {holder.kind} with name nothing cannot be found."
    for operation, members in (
        ("put_KIND_policy", {"PolicyName": "p", "PolicyDocument": document()}),
        ("get_KIND_policy", {"PolicyName": "p"}),
        ("list_KIND_policies", {}),
        ("delete_KIND_policy", {"PolicyName": "p"}),
        ("attach_KIND_policy", {"PolicyArn": KINESIS}),
        ("detach_KIND_policy", {"PolicyArn": KINESIS}),
        ("list_attached_KIND_policies", {}),
    ):
        call = {holder.member: "nothing", **members}
        assert refused(holder.method(operation), **call) == gone


def test_who_has_a_policy(iam: Any, policy: str, user: str, group: str, role: str) -> None:
    # Given
    iam.attach_user_policy(UserName=user, PolicyArn=policy)
    iam.attach_group_policy(GroupName=group, PolicyArn=policy)
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=policy)

    def told(**members: Any) -> dict[str, list[str]]:
        answer = iam.list_entities_for_policy(PolicyArn=policy, **members)
        return {
            kind: [each[f"{kind}Name"] for each in answer[f"Policy{kind}s"]]
            for kind in ("User", "Group", "Role")
        }

    # Then
    all_of_them = {"User": [user], "Group": [group], "Role": [role]}
    assert told() == all_of_them
    assert told(EntityFilter="Role") == {"User": [], "Group": [], "Role": [role]}
    assert told(PathPrefix="/elsewhere/") == {"User": [], "Group": [], "Role": []}
    assert told(PolicyUsageFilter="PermissionsBoundary") == {
        "User": [], "Group": [], "Role": [role]
    }  # fmt: skip
    assert told(PolicyUsageFilter="PermissionsPolicy") == {**all_of_them, "Role": []}
    pages = iam.get_paginator("list_entities_for_policy").paginate(
        PolicyArn=policy, PaginationConfig={"PageSize": 1}
    )
    counts = [[len(page[f"Policy{kind}s"]) for kind in ("Group", "User", "Role")] for page in pages]
    assert counts == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_boundaries(bounded: Holder, policy: str, refused: Any) -> None:
    def boundary() -> Any:
        found = bounded("get_KIND")[bounded.kind.capitalize()].get("PermissionsBoundary")
        return found and found["PermissionsBoundaryArn"]

    put = "put_KIND_permissions_boundary"
    for arn in (policy, READ_ONLY, READ_ONLY):
        bounded(put, PermissionsBoundary=arn)
        assert boundary() == arn
    for _ in range(2):
        bounded("delete_KIND_permissions_boundary")
        assert boundary() is None
    nothing = f"arn:aws:iam::{ACCOUNT}:policy/nothing"
    for arn, message in (
        (nothing, f"404 NoSuchEntity: Scope ARN: {nothing} does not exist or is not attachable."),
        (
            f"{nothing[:-15]}:nothing",
            f"400 InvalidInput: ARN {nothing[:-15]}:nothing is not valid.",
        ),
    ):
        call = {bounded.member: bounded.name, "PermissionsBoundary": arn}
        assert refused(bounded.method(put), **call) == message
    call = {bounded.member: "nothing", "PermissionsBoundary": policy}
    gone = f"404 NoSuchEntity: The {bounded.kind} with name nothing cannot be found."
    assert refused(bounded.method(put), **call) == gone


def tags(**pairs: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def test_tags(tagged: Holder, refused: Any) -> None:
    assert tagged("list_KIND_tags")["Tags"] == []
    tagged("tag_KIND", Tags=tags(b="2", a="1"))
    tagged("tag_KIND", Tags=tags(b=""))
    assert tagged("list_KIND_tags")["Tags"] == tags(a="1", b="")
    assert tagged("list_KIND_tags", MaxItems=1)["Tags"] == tags(a="1")
    tagged("untag_KIND", TagKeys=["a", "nothing"])
    assert tagged("list_KIND_tags")["Tags"] == tags(b="")


def test_keys_that_differ_in_case(tagged: Holder, refused: Any) -> None:
    call = {tagged.member: tagged.name, "Tags": tags(a="1", A="2")}
    if tagged.kind == "policy":
        tagged("tag_KIND", Tags=tags(a="1", A="2"))
        assert tagged("list_KIND_tags")["Tags"] == tags(A="2", a="1")
        tagged("untag_KIND", TagKeys=["a"])
        assert tagged("list_KIND_tags")["Tags"] == tags(A="2")
        twice = {tagged.member: tagged.name, "Tags": tags(a="1") * 2}
        assert refused(tagged.method("tag_KIND"), **twice) == (
            "400 InvalidInput: Duplicate tag keys found."
        )
        return
    assert refused(tagged.method("tag_KIND"), **call) == (
        "400 InvalidInput: Duplicate tag keys found. "
        "Please note that Tag keys are case insensitive."
    )
    tagged("tag_KIND", Tags=tags(a="1"))
    tagged("tag_KIND", Tags=tags(A="2"))
    assert tagged("list_KIND_tags")["Tags"] == tags(A="2")
    tagged("untag_KIND", TagKeys=["a"])
    assert tagged("list_KIND_tags")["Tags"] == []


def test_fifty_tags_at_most(tagged: Holder, refused: Any) -> None:
    tagged("tag_KIND", Tags=tags(**{f"k{number}": "" for number in range(50)}))
    tagged("tag_KIND", Tags=tags(k1="again"))
    call = {tagged.member: tagged.name, "Tags": tags(more="")}
    assert refused(tagged.method("tag_KIND"), **call) == (
        "409 LimitExceeded: The number of tags has reached the maximum limit."
    )


def test_what_is_not_there_has_no_tags(tagged: Holder, refused: Any) -> None:
    name, gone = "nothing", f"The {tagged.kind} with name nothing cannot be found."
    if tagged.kind == "policy":
        name = f"arn:aws:iam::{ACCOUNT}:policy/nothing"
        gone = f"Policy {name} was not found."
    for operation, members in (
        ("tag_KIND", {"Tags": tags(a="")}),
        ("untag_KIND", {"TagKeys": ["a"]}),
        ("list_KIND_tags", {}),
    ):
        call = {tagged.member: name, **members}
        assert refused(tagged.method(operation), **call) == f"404 NoSuchEntity: {gone}"
