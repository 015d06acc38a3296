"""The managed policies that AWS has for what there is here; every account can attach them.

Texts, paths and ids are AWS's own (AWS Managed Policy Reference).
"""

from shardline.storage.identities import ManagedPolicy, PolicyVersion

AWS = "aws"
"""What stands in such a policy's ARN in the place of an account."""


def _policy(policy_id: str, name: str, created_ms: int, text: str) -> ManagedPolicy:
    version = PolicyVersion(1, text, created_ms)
    return ManagedPolicy(AWS, policy_id, name, "/", created_ms, created_ms, (version,))


_FULL = """{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "kinesis:*",
            "Resource": "*"
        }
    ]
}"""
_READ_ONLY = """{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "kinesis:Get*",
                "kinesis:List*",
                "kinesis:Describe*"
            ],
            "Resource": "*"
        }
    ]
}"""

_CREATED_MS = 1_423_161_666_000  # 2015-02-05, as AWS has it for both

MANAGED = {
    policy.arn: policy
    for policy in (
        _policy("ANPAJVF32HAMOXCUYRAYE", "AmazonKinesisFullAccess", _CREATED_MS, _FULL),
        _policy("ANPAIOCMTDT5RLKZ2CAJO", "AmazonKinesisReadOnlyAccess", _CREATED_MS, _READ_ONLY),
    )
}
