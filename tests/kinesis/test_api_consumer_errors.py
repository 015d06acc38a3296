"""Every error that botocore's model has for the consumers' operations."""

from typing import Any

import pytest

from kinesis_wire import ACCOUNT, TRANSITION_MS, Wire, new_name, not_active, stream_gone
from shardline.testing import TestServer

NO_CONSUMER = "ResourceNotFoundException", f"Consumer nobody, account {ACCOUNT} not found."
LISTED_ALREADY = [f"consumer-{number:02}" for number in range(20)]


@pytest.fixture(scope="module")
def stream(aws: Wire) -> str:
    name = aws.stream()
    aws.consumer(name, "reader")
    return name


def token(aws: Wire, stream: str) -> str:
    if "second" not in str(aws.ok("ListStreamConsumers", StreamARN=aws.arn(stream))):
        aws.consumer(stream, "second")
    answer = aws.ok("ListStreamConsumers", StreamARN=aws.arn(stream), MaxResults=1)
    return str(answer["NextToken"])


def test_registerstreamconsumer_resourceinuseexception(aws: Wire, stream: str) -> None:
    # The code is what KCL relies on; the text is ours
    asked = {"StreamARN": aws.arn(stream), "ConsumerName": "reader"}
    assert aws.error("RegisterStreamConsumer", **asked) == (
        "ResourceInUseException",
        f"Consumer reader under stream {stream} and account {ACCOUNT} already exists.",
    )


def test_registerstreamconsumer_resourcenotfoundexception(aws: Wire) -> None:
    name = new_name()
    asked = {"StreamARN": aws.arn(name), "ConsumerName": "a"}
    assert aws.error("RegisterStreamConsumer", **asked) == stream_gone(name)


def test_registerstreamconsumer_limitexceededexception_of_one_stream(aws: Wire) -> None:
    # B: 20 of one stream; the text is ours
    name = aws.stream()
    for consumer in LISTED_ALREADY:
        aws.consumer(name, consumer)
    asked = {"StreamARN": aws.arn(name), "ConsumerName": "one-more"}
    assert aws.error("RegisterStreamConsumer", **asked) == (
        "LimitExceededException",
        "This request would exceed the limit of 20 consumers for the stream "
        f"{name} under account {ACCOUNT}.",
    )
    aws.void("DeregisterStreamConsumer", StreamARN=aws.arn(name), ConsumerName=LISTED_ALREADY[7])
    aws.consumer(name, "one-more")


def test_registerstreamconsumer_limitexceededexception_of_those_in_creating(
    slow_aws: Wire,
) -> None:
    # B: a sixth one while five are in CREATING, in all streams together; the text is ours
    clock = slow_aws.server.clock
    streams = [slow_aws.stream() for _ in range(2)]
    clock.advance(milliseconds=TRANSITION_MS)
    for number in range(5):
        slow_aws.consumer(streams[number % 2], f"c{number}")
    asked = {"StreamARN": slow_aws.arn(streams[0]), "ConsumerName": "sixth"}
    assert slow_aws.error("RegisterStreamConsumer", **asked) == (
        "LimitExceededException",
        "This request would exceed the limit on the number of consumers that can "
        "simultaneously be in CREATING. Limit: 5",
    )
    clock.advance(milliseconds=TRANSITION_MS)
    slow_aws.consumer(streams[0], "sixth")
    clock.advance(milliseconds=TRANSITION_MS)


def test_registerstreamconsumer_invalidargumentexception(aws: Wire, stream: str) -> None:
    asked = {"StreamARN": aws.arn(stream), "ConsumerName": "tagged"}
    code, message = aws.error("RegisterStreamConsumer", **asked, Tags={"a;": ""})
    assert (code, message[:35]) == (
        "InvalidArgumentException",
        "Some tags contain invalid character",
    )
    many = {f"k{number}": "" for number in range(51)}
    assert aws.error("RegisterStreamConsumer", **asked, Tags=many) == (
        "InvalidArgumentException",
        "A resource cannot have more than 50 tags.",
    )
    other = f"arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/{stream}"
    assert (
        aws.error("RegisterStreamConsumer", StreamARN=other, ConsumerName="a")[0]
        == "InvalidArgumentException"
    )


NAMED = ["DescribeStreamConsumer", "DeregisterStreamConsumer"]
WRONG: list[tuple[dict[str, str], str]] = [
    ({}, "Either ConsumerARN or both StreamARN and ConsumerName should be provided."),
    (
        {"ConsumerName": "reader"},
        "Either ConsumerARN or both StreamARN and ConsumerName should be provided.",
    ),
    (
        {"StreamARN": "{stream}"},
        "Either ConsumerARN or both StreamARN and ConsumerName should be provided.",
    ),
    (
        {"ConsumerARN": "{reader}", "ConsumerName": "other"},
        "ConsumerARN {reader} and the StreamARN or ConsumerName given with it "
        "do not name the same consumer.",
    ),
    (
        {"ConsumerARN": "{reader}", "StreamARN": "{stream}x"},
        "ConsumerARN {reader} and the StreamARN or ConsumerName given with it "
        "do not name the same consumer.",
    ),
]


@pytest.mark.parametrize("operation", NAMED)
@pytest.mark.parametrize(("members", "message"), WRONG)
def test_describe_and_deregisterstreamconsumer_invalidargumentexception(
    aws: Wire, stream: str, operation: str, members: dict[str, str], message: str
) -> None:
    listed = aws.ok("ListStreamConsumers", StreamARN=aws.arn(stream))["Consumers"]
    reader = next(c["ConsumerARN"] for c in listed if c["ConsumerName"] == "reader")

    def filled(text: str) -> str:
        return text.replace("{stream}", aws.arn(stream)).replace("{reader}", reader)

    asked = {name: filled(value) for name, value in members.items()}
    assert aws.error(operation, **asked) == ("InvalidArgumentException", filled(message))


@pytest.mark.parametrize("operation", NAMED)
def test_describe_and_deregisterstreamconsumer_resourcenotfoundexception(
    aws: Wire, stream: str, operation: str
) -> None:
    # The code is what KCL relies on; M's text
    asked = {"StreamARN": aws.arn(stream), "ConsumerName": "nobody"}
    assert aws.error(operation, **asked) == NO_CONSUMER
    arn = f"{aws.arn(stream)}/consumer/nobody:1700000000"
    assert aws.error(operation, ConsumerARN=arn) == NO_CONSUMER
    gone = new_name()
    arn = f"{aws.arn(gone)}/consumer/nobody:1700000000"
    assert aws.error(operation, ConsumerARN=arn) == stream_gone(gone)


@pytest.mark.parametrize("operation", NAMED)
def test_another_second_is_another_consumer(aws: Wire, stream: str, operation: str) -> None:
    arn = f"{aws.arn(stream)}/consumer/reader:1700000000"
    assert aws.error(operation, ConsumerARN=arn) == (
        "ResourceNotFoundException",
        f"Consumer reader, account {ACCOUNT} not found.",
    )


def test_liststreamconsumers_resourcenotfoundexception(aws: Wire) -> None:
    name = new_name()
    assert aws.error("ListStreamConsumers", StreamARN=aws.arn(name)) == stream_gone(name)


def test_liststreamconsumers_resourceinuseexception(slow_aws: Wire) -> None:
    stream = slow_aws.stream()
    assert slow_aws.error("ListStreamConsumers", StreamARN=slow_aws.arn(stream)) == not_active(
        stream, "CREATING"
    )
    slow_aws.server.clock.advance(milliseconds=TRANSITION_MS)


def test_liststreamconsumers_invalidargumentexception(aws: Wire, stream: str) -> None:
    other = aws.stream()
    asked: list[tuple[dict[str, Any], str]] = [
        ({"NextToken": "AAAA"}, "Invalid NextToken."),
        (
            {"NextToken": token(aws, stream), "StreamCreationTimestamp": 1},
            "NextToken and StreamCreationTimestamp cannot be provided together.",
        ),
        ({"NextToken": token(aws, stream), "StreamARN": aws.arn(other)}, "Invalid NextToken."),
    ]
    for members, message in asked:
        error = aws.error("ListStreamConsumers", **({"StreamARN": aws.arn(stream)} | members))
        assert error == ("InvalidArgumentException", message)


def test_liststreamconsumers_expirednexttokenexception(
    aws: Wire, stream: str, server: TestServer
) -> None:
    old = token(aws, stream)
    server.clock.advance(seconds=301)
    code, _ = aws.error("ListStreamConsumers", StreamARN=aws.arn(stream), NextToken=old)
    assert code == "ExpiredNextTokenException"
