"""Managed policies and versions. Texts: localstack's `tests/aws/services/iam/test_iam_policies`."""

import json
import re
from typing import Any

import pytest

from iam_samples import ACCOUNT, KINESIS, READ_ONLY, document, long_document, new_name
from shardline.iam.identities.aws_policies import MANAGED
from shardline.iam.policy.documents import parse
from shardline.iam.policy.grammar import Kind


def test_a_policy_is_made_found_listed_and_gone(iam: Any, refused: Any) -> None:
    name = new_name("policy")
    made = iam.create_policy(
        PolicyName=name, Path="/app/", PolicyDocument=document(), Description="puts"
    )["Policy"]
    assert re.fullmatch("ANPA[A-Z2-7]{17}", made["PolicyId"])
    arn = f"arn:aws:iam::{ACCOUNT}:policy/app/{name}"
    assert made == {
        "PolicyName": name,
        "PolicyId": made["PolicyId"],
        "Arn": arn,
        "Path": "/app/",
        "DefaultVersionId": "v1",
        "AttachmentCount": 0,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": made["CreateDate"],
        "UpdateDate": made["CreateDate"],
    }
    found = iam.get_policy(PolicyArn=arn)["Policy"]
    assert found == {**made, "Description": "puts", "Tags": []}
    assert made in iam.list_policies(Scope="Local", PathPrefix="/app/")["Policies"]
    assert refused(iam.create_policy, PolicyName=name.upper(), PolicyDocument=document()) == (
        f"409 EntityAlreadyExists: A policy called {name.upper()} already exists. "
        "Duplicate names are not allowed."
    )
    iam.delete_policy(PolicyArn=arn)
    gone = f"404 NoSuchEntity: Policy {arn} was not found."
    assert refused(iam.get_policy, PolicyArn=arn) == gone
    assert refused(iam.delete_policy, PolicyArn=arn) == gone


def test_uses_are_counted(alone: Any, refused: Any) -> None:
    # Given
    made = alone.create_policy(PolicyName="p", PolicyDocument=document())["Policy"]["Arn"]
    alone.create_user(UserName="u", PermissionsBoundary=made)
    alone.create_user(UserName="v")
    alone.create_group(GroupName="g")
    for call in (
        lambda: alone.attach_user_policy(UserName="u", PolicyArn=made),
        lambda: alone.attach_user_policy(UserName="u", PolicyArn=KINESIS),
        lambda: alone.attach_group_policy(GroupName="g", PolicyArn=made),
        lambda: alone.put_user_permissions_boundary(UserName="v", PermissionsBoundary=READ_ONLY),
    ):
        call()

    # Then
    def names(**members: Any) -> list[str]:
        return [each["PolicyName"] for each in alone.list_policies(**members)["Policies"]]

    policy = alone.get_policy(PolicyArn=made)["Policy"]
    assert (policy["AttachmentCount"], policy["PermissionsBoundaryUsageCount"]) == (2, 1)
    attached = ["AmazonKinesisFullAccess", "AmazonKinesisReadOnlyAccess", "p"]
    assert names(OnlyAttached=True) == attached
    assert names(PolicyUsageFilter="PermissionsPolicy") == ["AmazonKinesisFullAccess", "p"]
    assert names(PolicyUsageFilter="PermissionsBoundary") == ["AmazonKinesisReadOnlyAccess", "p"]
    assert names(Scope="Local") == ["p"]
    assert set(names(Scope="AWS")) == {policy.name for policy in MANAGED.values()}
    assert set(names()) == {"p", *(policy.name for policy in MANAGED.values())}
    in_use = "409 DeleteConflict: Cannot delete a policy attached to entities."
    assert refused(alone.delete_policy, PolicyArn=made) == in_use
    # One that only bounds somebody is in use too
    alone.detach_user_policy(UserName="u", PolicyArn=made)
    alone.detach_group_policy(GroupName="g", PolicyArn=made)
    assert refused(alone.delete_policy, PolicyArn=made) == in_use
    alone.delete_user_permissions_boundary(UserName="u")
    alone.delete_policy(PolicyArn=made)


def test_versions(iam: Any, policy: str, refused: Any) -> None:
    # When
    second = iam.create_policy_version(
        PolicyArn=policy, PolicyDocument=document("s3:*"), SetAsDefault=True
    )["PolicyVersion"]
    third = iam.create_policy_version(PolicyArn=policy, PolicyDocument=document("ec2:*"))
    # Then
    assert (second["VersionId"], second["IsDefaultVersion"]) == ("v2", True)
    assert third["PolicyVersion"]["IsDefaultVersion"] is False
    assert "Document" not in second
    versions = iam.list_policy_versions(PolicyArn=policy)["Versions"]
    assert [each["VersionId"] for each in versions] == ["v3", "v2", "v1"]
    assert [each["IsDefaultVersion"] for each in versions] == [False, True, False]
    found = iam.get_policy_version(PolicyArn=policy, VersionId="v2")["PolicyVersion"]
    assert found == {**second, "Document": json.loads(document("s3:*"))}
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v1")
    assert iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"] == "v1"
    assert refused(iam.delete_policy_version, PolicyArn=policy, VersionId="v1") == (
        "409 DeleteConflict: Cannot delete the default version of a policy."
    )
    assert refused(iam.delete_policy, PolicyArn=policy) == (
        "409 DeleteConflict: This policy has more than one version. Before you delete a policy, "
        "you must delete the policy's versions. The default version is deleted with the policy."
    )
    iam.delete_policy_version(PolicyArn=policy, VersionId="v3")
    gone = f"404 NoSuchEntity: Policy {policy} version v3 does not exist or is not attachable."
    call = {"PolicyArn": policy, "VersionId": "v3"}
    for operation in (
        iam.get_policy_version,
        iam.delete_policy_version,
        iam.set_default_policy_version,
    ):
        assert refused(operation, **call) == gone


def test_a_policy_has_five_versions_and_their_numbers_are_never_used_again(
    iam: Any, policy: str, refused: Any
) -> None:
    call = {"PolicyArn": policy, "PolicyDocument": document()}
    for _ in range(4):
        iam.create_policy_version(**call)
    assert refused(iam.create_policy_version, **call) == (
        "409 LimitExceeded: A managed policy can have up to 5 versions. Before you create a new "
        "version, you must delete an existing version."
    )
    iam.delete_policy_version(PolicyArn=policy, VersionId="v5")
    assert iam.create_policy_version(**call)["PolicyVersion"]["VersionId"] == "v6"


def test_a_policy_has_its_size_without_white_space(iam: Any, policy: str, refused: Any) -> None:
    longest, too_long = long_document(6144), long_document(6145)
    quota = "409 LimitExceeded: Cannot exceed quota for PolicySize: 6144"
    iam.create_policy(PolicyName=new_name("policy"), PolicyDocument=longest)
    name = new_name("policy")
    assert refused(iam.create_policy, PolicyName=name, PolicyDocument=too_long) == quota
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=longest)
    call = {"PolicyArn": policy, "PolicyDocument": too_long}
    assert refused(iam.create_policy_version, **call) == quota


def test_what_is_no_policy_is_told_with_the_place(iam: Any, policy: str, refused: Any) -> None:
    malformed = "400 MalformedPolicyDocument:"
    for text, message in (
        ("{", "Syntax errors in policy. (line 1, column 2)"),
        ("[]", "Syntax errors in policy. (the document)"),
        (
            document("PutRecord"),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. "
            "(Statement[0].Action[0])",
        ),
        (
            document(Principal="*"),
            "Policy document should not specify a principal. (Statement[0].Principal)",
        ),
    ):
        name = new_name("policy")
        expected = f"{malformed} {message}"
        assert refused(iam.create_policy, PolicyName=name, PolicyDocument=text) == expected
        call = {"PolicyArn": policy, "PolicyDocument": text}
        assert refused(iam.create_policy_version, **call) == expected


@pytest.mark.parametrize("policy", MANAGED.values(), ids=lambda policy: policy.name)
def test_awss_own_policies(iam: Any, policy: Any, refused: Any) -> None:
    found = iam.get_policy(PolicyArn=policy.arn)["Policy"]
    version = found["DefaultVersionId"]
    told = iam.get_policy_version(PolicyArn=policy.arn, VersionId=version)["PolicyVersion"]
    assert told["Document"] == json.loads(policy.versions[0].text)
    assert parse(policy.versions[0].text, Kind.IDENTITY).statements
    calls = {
        "CreatePolicyVersion": {"PolicyDocument": document()},
        "DeletePolicy": {},
        "DeletePolicyVersion": {"VersionId": version},
        "SetDefaultPolicyVersion": {"VersionId": version},
        "TagPolicy": {"Tags": [{"Key": "k", "Value": "v"}]},
        "UntagPolicy": {"TagKeys": ["k"]},
    }
    for operation, members in calls.items():
        method = getattr(iam, re.sub("(?<!^)([A-Z])", r"_\1", operation).lower())
        assert refused(method, PolicyArn=policy.arn, **members) == (
            f"403 AccessDenied: User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: "
            f"iam:{operation} on resource: policy {policy.arn}"
        )


def test_an_arn_that_is_none_and_one_of_something_else(iam: Any, refused: Any) -> None:
    for arn, code in (
        ("longpolicynamebutnoarn", "ValidationError"),
        (f"arn:aws:iam::{ACCOUNT}:not_a_policy/x", "InvalidInput"),
    ):
        for operation in (iam.get_policy, iam.delete_policy, iam.list_policy_versions):
            assert refused(operation, PolicyArn=arn) == f"400 {code}: ARN {arn} is not valid."


def test_the_quota_of_policies(iam: Any, refused: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("shardline.iam.operations.policies.MOST_POLICIES", 0)
    call = {"PolicyName": new_name("policy"), "PolicyDocument": document()}
    assert refused(iam.create_policy, **call) == (
        "409 LimitExceeded: Cannot exceed quota for PoliciesPerAccount: 0"
    )
