"""Documents and names for tests of IAM's API."""

import itertools
import json
from typing import Any

ACCOUNT = "000000000000"
KINESIS = "arn:aws:iam::aws:policy/AmazonKinesisFullAccess"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonKinesisReadOnlyAccess"

_numbers = itertools.count(1)


def new_name(word: str) -> str:
    """A name that no test had before."""
    return f"{word}-{next(_numbers)}"


def document(action: Any = "kinesis:PutRecord", effect: str = "Allow", **more: Any) -> str:
    """A policy of one statement."""
    statement = {"Effect": effect, "Action": action, "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(principal: Any = None) -> str:
    """A trust policy."""
    principal = {"AWS": ACCOUNT} if principal is None else principal
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def long_document(characters: int) -> str:
    """A policy of that many characters, and white space, which is not counted."""
    bare = document("kinesis:X").replace(" ", "")
    return bare.replace("kinesis:X", "kinesis:" + "X" * (characters - len(bare) + 1)) + " " * 100
