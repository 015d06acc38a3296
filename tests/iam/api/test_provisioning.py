"""The calls that Terraform's provider makes for a user, a role and a policy, in its order.

Source: terraform-provider-aws, `internal/service/iam`: what it reads back after a Create, and what
it looks for and takes away before a Delete.
"""

import json
from typing import Any

from botocore.model import ListShape, StructureShape

from iam_samples import KINESIS, document, new_name, trust


def missing(shape: Any, value: Any, path: str = "") -> list[str]:
    """The members that the model requires and an answer lacks."""
    if isinstance(shape, ListShape):
        return [name for each in value for name in missing(shape.member, each, path)]
    if not isinstance(shape, StructureShape):
        return []
    lacks = [f"{path}.{name}" for name in shape.required_members if name not in value]
    for name, member in shape.members.items():
        if name in value:
            lacks += missing(member, value[name], f"{path}.{name}")
    return lacks


def call(iam: Any, operation: str, **members: Any) -> Any:
    """Call, and hold the answer against what the model requires of it."""
    answer = getattr(iam, operation)(**members)
    name = iam.meta.method_to_api_mapping[operation]
    shape = iam.meta.service_model.operation_model(name).output_shape
    assert shape is None or missing(shape, answer) == []
    return answer


def test_a_role_with_its_policies(iam: Any) -> None:
    role, name = new_name("role"), new_name("policy")
    # Create
    made = call(iam, "create_policy", PolicyName=name, PolicyDocument=document())["Policy"]
    policy = made["Arn"]
    version = call(iam, "get_policy", PolicyArn=policy)["Policy"]["DefaultVersionId"]
    call(iam, "get_policy_version", PolicyArn=policy, VersionId=version)
    call(
        iam, "create_role", RoleName=role, AssumeRolePolicyDocument=trust(), MaxSessionDuration=3600
    )
    found = call(iam, "get_role", RoleName=role)["Role"]
    assert found["AssumeRolePolicyDocument"] == json.loads(trust())
    call(iam, "list_role_policies", RoleName=role)
    call(iam, "list_attached_role_policies", RoleName=role)
    call(iam, "put_role_policy", RoleName=role, PolicyName="own", PolicyDocument=document())
    call(iam, "get_role_policy", RoleName=role, PolicyName="own")
    call(iam, "attach_role_policy", RoleName=role, PolicyArn=policy)
    # Update
    call(iam, "update_assume_role_policy", RoleName=role, PolicyDocument=trust())
    call(iam, "update_role_description", RoleName=role, Description="new")
    call(iam, "update_role", RoleName=role, MaxSessionDuration=7200)
    call(iam, "put_role_permissions_boundary", RoleName=role, PermissionsBoundary=policy)
    call(iam, "delete_role_permissions_boundary", RoleName=role)
    call(iam, "tag_role", RoleName=role, Tags=[{"Key": "k", "Value": "v"}])
    call(
        iam, "create_policy_version", PolicyArn=policy, PolicyDocument=document(), SetAsDefault=True
    )
    # Destroy
    call(iam, "detach_role_policy", RoleName=role, PolicyArn=policy)
    call(iam, "delete_role_policy", RoleName=role, PolicyName="own")
    call(iam, "list_instance_profiles_for_role", RoleName=role)
    call(iam, "delete_role", RoleName=role)
    for each in call(iam, "list_policy_versions", PolicyArn=policy)["Versions"]:
        if not each["IsDefaultVersion"]:
            call(iam, "delete_policy_version", PolicyArn=policy, VersionId=each["VersionId"])
    call(iam, "delete_policy", PolicyArn=policy)


def test_a_user_with_all_it_has(iam: Any, refused: Any) -> None:
    user, group = new_name("user"), new_name("group")
    # Create
    call(iam, "create_user", UserName=user, Path="/", Tags=[{"Key": "k", "Value": "v"}])
    call(iam, "get_user", UserName=user)
    call(iam, "create_group", GroupName=group)
    call(iam, "add_user_to_group", UserName=user, GroupName=group)
    call(iam, "get_group", GroupName=group)
    call(iam, "attach_user_policy", UserName=user, PolicyArn=KINESIS)
    call(iam, "list_attached_user_policies", UserName=user)
    call(iam, "create_access_key", UserName=user)
    call(iam, "list_user_tags", UserName=user)
    # Destroy, by force
    for each in call(iam, "list_groups_for_user", UserName=user)["Groups"]:
        call(iam, "remove_user_from_group", UserName=user, GroupName=each["GroupName"])
    call(iam, "detach_user_policy", UserName=user, PolicyArn=KINESIS)
    for key in call(iam, "list_access_keys", UserName=user)["AccessKeyMetadata"]:
        call(iam, "get_access_key_last_used", AccessKeyId=key["AccessKeyId"])
        call(iam, "delete_access_key", UserName=user, AccessKeyId=key["AccessKeyId"])
    for operation in (
        "list_ssh_public_keys",
        "list_mfa_devices",
        "list_signing_certificates",
        "list_service_specific_credentials",
    ):
        call(iam, operation, UserName=user)
    assert refused(iam.delete_login_profile, UserName=user).startswith("404 NoSuchEntity")
    call(iam, "delete_user", UserName=user)
    call(iam, "delete_group", GroupName=group)
