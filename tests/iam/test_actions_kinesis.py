"""What the calls of Kinesis are checked against, after the Service Authorization Reference."""

from typing import Any

import pytest

from shardline.gateway.model import load_service
from shardline.iam.actions import RULES, checks_of
from shardline.iam.actions.calls import ApiCall, Check

ACCOUNT, REGION = "111111111111", "us-east-1"
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/orders"
CONSUMER = f"{STREAM}/consumer/app:1700000000"
OTHER_STREAM = "arn:aws:kinesis:eu-west-1:222222222222:stream/theirs"

# In the model of AWS's API, and not built: their families have resources of their own.
NOT_HERE = ("Channel", "Queue")


def checked(
    operation: str,
    params: dict[str, Any],
    stream_arn: str | None = None,
    consumer_arn: str | None = None,
) -> list[tuple[str, str]]:
    """Action and resource of each check of a call."""
    call = ApiCall("kinesis", operation, params, ACCOUNT, REGION, stream_arn, consumer_arn)
    return [(check.action, check.resource) for check in checks_of(call)]


def on(operation: str, *resources: str) -> list[tuple[str, str]]:
    """The checks of an operation's own action."""
    return [(f"kinesis:{operation}", resource) for resource in resources]


@pytest.mark.parametrize(
    ("operation", "params", "resource"),
    [
        ("PutRecord", {"StreamName": "orders"}, STREAM),
        ("PutRecords", {"StreamARN": OTHER_STREAM}, OTHER_STREAM),
        ("PutRecord", {"StreamName": "orders", "StreamARN": STREAM}, STREAM),
        ("DescribeStream", {}, "*"),
        ("SubscribeToShard", {"ConsumerARN": CONSUMER}, CONSUMER),
        ("DescribeStreamConsumer", {"ConsumerARN": CONSUMER}, CONSUMER),
        ("RegisterStreamConsumer", {"StreamARN": STREAM, "ConsumerName": "app"}, STREAM),
        ("ListStreamConsumers", {"StreamARN": STREAM}, STREAM),
        ("PutResourcePolicy", {"ResourceARN": CONSUMER}, CONSUMER),
        ("TagResource", {"ResourceARN": STREAM}, STREAM),
        ("ListStreams", {}, "*"),
        ("DescribeLimits", {}, "*"),
        # The reference says `*`, the field the stream: `*` in a policy fits the stream's ARN too.
        ("UpdateShardCount", {"StreamName": "orders"}, STREAM),
        ("UpdateStreamMode", {"StreamARN": STREAM}, STREAM),
        ("EnableEnhancedMonitoring", {"StreamName": "orders"}, STREAM),
        ("SomethingNew", {"StreamName": "orders"}, "*"),
    ],
)
def test_a_call_is_checked_on_its_resource(
    operation: str, params: dict[str, Any], resource: str
) -> None:
    assert checked(operation, params) == on(operation, resource)


def test_what_was_looked_up_wins_over_the_parameters() -> None:
    # A shard iterator is of one stream, whatever StreamARN claims.
    params = {"ShardIterator": "x", "StreamARN": OTHER_STREAM}
    assert checked("GetRecords", params, stream_arn=STREAM) == on("GetRecords", STREAM)
    by_name = {"StreamARN": STREAM, "ConsumerName": "app"}
    found = checked("DeregisterStreamConsumer", by_name, consumer_arn=CONSUMER)
    assert found == on("DeregisterStreamConsumer", CONSUMER)


def test_a_consumer_that_is_not_there_is_of_its_stream_all_the_same() -> None:
    by_name = {"StreamARN": STREAM, "ConsumerName": "app"}
    found = checked("DescribeStreamConsumer", by_name)
    assert found == on("DescribeStreamConsumer", f"{STREAM}/consumer/app:0")


@pytest.mark.parametrize(
    ("key", "arn"),
    [
        ("alias/aws/kinesis", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/kinesis"),
        ("1234abcd", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd"),
        ("arn:aws:kms:eu-west-1:1:key/k", "arn:aws:kms:eu-west-1:1:key/k"),
    ],
)
def test_encryption_is_of_the_stream_and_the_key(key: str, arn: str) -> None:
    params = {"StreamName": "orders", "EncryptionType": "KMS", "KeyId": key}
    for operation in ("StartStreamEncryption", "StopStreamEncryption"):
        assert checked(operation, params) == on(operation, STREAM, arn)


def test_a_stream_that_is_made_with_tags_is_tagged() -> None:
    plain = {"StreamName": "orders"}
    assert checked("CreateStream", plain) == on("CreateStream", STREAM)
    with_tags = plain | {"Tags": {"team": "red"}}
    expected = [*on("CreateStream", STREAM), *on("AddTagsToStream", STREAM)]
    assert checked("CreateStream", with_tags) == expected


def test_the_tags_of_a_request_are_in_its_context() -> None:
    call = ApiCall(
        *("kinesis", "AddTagsToStream", {"StreamName": "orders", "Tags": {"Team": "red", "b": ""}}),
        *(ACCOUNT, REGION),
    )
    keys: dict[str, str | tuple[str, ...]] = {
        "aws:requesttag/team": "red",
        "aws:requesttag/b": "",
        "aws:tagkeys": ("Team", "b"),
    }
    assert checks_of(call) == (Check("kinesis:AddTagsToStream", STREAM, keys),)
    removing = ApiCall(
        *("kinesis", "UntagResource", {"ResourceARN": STREAM, "TagKeys": ["Team"]}),
        *(ACCOUNT, REGION),
    )
    assert checks_of(removing)[0].keys == {"aws:tagkeys": ("Team",)}


def test_every_operation_of_the_model_has_a_rule() -> None:
    operations = load_service("kinesis").operations
    missing = {name for name in operations if name not in RULES["kinesis"]}
    assert all(any(family in name for family in NOT_HERE) for name in missing), missing
