"""IAM itself under policies: by paths, tags and names, with users that IAM's own API made."""

from typing import Any

import pytest

from iam.calls import code_of, error_of
from iam.people import OWN, Key, People, allow, document, trusts
from shardline.testing import TestServer

DENIED = "AccessDenied"


@pytest.fixture
def root_iam(server: TestServer) -> Any:
    return server.client("iam")


def made(people: People, iam: Any, name: str, *statements: dict[str, Any], path: str = "/") -> Any:
    """A user with an inline policy, made by root; answers its own client of IAM."""
    iam.create_user(UserName=name, Path=path)
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return people.client(Key(key["AccessKeyId"], key["SecretAccessKey"]), "iam")


def test_one_s_own_keys(people: People, root_iam: Any) -> None:
    own = f"arn:aws:iam::{OWN}:user/team/${{aws:username}}"
    ann = made(people, root_iam, "iam-ann", allow("iam:*AccessKey*", own), path="/team/")
    root_iam.create_user(UserName="iam-bob", Path="/team/")
    assert len(ann.list_access_keys()["AccessKeyMetadata"]) == 1
    second = ann.create_access_key(UserName="iam-ann")["AccessKey"]["AccessKeyId"]
    assert code_of(ann.get_access_key_last_used, AccessKeyId=second) == ""
    assert error_of(ann.create_access_key, UserName="iam-bob") == (
        DENIED,
        f"User: arn:aws:iam::{OWN}:user/team/iam-ann is not authorized to perform: "
        f"iam:CreateAccessKey on resource: arn:aws:iam::{OWN}:user/team/iam-bob because no "
        "identity-based policy allows the iam:CreateAccessKey action",
    )
    assert code_of(ann.get_user) == DENIED
    bob = root_iam.create_access_key(UserName="iam-bob")["AccessKey"]["AccessKeyId"]
    assert code_of(ann.get_access_key_last_used, AccessKeyId=bob) == DENIED
    # A key that is switched off by its own owner is dead when that returns.
    ann.update_access_key(AccessKeyId=second, Status="Inactive")


def test_within_a_path(people: People, root_iam: Any) -> None:
    statement = allow("iam:*User", f"arn:aws:iam::{OWN}:user/blue/*")
    chief = made(people, root_iam, "iam-chief", statement)
    assert code_of(chief.create_user, UserName="iam-new", Path="/blue/") == ""
    assert code_of(chief.create_user, UserName="iam-other", Path="/red/") == DENIED
    moved = {"UserName": "iam-new", "NewPath": "/red/"}
    assert code_of(chief.update_user, **moved) == DENIED
    assert code_of(chief.delete_user, UserName="iam-new") == ""


def test_only_with_a_boundary(people: People, root_iam: Any) -> None:
    boundary = people.policy(allow("kinesis:*"))
    condition = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    maker = made(people, root_iam, "iam-maker", allow("iam:CreateRole", Condition=condition))
    role = {"AssumeRolePolicyDocument": trusts({"AWS": OWN})}
    assert code_of(maker.create_role, RoleName="free", **role) == DENIED
    bounded = {"RoleName": "bounded", "PermissionsBoundary": boundary, **role}
    assert code_of(maker.create_role, **bounded) == ""


def test_by_tags(people: People, root_iam: Any) -> None:
    condition = {"StringEquals": {"iam:ResourceTag/team": "red"}}
    statement = allow(["iam:GetRole", "iam:DeleteRole"], Condition=condition)
    keeper = made(people, root_iam, "iam-keeper", statement)
    trust = trusts({"AWS": OWN})
    for name in ("red", "blue"):
        tag = [{"Key": "team", "Value": name}]
        root_iam.create_role(RoleName=f"of-{name}", AssumeRolePolicyDocument=trust, Tags=tag)
    assert code_of(keeper.get_role, RoleName="of-red") == ""
    assert code_of(keeper.delete_role, RoleName="of-blue") == DENIED
    assert code_of(keeper.delete_role, RoleName="of-red") == ""


def test_a_trust_policy_grants_nothing_on_the_role_itself(people: People, root_iam: Any) -> None:
    someone = made(people, root_iam, "iam-someone", allow("sts:*"))
    trust = trusts({"AWS": f"arn:aws:iam::{OWN}:user/iam-someone"})
    root_iam.create_role(RoleName="trusting", AssumeRolePolicyDocument=trust)
    assert code_of(someone.get_role, RoleName="trusting") == DENIED
    assert code_of(someone.delete_role, RoleName="trusting") == DENIED


def test_what_users_change_holds_at_once(people: People, root_iam: Any) -> None:
    # Given
    root_iam.create_group(GroupName="iam-readers")
    grant = document(allow("kinesis:ListStreams"))
    root_iam.put_group_policy(GroupName="iam-readers", PolicyName="p", PolicyDocument=grant)
    root_iam.create_user(UserName="iam-joiner")
    key = root_iam.create_access_key(UserName="iam-joiner")["AccessKey"]
    kinesis = people.client(Key(key["AccessKeyId"], key["SecretAccessKey"]))
    denied = "AccessDeniedException"
    # Then
    assert code_of(kinesis.list_streams) == denied
    root_iam.add_user_to_group(GroupName="iam-readers", UserName="iam-joiner")
    assert code_of(kinesis.list_streams) == ""
    root_iam.delete_group_policy(GroupName="iam-readers", PolicyName="p")
    assert code_of(kinesis.list_streams) == denied
    arn = root_iam.create_policy(PolicyName="iam-p", PolicyDocument=grant)["Policy"]["Arn"]
    root_iam.attach_group_policy(GroupName="iam-readers", PolicyArn=arn)
    assert code_of(kinesis.list_streams) == ""
    other = document(allow("kinesis:DescribeLimits"))
    root_iam.create_policy_version(PolicyArn=arn, PolicyDocument=other, SetAsDefault=True)
    assert code_of(kinesis.list_streams) == denied
    root_iam.update_access_key(
        UserName="iam-joiner", AccessKeyId=key["AccessKeyId"], Status="Inactive"
    )
    assert code_of(kinesis.list_streams) == "UnrecognizedClientException"


def test_a_session_of_a_user_cannot_call_iam(people: People) -> None:
    key = people.user("iam-tess", allow("*"))
    given = people.client(key, "sts").get_session_token()["Credentials"]
    session = Key(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    assert error_of(people.client(session, "iam").list_users) == (
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
    )


def test_simulation_says_what_is_enforced(people: People, root_iam: Any, root: Any) -> None:
    # Given
    orders = f"arn:aws:kinesis:us-east-1:{OWN}:stream/orders"
    key = people.user("iam-sim", allow("kinesis:Put*", orders))
    kinesis = people.client(key)
    # When
    results = root_iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{OWN}:user/iam-sim",
        ActionNames=["kinesis:PutRecord", "kinesis:DeleteStream"],
        ResourceArns=[orders],
    )["EvaluationResults"]
    # Then
    said = {each["EvalActionName"]: each["EvalDecision"] for each in results}
    assert said == {"kinesis:PutRecord": "allowed", "kinesis:DeleteStream": "implicitDeny"}
    put = {"StreamName": "orders", "Data": b"x", "PartitionKey": "k"}
    assert code_of(kinesis.put_record, **put) == ""
    assert code_of(kinesis.delete_stream, StreamName="orders") == "AccessDeniedException"
