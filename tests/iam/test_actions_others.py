"""What the calls of CloudWatch, IAM and STS are checked against."""

from typing import Any

import pytest

from shardline.iam.actions import checks_of
from shardline.iam.actions.calls import ApiCall, Check
from shardline.iam.policy.variables import Values

ACCOUNT, REGION = "111111111111", "us-east-1"
IAM = f"arn:aws:iam::{ACCOUNT}:"
ALARM = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:"


def call(service: str, operation: str, params: dict[str, Any], user: str | None = None) -> ApiCall:
    """A call of somebody; Ann's and the role's path is `/staff/`."""

    def path_of(kind: str, name: str) -> str:
        return "/staff/" if name in ("ann", "app") else "/"

    return ApiCall(service, operation, params, ACCOUNT, REGION, user=user, path_of=path_of)


@pytest.mark.parametrize(
    ("service", "operation", "params", "resources"),
    [
        ("cloudwatch", "PutMetricAlarm", {"AlarmName": "age"}, [f"{ALARM}age"]),
        ("cloudwatch", "SetAlarmState", {"AlarmName": "age"}, [f"{ALARM}age"]),
        (
            *("cloudwatch", "DeleteAlarms"),
            *({"AlarmNames": ["age", "lag"]}, [f"{ALARM}age", f"{ALARM}lag"]),
        ),
        ("cloudwatch", "DescribeAlarms", {}, [f"{ALARM}*"]),
        ("cloudwatch", "DescribeAlarmHistory", {"AlarmName": "age"}, [f"{ALARM}age"]),
        ("cloudwatch", "GetMetricData", {}, ["*"]),
        ("cloudwatch", "TagResource", {"ResourceARN": f"{ALARM}age"}, [f"{ALARM}age"]),
        (
            *("cloudwatch", "GetDashboard", {"DashboardName": "d"}),
            [f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/d"],
        ),
        ("iam", "GetUser", {"UserName": "ann"}, [f"{IAM}user/staff/ann"]),
        ("iam", "GetUser", {}, ["*"]),
        ("iam", "CreateUser", {"UserName": "bob", "Path": "/x/"}, [f"{IAM}user/x/bob"]),
        ("iam", "CreateUser", {"UserName": "bob"}, [f"{IAM}user/bob"]),
        (
            *("iam", "UpdateUser", {"UserName": "ann", "NewUserName": "eve"}),
            [f"{IAM}user/staff/ann", f"{IAM}user/staff/eve"],
        ),
        (
            *("iam", "UpdateGroup", {"GroupName": "g", "NewPath": "/y/"}),
            [f"{IAM}group/g", f"{IAM}group/y/g"],
        ),
        ("iam", "AddUserToGroup", {"GroupName": "g", "UserName": "ann"}, [f"{IAM}group/g"]),
        ("iam", "ListAttachedRolePolicies", {"RoleName": "app"}, [f"{IAM}role/staff/app"]),
        ("iam", "CreatePolicy", {"PolicyName": "p", "Path": "/z/"}, [f"{IAM}policy/z/p"]),
        ("iam", "GetPolicy", {"PolicyArn": f"{IAM}policy/p"}, [f"{IAM}policy/p"]),
        ("iam", "ListUsers", {}, ["*"]),
        ("iam", "SimulateCustomPolicy", {}, ["*"]),
        (
            *("iam", "SimulatePrincipalPolicy"),
            *({"PolicySourceArn": f"{IAM}user/ann"}, [f"{IAM}user/ann"]),
        ),
        ("sts", "GetCallerIdentity", {}, []),
        ("sts", "GetSessionToken", {}, []),
        ("sts", "GetAccessKeyInfo", {}, ["*"]),
    ],
)
def test_a_call_is_checked_on_its_resources(
    service: str, operation: str, params: dict[str, Any], resources: list[str]
) -> None:
    checks = checks_of(call(service, operation, params))
    assert [(check.action, check.resource) for check in checks] == [
        (f"{service}:{operation}", resource) for resource in resources
    ]


def test_users_are_asked_about_themselves() -> None:
    for operation in ("GetUser", "CreateAccessKey", "ListAccessKeys"):
        (check,) = checks_of(call("iam", operation, {}, user="ann"))
        assert check.resource == f"{IAM}user/staff/ann"


def test_the_keys_of_the_services_are_in_the_context() -> None:
    def keys(service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        return dict(checks_of(call(service, operation, params))[0].keys)

    policy = f"{IAM}policy/p"
    assert keys("cloudwatch", "PutMetricData", {"Namespace": "App"}) == {
        "cloudwatch:namespace": "App"
    }
    assert keys("cloudwatch", "PutMetricAlarm", {"AlarmName": "a", "OKActions": ["arn:x"]}) == {
        "cloudwatch:alarmactions": ("arn:x",)
    }
    attach = {"RoleName": "app", "PolicyArn": policy}
    assert keys("iam", "AttachRolePolicy", attach) == {"iam:policyarn": policy}
    bounded = {"UserName": "x", "PermissionsBoundary": policy, "Tags": [{"Key": "a", "Value": "b"}]}
    assert keys("iam", "CreateUser", bounded) == {
        "iam:permissionsboundary": policy,
        "aws:requesttag/a": "b",
        "aws:tagkeys": ("a",),
    }


def test_assuming_a_role_may_take_three_permissions() -> None:
    role = f"{IAM}role/app"
    params = {
        "RoleArn": role,
        "RoleSessionName": "blue",
        "ExternalId": "e",
        "DurationSeconds": 900,
        "SourceIdentity": "ann",
        "Tags": [{"Key": "team", "Value": "red"}],
        "TransitiveTagKeys": ["team"],
    }
    keys: dict[str, Values] = {
        "sts:rolesessionname": "blue",
        "sts:externalid": "e",
        "sts:durationseconds": "900",
        "sts:sourceidentity": "ann",
        "sts:transitivetagkeys": ("team",),
        "aws:requesttag/team": "red",
        "aws:tagkeys": ("team",),
    }
    actions = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
    expected = tuple(Check(action, role, keys) for action in actions)
    assert checks_of(call("sts", "AssumeRole", params)) == expected
    (plain,) = checks_of(call("sts", "AssumeRole", {"RoleArn": role, "RoleSessionName": "b"}))
    assert plain == Check("sts:AssumeRole", role, {"sts:rolesessionname": "b"})
