"""IAM's sentences for what breaks the model tell no values.

Recorded from AWS by localstack's `tests/aws/services/iam` (2026).
"""

from typing import Any

import pytest

from iam_samples import trust

_KEY = (
    "[Member must have length less than or equal to 128, Member must have length greater than or "
    "equal to 1, Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+, "
    "Member must not be null]"
)
CASES: tuple[tuple[str, dict[str, Any], str], ...] = (
    (
        "tag_role",
        {"RoleName": "r", "Tags": [{"Key": "k", "Value": "v"}] * 51},
        "Value at 'tags' failed to satisfy constraint: "
        "Member must have length less than or equal to 50",
    ),
    (
        "create_role",
        {
            "RoleName": "r",
            "AssumeRolePolicyDocument": trust(),
            "Tags": [{"Key": "k" * 129, "Value": ""}],
        },
        "Value at 'tags.1.member.key' failed to satisfy constraint: "
        "Member must have length less than or equal to 128",
    ),
    (
        "tag_role",
        {"RoleName": "r", "Tags": [{"Key": "NOWAY!", "Value": ""}]},
        "Value at 'tags.1.member.key' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+",
    ),
    (
        "untag_role",
        {"RoleName": "r", "TagKeys": ["k" * 129]},
        f"Value at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: {_KEY}",
    ),
    (
        "get_policy_version",
        {"PolicyArn": "arn:aws:iam::aws:policy/X", "VersionId": "wrong"},
        "Value at 'versionId' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?",
    ),
    (
        "create_group",
        {},
        "Value at 'groupName' failed to satisfy constraint: Member must not be null",
    ),
    (
        "list_users",
        {"MaxItems": 0},
        "Value at 'maxItems' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1",
    ),
)


@pytest.mark.parametrize(("operation", "members", "message"), CASES)
def test_the_sentence(
    iam: Any, refused: Any, operation: str, members: dict[str, Any], message: str
) -> None:
    assert refused(getattr(iam, operation), **members) == (
        f"400 ValidationError: 1 validation error detected: {message}"
    )
