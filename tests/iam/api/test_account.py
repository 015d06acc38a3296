"""The account: alias, summary, authorization details, and what nobody has here."""

import json
from typing import Any

from iam_samples import ACCOUNT, KINESIS, document, trust
from shardline.gateway.types import Caller
from shardline.testing import TestServer

EMPTY = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}


def test_the_alias(alone: Any, refused: Any) -> None:
    assert alone.list_account_aliases()["AccountAliases"] == []
    for alias in ("acme", "acme", "acme-two"):
        alone.create_account_alias(AccountAlias=alias)
        assert alone.list_account_aliases()["AccountAliases"] == [alias]
    assert refused(alone.delete_account_alias, AccountAlias="acme") == (
        "404 NoSuchEntity: The account alias acme does not exist."
    )
    alone.delete_account_alias(AccountAlias="acme-two")
    assert alone.list_account_aliases()["AccountAliases"] == []


def test_an_alias_is_of_one_account(server: TestServer, iam: Any, refused: Any) -> None:
    (api,) = [api for api in server.node.apis if api.model.name == "iam"]
    other = Caller("111111111111", "us-east-1", "k", "arn:aws:iam::111111111111:root", True)
    work: Any = api.handlers["CreateAccountAlias"](other, {"AccountAlias": "theirs"})
    server.run(work)
    assert refused(iam.create_account_alias, AccountAlias="theirs") == (
        "409 EntityAlreadyExists: The account alias theirs already exists."
    )


def test_the_summary(alone: Any) -> None:
    # Given
    alone.create_user(UserName="u")
    alone.create_group(GroupName="g")
    alone.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    arn = alone.create_policy(PolicyName="p", PolicyDocument=document())["Policy"]["Arn"]
    alone.create_policy_version(PolicyArn=arn, PolicyDocument=document())
    # Then
    summary = alone.get_account_summary()["SummaryMap"]
    counts = {"Users": 1, "Groups": 1, "Roles": 1, "Policies": 1, "PolicyVersionsInUse": 2}
    assert counts.items() <= summary.items()
    assert summary["AccountAccessKeysPresent"] == 1  # the one that signs these calls
    # The quotas as recorded from AWS (localstack's test_iam_account_summary)
    quotas = {
        "AccessKeysPerUserQuota": 2,
        "AssumeRolePolicySizeQuota": 2048,
        "AttachedPoliciesPerGroupQuota": 10,
        "AttachedPoliciesPerRoleQuota": 10,
        "AttachedPoliciesPerUserQuota": 10,
        "GroupPolicySizeQuota": 5120,
        "GroupsPerUserQuota": 10,
        "GroupsQuota": 300,
        "InstanceProfilesQuota": 1000,
        "PoliciesQuota": 1500,
        "PolicySizeQuota": 6144,
        "PolicyVersionsInUseQuota": 10000,
        "RolePolicySizeQuota": 10240,
        "RolesQuota": 1000,
        "ServerCertificatesQuota": 20,
        "SigningCertificatesPerUserQuota": 2,
        "UserPolicySizeQuota": 2048,
        "UsersQuota": 5000,
        "VersionsPerPolicyQuota": 5,
    }
    assert {name: value for name, value in summary.items() if "Quota" in name} == quotas
    shape = alone.meta.service_model.shape_for("summaryKeyType")
    assert set(summary) == set(shape.enum)


def everything(iam: Any, **members: Any) -> dict[str, Any]:
    answer = iam.get_account_authorization_details(**members)
    return {name: answer[name] for name in EMPTY}


def test_authorization_details(alone: Any) -> None:
    # Given
    arn = alone.create_policy(PolicyName="p", PolicyDocument=document())["Policy"]["Arn"]
    alone.create_user(UserName="u", Tags=[{"Key": "k", "Value": "v"}], PermissionsBoundary=arn)
    alone.create_group(GroupName="g")
    alone.add_user_to_group(UserName="u", GroupName="g")
    alone.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    for kind in ("user", "group", "role"):
        named = {f"{kind.capitalize()}Name": kind[0]}
        put, attach = (getattr(alone, f"{verb}_{kind}_policy") for verb in ("put", "attach"))
        put(PolicyName="own", PolicyDocument=document("s3:*"), **named)
        attach(PolicyArn=KINESIS, **named)
    # When
    told = everything(alone)
    # Then
    attached = [{"PolicyName": "AmazonKinesisFullAccess", "PolicyArn": KINESIS}]
    own = [{"PolicyName": "own", "PolicyDocument": json.loads(document("s3:*"))}]
    user = alone.get_user(UserName="u")["User"]
    assert told["UserDetailList"] == [
        {**user, "UserPolicyList": own, "GroupList": ["g"], "AttachedManagedPolicies": attached}
    ]
    group = alone.get_group(GroupName="g")["Group"]
    assert told["GroupDetailList"] == [
        {**group, "GroupPolicyList": own, "AttachedManagedPolicies": attached}
    ]
    role = alone.get_role(RoleName="r")["Role"]
    del role["MaxSessionDuration"]
    assert told["RoleDetailList"] == [
        {
            **role,
            "RolePolicyList": own,
            "AttachedManagedPolicies": attached,
            "InstanceProfileList": [],
            "Tags": [],
        }
    ]
    assert [each["PolicyName"] for each in told["Policies"]] == ["p", "AmazonKinesisFullAccess"]
    assert told["Policies"][1]["AttachmentCount"] == 3
    version = told["Policies"][0]["PolicyVersionList"][0]
    assert (version["VersionId"], version["IsDefaultVersion"]) == ("v1", True)
    assert version["Document"] == json.loads(document())

    # The filter, each kind by itself
    assert everything(alone, Filter=["User"]) == {**EMPTY, "UserDetailList": told["UserDetailList"]}
    for kind, count in (("LocalManagedPolicy", 0), ("AWSManagedPolicy", 1)):
        assert everything(alone, Filter=[kind]) == {**EMPTY, "Policies": [told["Policies"][count]]}
    # Pages of one come to the same
    pages = list(
        alone.get_paginator("get_account_authorization_details").paginate(
            PaginationConfig={"PageSize": 1}
        )
    )
    assert len(pages) == 5
    assert {name: [each for page in pages for each in page[name]] for name in EMPTY} == told


def test_what_nobody_has(iam: Any, user: str, role: str, refused: Any) -> None:
    for operation, member in (
        (iam.list_mfa_devices, "MFADevices"),
        (iam.list_ssh_public_keys, "SSHPublicKeys"),
        (iam.list_service_specific_credentials, "ServiceSpecificCredentials"),
        (iam.list_signing_certificates, "Certificates"),
    ):
        assert operation(UserName=user)[member] == []
        assert refused(operation, UserName="nobody").startswith("404 NoSuchEntity: The user")
    assert iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"] == []
    assert refused(iam.list_instance_profiles_for_role, RoleName="nothing").startswith("404")
    for operation in (iam.get_login_profile, iam.delete_login_profile):
        assert refused(operation, UserName=user) == (
            f"404 NoSuchEntity: Login Profile for User {user} cannot be found."
        )
    assert refused(iam.create_login_profile, UserName=user, Password="x") == (
        "501 NotImplementedException: iam has the operation CreateLoginProfile, "
        "but Shardline has not built it."
    )


def test_the_account_is_the_callers(server: TestServer, user: str) -> None:
    assert server.node.identities.directory(ACCOUNT).user(user) is not None
    assert server.node.identities.directory("222222222222").user(user) is None
