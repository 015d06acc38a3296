"""Roles. Texts and members: localstack's `tests/aws/services/iam/test_iam_roles`."""

import json
import re
from typing import Any

from iam_samples import ACCOUNT, KINESIS, document, new_name, trust
from shardline.gateway.types import Caller
from shardline.testing import TestServer


def test_a_role_is_made_found_listed_and_gone(iam: Any, policy: str, refused: Any) -> None:
    # When
    name = new_name("role")
    tags = [{"Key": "k", "Value": "v"}]
    made = iam.create_role(
        RoleName=name,
        Path="/app/",
        AssumeRolePolicyDocument=trust(),
        Description="reads",
        MaxSessionDuration=7200,
        PermissionsBoundary=policy,
        Tags=tags,
    )["Role"]
    # Then
    assert re.fullmatch("AROA[A-Z2-7]{17}", made["RoleId"])
    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": policy}
    common = {
        "Path": "/app/",
        "RoleName": name,
        "RoleId": made["RoleId"],
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/app/{name}",
        "CreateDate": made["CreateDate"],
        "AssumeRolePolicyDocument": json.loads(trust()),
    }
    assert made == {**common, "PermissionsBoundary": boundary, "Tags": tags}
    listed = {**common, "Description": "reads", "MaxSessionDuration": 7200}
    found = {**listed, "PermissionsBoundary": boundary, "Tags": tags, "RoleLastUsed": {}}
    assert iam.get_role(RoleName=name)["Role"] == found
    assert listed in iam.list_roles(PathPrefix="/app/")["Roles"]
    assert refused(iam.create_role, RoleName=name, AssumeRolePolicyDocument=trust()) == (
        f"409 EntityAlreadyExists: Role with name {name} already exists."
    )
    iam.delete_role(RoleName=name)
    assert refused(iam.get_role, RoleName=name) == (
        f"404 NoSuchEntity: The role with name {name} cannot be found."
    )


def test_a_trust_policy_is_encoded_as_rfc_3986_has_it(iam: Any) -> None:
    seen: list[str] = []
    iam.meta.events.register("after-call.iam.GetRole", lambda http_response, **_: seen.append(
        http_response.text))  # fmt: skip
    name = new_name("role")
    text = trust({"Service": "ec2.amazonaws.com"})
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=text)
    iam.get_role(RoleName=name)
    assert "%7B%22Version%22%3A%20%222012-10-17%22%2C%20%22Statement%22%3A%20%5B%7B" in seen[0]


def test_what_is_updated_and_what_stays(iam: Any, role: str) -> None:
    iam.update_role(RoleName=role, Description="new", MaxSessionDuration=43200)
    iam.update_role(RoleName=role)
    found = iam.get_role(RoleName=role)["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("new", 43200)
    told = iam.update_role_description(RoleName=role, Description="newer")["Role"]
    assert told["Description"] == "newer"
    assert "MaxSessionDuration" not in told
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust({"AWS": "1" * 12}))
    changed = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    assert changed == json.loads(trust({"AWS": "1" * 12}))


def test_a_role_with_policies_is_not_deleted(iam: Any, role: str, refused: Any) -> None:
    iam.attach_role_policy(RoleName=role, PolicyArn=KINESIS)
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=document())
    assert refused(iam.delete_role, RoleName=role) == (
        "409 DeleteConflict: Cannot delete entity, must detach all policies first."
    )
    iam.detach_role_policy(RoleName=role, PolicyArn=KINESIS)
    assert refused(iam.delete_role, RoleName=role) == (
        "409 DeleteConflict: Cannot delete entity, must delete policies first."
    )
    iam.delete_role_policy(RoleName=role, PolicyName="p")
    iam.delete_role(RoleName=role)


def test_what_is_no_trust_policy(iam: Any, role: str, refused: Any) -> None:
    update = iam.update_assume_role_policy
    with_resource = json.loads(trust())
    with_resource["Statement"][0]["Resource"] = "*"
    malformed = "400 MalformedPolicyDocument:"
    for text, message in (
        ("{", f"{malformed} This policy contains invalid Json (line 1, column 2)"),
        (
            trust().replace("sts:AssumeRole", "s3:GetObject"),
            f"{malformed} AssumeRole policy may only specify STS AssumeRole actions. "
            "(Statement[0].Action[0])",
        ),
        (
            json.dumps(with_resource),
            f"{malformed} Has prohibited field Resource (Statement[0].Resource)",
        ),
    ):
        assert refused(update, RoleName=role, PolicyDocument=text) == message
        name = new_name("role")
        assert refused(iam.create_role, RoleName=name, AssumeRolePolicyDocument=text) == message


def test_who_is_trusted_is_there(iam: Any, role: str, user: str, refused: Any) -> None:
    def call(principal: Any) -> dict[str, Any]:
        return {"RoleName": role, "PolicyDocument": trust(principal)}

    nobody = f"arn:aws:iam::{ACCOUNT}:user/nobody"
    assert refused(iam.update_assume_role_policy, **call({"AWS": nobody})) == (
        f'400 MalformedPolicyDocument: Invalid principal in policy: "AWS":"{nobody}"'
    )
    there = [f"arn:aws:iam::{ACCOUNT}:user/{user}", f"arn:aws:iam::{ACCOUNT}:role/{role}"]
    iam.update_assume_role_policy(**call({"AWS": there}))
    # What another account has is not known here
    iam.update_assume_role_policy(**call({"AWS": "arn:aws:iam::111111111111:role/any"}))


def test_a_trust_policy_has_its_size(iam: Any, role: str, refused: Any) -> None:
    services = [f"{'x' * 30}{number}.amazonaws.com" for number in range(50)]
    call = {"RoleName": role, "PolicyDocument": trust({"Service": services})}
    assert refused(iam.update_assume_role_policy, **call) == (
        "409 LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048"
    )


def test_when_a_role_was_used_last(iam: Any, server: TestServer, role: str) -> None:
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/session"
    caller = Caller(ACCOUNT, "eu-west-1", "ASIA", arn, is_root=False)
    server.node.last_used.note(caller, "kinesis")
    server.run(server.node.last_used.run_once())
    used = iam.get_role(RoleName=role)["Role"]["RoleLastUsed"]
    assert used["Region"] == "eu-west-1"
    assert used["LastUsedDate"].timestamp() == server.clock.now_ms() // 1000


def test_the_quota_of_roles(iam: Any, refused: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("shardline.iam.operations.roles.MOST_ROLES", 0)
    call = {"RoleName": new_name("role"), "AssumeRolePolicyDocument": trust()}
    assert refused(iam.create_role, **call) == (
        "409 LimitExceeded: Cannot exceed quota for RolesPerAccount: 0"
    )
