"""The texts that name something of AWS's, as JSON Schema patterns with what would be right.

Bounds and patterns are those of botocore's models of Kinesis, IAM and CloudWatch.
"""

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """A kind of text: a pattern in the common part of Python's `re` and ECMAScript's."""

    kind: str
    """What it is, in words that follow `is not`, with what would be right."""
    pattern: str
    longest: int
    examples: tuple[str, ...]

    def fault(self, text: str) -> str | None:
        """What is wrong with `text`; None if nothing is."""
        if not text:
            return "is empty"
        if len(text) > self.longest:
            return f"has {len(text):,} characters, and {self.longest:,} is the most"
        # `$` would let a line's end through.
        if not re.fullmatch(self.pattern.removeprefix("^").removesuffix("$"), text):
            return f"{text!r} is not {self.kind}"
        return None

    def schema(self) -> dict[str, Any]:
        """Its JSON Schema."""
        return {
            "type": "string",
            "minLength": 1,
            "maxLength": self.longest,
            "pattern": self.pattern,
            "examples": list(self.examples),
            "x-kind": self.kind,
        }


STREAM = Text(
    "a name of letters, digits, `_`, `.` and `-`",
    "^[a-zA-Z0-9_.-]+$",
    128,
    ("orders", "web.clicks"),
)
CONSUMER = Text(
    "a name of letters, digits, `_`, `.` and `-`", "^[a-zA-Z0-9_.-]+$", 128, ("billing", "search")
)
REGION = Text(
    "the code of an AWS region",
    "^[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}$",
    32,
    ("us-east-1", "eu-west-1", "ap-southeast-2"),
)
KMS_KEY = Text(
    "a KMS key: alias/NAME, the key's id, or the ARN of either",
    "^(?:alias/[a-zA-Z0-9:/_-]+|[a-fA-F0-9]{8}-(?:[a-fA-F0-9]{4}-){3}[a-fA-F0-9]{12}"
    "|mrk-[a-f0-9]{32}|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(?:key|alias)/[a-zA-Z0-9:/_-]+)$",
    2048,
    ("alias/orders", "1234abcd-12ab-34cd-56ef-1234567890ab"),
)
NOTIFY = Text(
    "the ARN of an SNS topic, or an http(s) address",
    "^(?:arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[a-zA-Z0-9_-]+(?:[.]fifo)?|https?://[^ ]+)$",
    1024,
    ("arn:aws:sns:us-east-1:123456789012:oncall", "https://hooks.example.com/alarms"),
)
PRINCIPAL = Text(
    "role/NAME or user/NAME",
    "^(?:role|user)/[a-zA-Z0-9_+=,.@-]{1,64}$",
    69,
    ("role/billing", "user/ann"),
)
ROLE = Text("the name of an IAM role", "^[a-zA-Z0-9_+=,.@-]+$", 64, ("billing",))
TRUSTED = Text(
    "a service such as lambda.amazonaws.com, an account of 12 digits, or an ARN of IAM",
    "^(?:[a-z0-9.-]+[.]amazonaws[.]com(?:[.]cn)?|[0-9]{12}"
    "|arn:aws[a-z-]*:iam::[0-9]{12}:(?:root|(?:role|user)/[a-zA-Z0-9_+=,.@/-]+))$",
    2048,
    ("lambda.amazonaws.com", "123456789012", "arn:aws:iam::123456789012:role/deploy"),
)

# A tag has letters, digits and spaces of any script and `_ . : / = + - @`. What JSON Schema can say
# in every dialect of patterns is which signs of ASCII are left out; `types.TagKey` says all of it.
_NO_TAG_SIGN = "[^\\x00-\\x1f\\x7f!-*,;<>?\\[-^`{-~]"
LONGEST_TAG_KEY = 128
LONGEST_TAG_VALUE = 256


def tag_key_schema() -> dict[str, Any]:
    """The JSON Schema of a tag's key."""
    pattern = f"^(?!aws:)(?!shardline:module)(?:{_NO_TAG_SIGN})+$"
    return {"minLength": 1, "maxLength": LONGEST_TAG_KEY, "pattern": pattern}


def tag_value_schema() -> dict[str, Any]:
    """The JSON Schema of a tag's value."""
    pattern = f"^(?:{_NO_TAG_SIGN})*$"
    return {"type": "string", "maxLength": LONGEST_TAG_VALUE, "pattern": pattern}
