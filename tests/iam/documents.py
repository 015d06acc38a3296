"""Policy documents for tests, in few words."""

import json
from typing import Any

from shardline.iam.policy.documents import Policy, parse
from shardline.iam.policy.grammar import Kind

BUCKET = "arn:aws:s3:::example_bucket"
CURRENT = "2012-10-17"


def statement(**elements: Any) -> dict[str, Any]:
    """A statement that allows to list a bucket, but for what is given; None leaves one out."""
    made = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET, **elements}
    return {name: value for name, value in made.items() if value is not None}


def document(*statements: dict[str, Any], version: str | None = CURRENT, **more: Any) -> str:
    """The text of a document."""
    made: dict[str, Any] = {"Version": version} if version else {}
    return json.dumps(made | {"Statement": list(statements)} | more)


def policy(*statements: dict[str, Any], kind: Kind = Kind.IDENTITY, name: str = "") -> Policy:
    """A policy of some statements."""
    return parse(document(*statements), kind, name)
