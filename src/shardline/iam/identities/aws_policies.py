"""The managed policies that AWS has for what there is here; every account can attach them.

What they say, their ids, dates and version numbers are AWS's own (AWS Managed Policy Reference, and
`list-policies` as recorded in public). Only the version that is in force is here. Left out are
those that AWS changes every few months and that are mostly about services which are not here
(ReadOnlyAccess, CloudWatchReadOnlyAccess, CloudWatchFullAccessV2).
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shardline.storage.identities import ManagedPolicy, PolicyVersion

AWS = "aws"
"""What stands in such a policy's ARN in the place of an account."""


def _policy(
    name: str, policy_id: str, version: str, dates: Sequence[str], description: str,
    *statements: Mapping[str, Any],
) -> ManagedPolicy:  # fmt: skip
    text = json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)
    created_ms, updated_ms = (
        int(datetime.fromisoformat(each).timestamp()) * 1000 for each in dates
    )
    number = int(version.removeprefix("v"))
    return ManagedPolicy(
        account=AWS,
        id=policy_id,
        name=name,
        path="/",
        created_ms=created_ms,
        updated_ms=updated_ms,
        versions=(PolicyVersion(number, text, updated_ms),),
        default=number,
        next_number=number + 1,
        description=description,
    )


def _allow(actions: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


_POLICIES = (
    _policy(
        "AdministratorAccess",
        "ANPAIWMBCKSKIEE64ZLYK",
        "v1",
        ("2015-02-06T18:39:46Z", "2015-02-06T18:39:46Z"),
        "Provides full access to AWS services and resources.",
        _allow("*"),
    ),
    _policy(
        "AmazonKinesisFullAccess",
        "ANPAJVF32HAMOXCUYRAYE",
        "v1",
        ("2015-02-06T18:40:29Z", "2015-02-06T18:40:29Z"),
        "Provides full access to all streams via the AWS Management Console.",
        _allow("kinesis:*"),
    ),
    _policy(
        "AmazonKinesisReadOnlyAccess",
        "ANPAIOCMTDT5RLKZ2CAJO",
        "v1",
        ("2015-02-06T18:40:30Z", "2015-02-06T18:40:30Z"),
        "Provides read only access to all streams via the AWS Management Console.",
        _allow(["kinesis:Get*", "kinesis:List*", "kinesis:Describe*"]),
    ),
    _policy(
        "CloudWatchFullAccess",
        "ANPAIKEABORKUXN6DEAZU",
        "v4",
        ("2015-02-06T18:40:00Z", "2022-11-27T13:23:49Z"),
        "Provides full access to CloudWatch.",
        _allow(
            [
                *("autoscaling:Describe*", "cloudwatch:*", "logs:*", "sns:*", "iam:GetPolicy"),
                *("iam:GetPolicyVersion", "iam:GetRole", "oam:ListSinks"),
            ]
        ),
        _allow(
            "iam:CreateServiceLinkedRole",
            "arn:aws:iam::*:role/aws-service-role/events.amazonaws.com/"
            "AWSServiceRoleForCloudWatchEvents*",
            Condition={"StringLike": {"iam:AWSServiceName": "events.amazonaws.com"}},
        ),
        _allow(["oam:ListAttachedLinks"], "arn:aws:oam:*:*:sink/*"),
    ),
    _policy(
        "IAMFullAccess",
        "ANPAI7XKCFMBPM3QQRRVQ",
        "v2",
        ("2015-02-06T18:40:38Z", "2019-06-21T19:40:00Z"),
        "Provides full access to IAM via the AWS Management Console.",
        _allow(
            [
                *("iam:*", "organizations:DescribeAccount", "organizations:DescribeOrganization"),
                *("organizations:DescribeOrganizationalUnit", "organizations:DescribePolicy"),
                *("organizations:ListChildren", "organizations:ListParents"),
                *("organizations:ListPoliciesForTarget", "organizations:ListRoots"),
                *("organizations:ListPolicies", "organizations:ListTargetsForPolicy"),
            ]
        ),
    ),
    _policy(
        "IAMReadOnlyAccess",
        "ANPAJKSO7NDY4T57MWDSQ",
        "v4",
        ("2015-02-06T18:40:39Z", "2018-01-25T19:11:27Z"),
        "Provides read only access to IAM via the AWS Management Console.",
        _allow(
            [
                *("iam:GenerateCredentialReport", "iam:GenerateServiceLastAccessedDetails"),
                *("iam:Get*", "iam:List*", "iam:SimulateCustomPolicy"),
                "iam:SimulatePrincipalPolicy",
            ]
        ),
    ),
)

MANAGED = {policy.arn: policy for policy in _POLICIES}
