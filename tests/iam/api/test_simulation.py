"""SimulateCustomPolicy, SimulatePrincipalPolicy, GetContextKeysFor…Policy.

Shapes, names of sources and positions were recorded from AWS (the AWS CLI's examples, and answers
quoted in public).
"""

import json
from typing import Any

from iam_samples import ACCOUNT, KINESIS, document, new_name, trust

BY_DATE = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
    '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
)
STREAM = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/flights"
OTHER = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/other"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def entry(name: str, *values: str, kind: str = "string") -> dict[str, Any]:
    return {"ContextKeyName": name, "ContextKeyValues": list(values), "ContextKeyType": kind}


def custom(iam: Any, *texts: str, action: str = "kinesis:PutRecord", **more: Any) -> Any:
    answer = iam.simulate_custom_policy(PolicyInputList=texts, ActionNames=[action], **more)
    (result,) = answer["EvaluationResults"]
    return result


def statement(source: str, start: tuple[int, int], end: tuple[int, int]) -> dict[str, Any]:
    start_position, end_position = ({"Line": line, "Column": at} for line, at in (start, end))
    return {
        "SourcePolicyId": source,
        "SourcePolicyType": "IAM Policy",
        "StartPosition": start_position,
        "EndPosition": end_position,
    }


def test_the_clis_example(iam: Any) -> None:
    call = {"action": "dynamodb:CreateBackup"}
    for time, decision in (("2019-04-25T11:00:00Z", "allowed"), ("2014-04-25", "implicitDeny")):
        entries = [entry("aws:CurrentTime", time, kind="date")]
        assert custom(iam, BY_DATE, ContextEntries=entries, **call) == {
            "EvalActionName": "dynamodb:CreateBackup",
            "EvalResourceName": "*",
            "EvalDecision": decision,
            "MatchedStatements": [statement("PolicyInputList.1", (1, 38), (1, 167))]
            if decision == "allowed"
            else [],
            "MissingContextValues": [],
        }


def test_what_the_context_lacks_is_told(iam: Any) -> None:
    result = custom(iam, BY_DATE, action="dynamodb:CreateBackup")
    assert result["EvalDecision"] == "implicitDeny"
    assert result["MissingContextValues"] == ["aws:CurrentTime"]


def test_one_resource_and_several(iam: Any) -> None:
    # Given
    some = document(Resource=STREAM)
    # When
    one = custom(iam, some, ResourceArns=[STREAM])
    several = custom(iam, some, ResourceArns=[STREAM, OTHER])
    # Then
    assert (one["EvalResourceName"], one["EvalDecision"]) == (STREAM, "allowed")
    assert one["MatchedStatements"] == one["ResourceSpecificResults"][0]["MatchedStatements"] != []
    assert (several["EvalResourceName"], several["EvalDecision"]) == ("*", "implicitDeny")
    told = {
        each["EvalResourceName"]: each["EvalResourceDecision"]
        for each in several["ResourceSpecificResults"]
    }
    assert told == {STREAM: "allowed", OTHER: "implicitDeny"}


def test_a_denial_is_by_those_that_deny(iam: Any) -> None:
    both = [document(), document("kinesis:*", effect="Deny")]
    result = custom(iam, *both)
    assert result["EvalDecision"] == "explicitDeny"
    assert [each["SourcePolicyId"] for each in result["MatchedStatements"]] == ["PolicyInputList.2"]


def test_a_boundary(iam: Any) -> None:
    for boundary, decision, allows in (
        (document("s3:*"), "implicitDeny", False),
        (document("kinesis:*"), "allowed", True),
        (document("kinesis:*", effect="Deny"), "explicitDeny", False),
    ):
        result = custom(iam, document(), PermissionsBoundaryPolicyInputList=[boundary])
        assert result["EvalDecision"] == decision
        detail = {"AllowedByPermissionsBoundary": allows}
        assert result["PermissionsBoundaryDecisionDetail"] == detail


def test_a_resource_policy(iam: Any, user: str, refused: Any) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    shared = document(Principal={"AWS": arn}, Resource=STREAM)
    nothing = document("s3:*")
    call = {"ResourcePolicy": shared, "ResourceArns": [STREAM]}
    result = custom(iam, nothing, CallerArn=arn, **call)
    assert result["EvalDecision"] == "allowed"
    assert result["MatchedStatements"][0]["SourcePolicyId"] == "ResourcePolicy"
    assert result["MatchedStatements"][0]["SourcePolicyType"] == "Resource Policy"
    other = custom(iam, nothing, CallerArn=f"{arn}-2", **call)
    assert other["EvalDecision"] == "implicitDeny"
    custom_call = {"PolicyInputList": [nothing], "ActionNames": ["kinesis:PutRecord"], **call}
    assert refused(iam.simulate_custom_policy, **custom_call) == (
        "400 InvalidInput: CallerArn is required with a ResourcePolicy."
    )


def test_another_accounts_resource_needs_both(iam: Any) -> None:
    theirs = STREAM.replace(ACCOUNT, "1" * 12)
    caller = f"arn:aws:iam::{ACCOUNT}:user/me"
    shared = document(Principal={"AWS": ACCOUNT}, Resource=theirs)
    call = {"ResourceArns": [theirs], "CallerArn": caller}
    assert custom(iam, document(), **call)["EvalDecision"] == "implicitDeny"
    assert custom(iam, document(), ResourcePolicy=shared, **call)["EvalDecision"] == "allowed"
    bucket = document("s3:GetObject", Principal={"AWS": ACCOUNT}, Resource="arn:aws:s3:::b/*")
    call = {"ResourceArns": ["arn:aws:s3:::b/k"], "CallerArn": caller, "action": "s3:GetObject"}
    nothing = document("kinesis:*")
    assert custom(iam, nothing, ResourcePolicy=bucket, ResourceOwner="1" * 12, **call)[
        "EvalDecision"
    ] == "implicitDeny"  # fmt: skip


def principal(iam: Any, arn: str, action: str, **more: Any) -> Any:
    answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=[action], **more)
    (result,) = answer["EvaluationResults"]
    return result


def test_all_policies_of_a_user_count(iam: Any, user: str, group: str) -> None:
    # Given
    arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    iam.add_user_to_group(UserName=user, GroupName=group)
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=document("s3:GetObject"))
    iam.put_group_policy(GroupName=group, PolicyName="ours", PolicyDocument=document("sns:Publish"))
    iam.attach_group_policy(GroupName=group, PolicyArn=KINESIS)
    # Then
    for action, source in (
        ("s3:GetObject", f"user_{user}_own"),
        ("sns:Publish", f"group_{group}_ours"),
        ("kinesis:PutRecord", "AmazonKinesisFullAccess"),
        ("ec2:RunInstances", None),
    ):
        result = principal(iam, arn, action)
        assert result["EvalDecision"] == ("allowed" if source else "implicitDeny")
        sources = [each["SourcePolicyId"] for each in result["MatchedStatements"]]
        assert sources == ([source] if source else [])
    of_group = principal(iam, f"arn:aws:iam::{ACCOUNT}:group/{group}", "sns:Publish")
    assert of_group["EvalDecision"] == "allowed"
    more = principal(iam, arn, "ec2:RunInstances", PolicyInputList=[document("ec2:*")])
    assert more["MatchedStatements"][0]["SourcePolicyId"] == "PolicyInputList.1"


def test_a_boundary_that_is_given_takes_the_place_of_the_roles(iam: Any, policy: str) -> None:
    name = new_name("role")
    iam.create_role(
        RoleName=name,
        Path="/app/",
        AssumeRolePolicyDocument=trust(),
        PermissionsBoundary=policy,  # allows kinesis:PutRecord
    )
    iam.attach_role_policy(RoleName=name, PolicyArn=ADMINISTRATOR)
    arn = f"arn:aws:iam::{ACCOUNT}:role/app/{name}"
    assert principal(iam, arn, "kinesis:PutRecord")["EvalDecision"] == "allowed"
    assert principal(iam, arn, "s3:GetObject")["EvalDecision"] == "implicitDeny"
    wider = {"PermissionsBoundaryPolicyInputList": [document("s3:*")]}
    assert principal(iam, arn, "s3:GetObject", **wider)["EvalDecision"] == "allowed"


def test_awss_answer_for_an_administrator(iam: Any, user: str) -> None:
    """As it was quoted in public, many times."""
    iam.attach_user_policy(UserName=user, PolicyArn=ADMINISTRATOR)
    arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    assert principal(iam, arn, "s3:GetObject") == {
        "EvalActionName": "s3:GetObject",
        "EvalResourceName": "*",
        "EvalDecision": "allowed",
        "MatchedStatements": [statement("AdministratorAccess", (3, 17), (8, 6))],
        "MissingContextValues": [],
    }


def test_keys_of_the_caller_are_known(iam: Any, user: str) -> None:
    mine = document(Resource=f"arn:aws:kinesis:*:{ACCOUNT}:stream/${{aws:username}}-*")
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=mine)
    arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    stream = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{user}-1"
    for resource, decision in ((stream, "allowed"), (STREAM, "implicitDeny")):
        result = principal(iam, arn, "kinesis:PutRecord", ResourceArns=[resource])
        assert result["EvalDecision"] == decision
        assert result["ResourceSpecificResults"][0]["MissingContextValues"] == []


def test_context_keys(iam: Any, user: str) -> None:
    asks = document(
        Resource="arn:aws:kinesis:*:*:stream/${aws:username}",
        Condition={
            "StringEquals": {"aws:PrincipalTag/team": "${aws:RequestedRegion}"},
            "StringLike": {"AWS:USERNAME": "x"},
        },
    )
    keys = ["aws:username", "aws:PrincipalTag/team", "aws:RequestedRegion"]
    answer = iam.get_context_keys_for_custom_policy(PolicyInputList=[asks, asks])
    assert answer["ContextKeyNames"] == keys
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=asks)
    arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    answer = iam.get_context_keys_for_principal_policy(
        PolicySourceArn=arn, PolicyInputList=[BY_DATE]
    )
    assert answer["ContextKeyNames"] == [*keys, "aws:CurrentTime"]


def test_several_values(iam: Any, refused: Any) -> None:
    asks = document(Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}})
    for values, decision in ((("a", "b"), "allowed"), (("a", "c"), "implicitDeny")):
        entries = [entry("aws:TagKeys", *values, kind="stringList")]
        assert custom(iam, asks, ContextEntries=entries)["EvalDecision"] == decision
    call = {"PolicyInputList": [asks], "ActionNames": ["kinesis:PutRecord"]}
    for entries, text in (
        ([entry("aws:TagKeys", "a", "b")], "aws:TagKeys has several values, and its type string"),
        ([{"ContextKeyName": "aws:TagKeys"}], "A context entry needs a ContextKeyName and values."),
    ):
        message = refused(iam.simulate_custom_policy, ContextEntries=entries, **call)
        assert message.startswith(f"400 InvalidInput: {text}")


def test_pages_of_results(iam: Any) -> None:
    actions = [f"kinesis:Action{number}" for number in range(5)]
    pages = iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[document()], ActionNames=actions, PaginationConfig={"PageSize": 2}
    )
    told = [[each["EvalActionName"] for each in page["EvaluationResults"]] for page in pages]
    assert told == [actions[:2], actions[2:4], actions[4:]]


def test_what_cannot_be_simulated(iam: Any, user: str, refused: Any) -> None:
    call = {"PolicyInputList": [document()], "ActionNames": ["kinesis:PutRecord"]}
    two = [document(), document()]
    invalid = {
        "PolicyInputList.1: Syntax errors in policy. (line 1, column 2)": {
            "PolicyInputList": ["{"]
        },
        "Invalid Entity Action: kinesis:*": {"ActionNames": ["kinesis:*"]},
        "Invalid Entity Action: PutRecord": {"ActionNames": ["PutRecord"]},
        "Invalid Caller Arn: arn:aws:sts::1:assumed-role/r/s": {
            "CallerArn": "arn:aws:sts::1:assumed-role/r/s"
        },
        "Invalid Resource Owner: me": {"ResourceOwner": "me"},
        "Only one permissions boundary can be simulated.": {
            "PermissionsBoundaryPolicyInputList": two
        },
    }
    for message, members in invalid.items():
        answer = refused(iam.simulate_custom_policy, **{**call, **members})
        assert answer == f"400 InvalidInput: {message}"
    for arn, message in (
        (f"arn:aws:iam::{ACCOUNT}:user/nobody", "404 NoSuchEntity: The user with name nobody"),
        (f"arn:aws:iam::{ACCOUNT}:user/x/{user}", f"404 NoSuchEntity: The user with name x/{user}"),
        (f"arn:aws:iam::{'1' * 12}:user/{user}", "400 InvalidInput: Invalid Entity Arn: "),
        (f"arn:aws:iam::{ACCOUNT}:policy/p", "400 InvalidInput: Invalid Entity Arn: "),
    ):
        for operation, members in (
            (iam.simulate_principal_policy, {"ActionNames": ["kinesis:PutRecord"]}),
            (iam.get_context_keys_for_principal_policy, {}),
        ):
            answer = refused(operation, PolicySourceArn=arn, **members)
            assert answer.startswith(message)
    organization = [{"ServiceControlPolicyInputList": [document()]}]
    for member, value in (("OrderedOrganizationPolicyInputList", organization),):
        assert refused(iam.simulate_custom_policy, **call, **{member: value}) == (
            f"501 NotImplementedException: iam has the parameter {member}, "
            "but Shardline has not built it."
        )


def test_two_policies_of_one_name_are_told_apart(iam: Any, user: str) -> None:
    """An account's policy may have the name of one of AWS's."""
    own = json.dumps(json.loads(document("s3:*")), indent=8)
    made = iam.create_policy(PolicyName="AmazonKinesisFullAccess", PolicyDocument=own)["Policy"]
    for arn in (made["Arn"], KINESIS):
        iam.attach_user_policy(UserName=user, PolicyArn=arn)
    arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    columns = {
        principal(iam, arn, action)["MatchedStatements"][0]["EndPosition"]["Column"]
        for action in ("s3:GetObject", "kinesis:PutRecord")
    }
    assert columns == {6, 18}


def test_a_simulated_role_is_a_session_of_it(iam: Any, role: str, policy: str) -> None:
    """What a resource's policy grants to the role is limited by the role's boundary."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    shared = document("kinesis:*", Principal={"AWS": arn}, Resource=STREAM)
    call = {"ResourcePolicy": shared, "ResourceArns": [STREAM]}
    assert principal(iam, arn, "kinesis:GetRecords", **call)["EvalDecision"] == "allowed"
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=policy)
    for action, decision in (("PutRecord", "allowed"), ("GetRecords", "implicitDeny")):
        assert principal(iam, arn, f"kinesis:{action}", **call)["EvalDecision"] == decision


def test_a_groups_policies_are_asked_about_for_nobody(iam: Any, group: str) -> None:
    mine = document(Condition={"StringEquals": {"aws:username": group}})
    iam.put_group_policy(GroupName=group, PolicyName="own", PolicyDocument=mine)
    result = principal(iam, f"arn:aws:iam::{ACCOUNT}:group/{group}", "kinesis:PutRecord")
    assert result["EvalDecision"] == "implicitDeny"
    assert result["MissingContextValues"] == ["aws:username"]
