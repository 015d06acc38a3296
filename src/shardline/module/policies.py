"""The three policies of a stream: who may read it, write to it, manage it.

They hold what AWS's Service Authorization Reference needs of them, where others went wrong:

- SubscribeToShard and DescribeStreamConsumer are actions of the *consumer*. Granted on the
  stream's ARN they grant nothing, and enhanced fan-out is refused.
- ListStreams and DescribeLimits know no resource: `*` or nothing.
- UpdateShardCount, UpdateStreamMode and the two of enhanced monitoring know none either in the
  reference, though they are granted on the stream's ARN in the field. `manage` has them on `*`,
  the one form that works under both readings. On AWS that is for every stream of the account, and
  there is no narrower form.
- StartStreamEncryption and StopStreamEncryption are checked on the stream *and* on the key.
  `manage` has them on the keys of the account and region: the stream's ARN says of which stream,
  and the key's own policy says who may use it.
- KMS actions only where the stream has a key of the customer's: AWS's own `alias/aws/kinesis` may
  be used by whoever may use the stream.

`manage` is everything that can be done to one stream. What changes the bill of the whole account
(UpdateAccountSettings) and what injects faults (InjectApiError) is in none of them.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

from shardline.module.places import Place

Access = Literal["read", "write", "manage"]
ACCESSES: tuple[Access, ...] = ("read", "write", "manage")

DESCRIPTIONS: Mapping[Access, str] = {
    "read": "Read the records of the Kinesis stream {}, by polling and by enhanced fan-out.",
    "write": "Write records to the Kinesis stream {}.",
    "manage": "Everything that can be done to the Kinesis stream {}.",
}

# IAM's longest policy name is 128 characters.
LONGEST_STREAM_NAME = 128 - len("kinesis-stream--manage")

OWN_KEY = "alias/aws/kinesis"
"""AWS's own key of Kinesis; it needs no permission."""

ON_STREAM: Mapping[Access, tuple[str, ...]] = {
    "read": (
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
        "kinesis:ListStreamConsumers",
    ),
    "write": (
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:ListShards",
        "kinesis:PutRecord",
        "kinesis:PutRecords",
    ),
    "manage": ("kinesis:*",),
}
ON_CONSUMERS: Mapping[Access, tuple[str, ...]] = {
    "read": ("kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"),
    "write": (),
    "manage": ("kinesis:*",),
}
ON_ALL: Mapping[Access, tuple[str, ...]] = {
    "read": ("kinesis:DescribeLimits", "kinesis:ListStreams"),
    "write": (),
    "manage": (
        "kinesis:DescribeAccountSettings",
        "kinesis:DescribeLimits",
        "kinesis:DisableEnhancedMonitoring",
        "kinesis:EnableEnhancedMonitoring",
        "kinesis:ListStreams",
        "kinesis:UpdateShardCount",
        "kinesis:UpdateStreamMode",
    ),
}
ON_KEY: Mapping[Access, tuple[str, ...]] = {
    "read": ("kms:Decrypt",),
    "write": ("kms:GenerateDataKey",),
    "manage": ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"),
}


ON_ANY_KEY: Mapping[Access, tuple[str, ...]] = {
    "read": (),
    "write": (),
    "manage": ("kinesis:StartStreamEncryption", "kinesis:StopStreamEncryption"),
}


def policy_name(stream: str, access: Access) -> str:
    """The name of a stream's policy."""
    return f"kinesis-stream-{stream}-{access}"


def document(place: Place, stream: str, access: Access, key: str | None = None) -> str:
    """The policy document: the same text for the same stream, whenever it is asked for.

    `key` is the KMS key of the stream as the configuration names it: an id, an alias, or the ARN of
    either. None, or AWS's own key, and no KMS action is granted.
    """
    arn = place.stream(stream)
    consumers = f"{arn}/consumer/*"
    if ON_STREAM[access] == ON_CONSUMERS[access]:
        about = [_statement("Stream", ON_STREAM[access], arn, consumers)]
    else:
        about = [
            _statement("Stream", ON_STREAM[access], arn),
            _statement("FanOut", ON_CONSUMERS[access], consumers),
        ]
    statements = [
        *about,
        _statement("NoResource", ON_ALL[access], "*"),
        _statement("ChooseKey", ON_ANY_KEY[access], place.key("key/*"), place.key("alias/*")),
    ]
    if key is not None and not is_own_key(key):
        statements.append(_key_statement(place, ON_KEY[access], key))
    kept = [each for each in statements if each is not None]
    return json.dumps({"Version": "2012-10-17", "Statement": kept}, indent=1)


def is_own_key(key: str) -> bool:
    """Whether a key is AWS's own of Kinesis, however it is named."""
    return key == OWN_KEY or key.endswith(f":{OWN_KEY}")


def _statement(sid: str, actions: tuple[str, ...], *resources: str) -> dict[str, Any] | None:
    if not actions:
        return None
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def _key_statement(place: Place, actions: tuple[str, ...], key: str) -> dict[str, Any] | None:
    """An alias is no resource of a policy; it is a condition, on any key of the account and region
    (KMS Developer Guide, "Using aliases to control access to KMS keys")."""
    named = key if key.startswith(("arn:", "alias/")) else f"key/{key}"
    arn = named if named.startswith("arn:") else place.key(named)
    prefix, _, resource = arn.rpartition(":")
    if resource.startswith("key/"):
        return _statement("Key", actions, arn)
    statement = _statement("Key", actions, f"{prefix}:key/*")
    if statement is not None:
        statement["Condition"] = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": resource}}
    return statement
