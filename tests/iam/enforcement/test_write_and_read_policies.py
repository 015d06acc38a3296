"""An application that may only write, and one that may only read: every operation tried by each.

The policies are those that the operating reference proposes: *write* and *read*, on one stream.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from iam.people import OWN, People, allow
from refusals.calls import CALLS, stream_of
from refusals.readiness import ready
from refusals.world import AS_WRITTEN, Servers, World

STREAMS = f"arn:aws:kinesis:*:{OWN}:stream"
WRITE = ("PutRecord", "PutRecords", "ListShards", "DescribeStreamSummary", "DescribeStream")
READ = (
    "DescribeStream",
    "DescribeStreamSummary",
    "ListShards",
    "GetShardIterator",
    "GetRecords",
    "RegisterStreamConsumer",
    "ListStreamConsumers",
)
READ_CONSUMER = ("SubscribeToShard", "DescribeStreamConsumer")
READ_ALL = ("ListStreams", "DescribeLimits")


def actions(names: tuple[str, ...]) -> list[str]:
    return [f"kinesis:{name}" for name in names]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with Servers.running() as running:
        yield running


@pytest.fixture
def aws(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(servers, monkeypatch)


def called(client: Any, operation: str, members: dict[str, Any]) -> str:
    """The code of the error that a call is answered with; "" if it succeeds."""
    try:
        answer = getattr(client, xform_name(operation))(**members)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    if "EventStream" in answer:
        answer["EventStream"].close()
    return ""


def of_an_application(aws: World, kind: str, stream: str) -> Any:
    """A client of an application that has the policy of that kind on a stream."""
    people, arn = People(aws.server), f"{STREAMS}/{stream}"
    statements = [allow(actions(WRITE), arn)]
    if kind == "read":
        statements = [
            allow(actions(READ), arn),
            allow(actions(READ_CONSUMER), f"{arn}/consumer/*"),
            allow(actions(READ_ALL)),
        ]
    key = people.user(f"{kind}-{stream}"[:64], *statements)
    return people.client(key, region_name=aws.region, config=AS_WRITTEN)


def call_on_own(aws: World, operation: str) -> tuple[dict[str, Any], str]:
    """A call that would succeed, and the stream it is about."""
    if operation == "GetRecords":
        name = aws.stream()
        return {"ShardIterator": aws.iterator(name)}, name
    members = ready(aws, operation)
    return dict(members), stream_of(members) or aws.stream()


@pytest.mark.one_in(7)
@pytest.mark.parametrize("operation", CALLS)
def test_who_may_write_can_put_and_nothing_else(aws: World, operation: str) -> None:
    # Given
    members, stream = call_on_own(aws, operation)
    application = of_an_application(aws, "write", stream)
    # When
    code = called(application, operation, members)
    # Then
    assert code == ("" if operation in WRITE else "AccessDeniedException")


@pytest.mark.one_in(7)
@pytest.mark.parametrize("operation", CALLS)
def test_who_may_read_can_read_and_nothing_else(aws: World, operation: str) -> None:
    # Given
    members, stream = call_on_own(aws, operation)
    application = of_an_application(aws, "read", stream)
    # When
    code = called(application, operation, members)
    # Then
    may = operation in (*READ, *READ_CONSUMER, *READ_ALL)
    assert code == ("" if may else "AccessDeniedException")


@pytest.mark.one_in(7)
@pytest.mark.parametrize("kind", ["write", "read"])
@pytest.mark.parametrize("operation", CALLS)
def test_on_no_other_stream(aws: World, operation: str, kind: str) -> None:
    # Given
    application = of_an_application(aws, kind, aws.stream())
    members, _ = call_on_own(aws, operation)
    # When
    code = called(application, operation, members)
    # Then
    may = kind == "read" and operation in READ_ALL
    assert code == ("" if may else "AccessDeniedException")
