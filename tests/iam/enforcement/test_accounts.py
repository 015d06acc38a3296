"""Streams of another account, by resource policies: both accounts must agree."""

from typing import Any

import pytest

from iam.calls import code_of, error_of
from iam.people import OTHER, OWN, People, allow, deny, document

ORDERS = f"arn:aws:kinesis:us-east-1:{OWN}:stream/orders"
DENIED = "AccessDeniedException"
PUT = {"Data": b"x", "PartitionKey": "k"}
FIRST = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
SHARED = (
    "DescribeStream",
    "DescribeStreamSummary",
    "GetRecords",
    "GetShardIterator",
    "ListShards",
    "PutRecord",
    "PutRecords",
)


@pytest.fixture
def share(root: Any) -> Any:
    """Gives the stream a policy, for the length of a test."""

    def put(*statements: dict[str, Any]) -> None:
        root.put_resource_policy(ResourceARN=ORDERS, Policy=document(*statements))

    yield put
    if root.get_resource_policy(ResourceARN=ORDERS)["Policy"] != "{}":
        root.delete_resource_policy(ResourceARN=ORDERS)


def granted(user: str, actions: Any, resource: str = ORDERS) -> dict[str, Any]:
    """A statement of a stream's policy that lets a user of the other account do something."""
    principal = {"AWS": f"arn:aws:iam::{OTHER}:user/{user}"}
    named = [f"kinesis:{action}" for action in actions]
    return allow(named, resource, Principal=principal)


def test_both_must_allow(others: People, share: Any) -> None:
    # Given
    willing = others.client(others.user("willing", allow("kinesis:*", ORDERS)))
    unwilling = others.client(others.user("unwilling"))
    # Then
    code, message = error_of(willing.put_record, StreamARN=ORDERS, **PUT)
    assert code == DENIED
    assert message == (
        f"User: arn:aws:iam::{OTHER}:user/willing is not authorized to perform: kinesis:PutRecord "
        f"on resource: {ORDERS} "
        "because no resource-based policy allows the kinesis:PutRecord action"
    )
    # When
    share(granted("willing", ["PutRecord"]), granted("unwilling", ["PutRecord"]))
    # Then
    assert code_of(willing.put_record, StreamARN=ORDERS, **PUT) == ""
    code, message = error_of(unwilling.put_record, StreamARN=ORDERS, **PUT)
    assert (code, "no identity-based policy" in message) == (DENIED, True)
    # The name alone means a stream of one's own
    assert code_of(willing.put_record, StreamName="orders", **PUT) == DENIED


def test_everything_that_can_be_shared(others: People, share: Any) -> None:
    # Given
    share(granted("reader", SHARED))
    kinesis = others.client(others.user("reader", allow("kinesis:*")))
    entries = [{"Data": b"y", "PartitionKey": "k"}]
    # Then
    assert kinesis.put_records(StreamARN=ORDERS, Records=entries)["FailedRecordCount"] == 0
    assert kinesis.put_record(StreamARN=ORDERS, **PUT)["SequenceNumber"]
    described = kinesis.describe_stream(StreamARN=ORDERS)["StreamDescription"]
    assert described["StreamARN"] == ORDERS
    assert kinesis.describe_stream_summary(StreamARN=ORDERS)["StreamDescriptionSummary"]
    assert len(kinesis.list_shards(StreamARN=ORDERS)["Shards"]) == 1
    iterator = kinesis.get_shard_iterator(StreamARN=ORDERS, **FIRST)["ShardIterator"]
    read = kinesis.get_records(ShardIterator=iterator, StreamARN=ORDERS)
    assert [record["Data"] for record in read["Records"]][-2:] == [b"y", b"x"]
    assert kinesis.get_records(ShardIterator=read["NextShardIterator"])["Records"] == []


def test_pages_of_shards(others: People, root: Any) -> None:
    # Given
    root.create_stream(StreamName="shared-wide", ShardCount=3)
    wide = ORDERS.replace("orders", "shared-wide")
    policy = document(granted("pager", ["ListShards"], wide))
    root.put_resource_policy(ResourceARN=wide, Policy=policy)
    kinesis = others.client(others.user("pager", allow("kinesis:ListShards")))
    # When
    first = kinesis.list_shards(StreamARN=wide, MaxResults=2)
    rest = kinesis.list_shards(NextToken=first["NextToken"])
    # Then
    assert len(first["Shards"]) + len(rest["Shards"]) == 3


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("delete_stream", {"StreamARN": ORDERS}),
        ("split_shard", {"StreamARN": ORDERS, "ShardToSplit": "0", "NewStartingHashKey": "2"}),
        ("register_stream_consumer", {"StreamARN": ORDERS, "ConsumerName": "reader"}),
        ("put_resource_policy", {"ResourceARN": ORDERS, "Policy": "{}"}),
        ("list_tags_for_resource", {"ResourceARN": ORDERS}),
    ],
)
def test_what_cannot_be_shared(
    others: People, share: Any, operation: str, members: dict[str, Any]
) -> None:
    # Given
    share(allow("kinesis:*", ORDERS, Principal={"AWS": OTHER}))
    kinesis = others.client(others.user(f"greedy-{operation}", allow("kinesis:*")))
    # Then
    code, message = error_of(getattr(kinesis, operation), **members)
    assert (code, "because no resource-based policy allows" in message) == (DENIED, True)


def test_root_of_another_account_needs_the_stream_s_policy_too(
    others: People, share: Any, server: Any
) -> None:
    root = others.client(others.root())
    assert code_of(root.put_record, StreamARN=ORDERS, **PUT) == DENIED
    share(allow("kinesis:PutRecord", ORDERS, Principal={"AWS": OTHER}))
    assert code_of(root.put_record, StreamARN=ORDERS, **PUT) == ""
    share(
        allow("kinesis:PutRecord", ORDERS, Principal={"AWS": OTHER}),
        deny("kinesis:PutRecord", ORDERS, Principal="*"),
    )
    assert code_of(root.put_record, StreamARN=ORDERS, **PUT) == DENIED
    # The owner's root is asked nothing.
    assert code_of(server.client().put_record, StreamARN=ORDERS, **PUT) == ""


def test_a_stream_of_the_same_name_is_another_one(others: People, root: Any) -> None:
    theirs = others.client(others.root())
    assert code_of(theirs.create_stream, StreamName="orders", ShardCount=1) == ""
    own = theirs.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]
    assert own["StreamARN"] == ORDERS.replace(OWN, OTHER)


def test_a_shared_consumer(people: People, others: People, root: Any) -> None:
    # Given
    made = root.register_stream_consumer(StreamARN=ORDERS, ConsumerName="shared")
    arn = made["Consumer"]["ConsumerARN"]
    subscriber = others.client(others.user("subscriber", allow("kinesis:*")))
    call = {"ConsumerARN": arn, "ShardId": FIRST["ShardId"], "StartingPosition": {"Type": "LATEST"}}
    assert code_of(subscriber.subscribe_to_shard, **call) == DENIED
    # When
    actions = ["SubscribeToShard", "DescribeStreamConsumer"]
    policy = document(granted("subscriber", actions, arn))
    root.put_resource_policy(ResourceARN=arn, Policy=policy)
    # Then
    described = subscriber.describe_stream_consumer(ConsumerARN=arn)["ConsumerDescription"]
    assert described["ConsumerName"] == "shared"
    subscriber.subscribe_to_shard(**call)["EventStream"].close()
    # A consumer has one ARN, however its second could be written.
    other_form = arn.replace("/shared:", "/shared:0")
    refused = code_of(root.describe_stream_consumer, ConsumerARN=other_form)
    assert refused == "InvalidArgumentException"


def test_a_key_of_another_account_is_not_the_owner_s(others: People) -> None:
    kinesis = others.client(others.user("plain", allow("kinesis:*")))
    assert code_of(kinesis.delete_stream, StreamName="bills") == "ResourceNotFoundException"
