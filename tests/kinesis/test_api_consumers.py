"""Consumers with enhanced fan-out: registered, described, listed, deregistered."""

from typing import Any

import pytest

from kinesis_wire import ACCOUNT, TRANSITION_MS, Wire, new_name, not_active, stream_gone
from shardline.testing import TestServer


def no_consumer(name: str) -> tuple[str, str]:
    """moto's text; AWS's own is not known, the code is what KCL relies on."""
    return "ResourceNotFoundException", f"Consumer {name}, account {ACCOUNT} not found."


def described(aws: Wire, arn: str) -> dict[str, Any]:
    answer = aws.ok("DescribeStreamConsumer", ConsumerARN=arn)["ConsumerDescription"]
    assert isinstance(answer, dict)
    return answer


def names(aws: Wire, stream: str, **members: Any) -> list[str]:
    answer = aws.ok("ListStreamConsumers", StreamARN=aws.arn(stream), **members)
    return [consumer["ConsumerName"] for consumer in answer["Consumers"]]


def test_registering_answers_creating_and_describing_adds_the_stream(
    aws: Wire, server: TestServer
) -> None:
    # L:kinesis stream_consumers 2022-08
    stream = aws.stream()
    second, milli = divmod(server.clock.now_ms(), 1000)
    made = aws.ok("RegisterStreamConsumer", StreamARN=aws.arn(stream), ConsumerName="a")
    expected = {
        "ConsumerName": "a",
        "ConsumerARN": f"{aws.arn(stream)}/consumer/a:{second}",
        "ConsumerStatus": "CREATING",
        "ConsumerCreationTimestamp": second + milli / 1000,
    }
    assert made == {"Consumer": expected}

    expected["ConsumerStatus"] = "ACTIVE"
    listed = aws.ok("ListStreamConsumers", StreamARN=aws.arn(stream))
    assert listed == {"Consumers": [expected]}
    expected["StreamARN"] = aws.arn(stream)
    assert described(aws, str(expected["ConsumerARN"])) == expected
    by_name = aws.ok("DescribeStreamConsumer", StreamARN=aws.arn(stream), ConsumerName="a")
    assert by_name == {"ConsumerDescription": expected}


def test_a_summary_counts_them(aws: Wire) -> None:
    stream = aws.stream()
    arn = aws.consumer(stream, "a")
    aws.consumer(stream, "b")

    def count() -> int:
        summary = aws.ok("DescribeStreamSummary", StreamName=stream)["StreamDescriptionSummary"]
        return int(summary["ConsumerCount"])

    assert count() == 2
    aws.void("DeregisterStreamConsumer", ConsumerARN=arn)
    assert count() == 1


@pytest.mark.parametrize("by_name", [False, True])
def test_one_that_was_deregistered_is_gone(aws: Wire, by_name: bool) -> None:
    stream = aws.stream()
    arn = aws.consumer(stream, "a")
    named = {"StreamARN": aws.arn(stream), "ConsumerName": "a"}
    both = named | {"ConsumerARN": arn}
    aws.void("DeregisterStreamConsumer", **(named if by_name else both))
    assert names(aws, stream) == []
    for operation in ("DescribeStreamConsumer", "DeregisterStreamConsumer"):
        assert aws.error(operation, ConsumerARN=arn) == no_consumer("a")
        assert aws.error(operation, **named) == no_consumer("a")


def test_a_name_registered_again_has_another_arn_within_the_same_second(
    aws: Wire, server: TestServer
) -> None:
    stream = aws.stream()
    arns = []
    for _ in range(3):
        arns.append(aws.consumer(stream, "a"))
        aws.void("DeregisterStreamConsumer", ConsumerARN=arns[-1])
    seconds = [int(arn.rpartition(":")[2]) for arn in arns]
    assert seconds == [seconds[0], seconds[0] + 1, seconds[0] + 2]
    assert aws.error("DescribeStreamConsumer", ConsumerARN=arns[0]) == no_consumer("a")

    # When its second has passed, it gets the time of the call again
    server.clock.advance(seconds=10)
    latest = aws.consumer(stream, "a")
    assert latest.endswith(f":{server.clock.now_ms() // 1000}")


def test_consumers_take_as_long_to_come_and_go_as_streams(slow_aws: Wire) -> None:
    clock = slow_aws.server.clock
    stream = slow_aws.stream()
    clock.advance(milliseconds=TRANSITION_MS)
    arn = slow_aws.consumer(stream, "a")
    assert described(slow_aws, arn)["ConsumerStatus"] == "CREATING"
    clock.advance(milliseconds=TRANSITION_MS)
    assert described(slow_aws, arn)["ConsumerStatus"] == "ACTIVE"
    slow_aws.void("DeregisterStreamConsumer", ConsumerARN=arn)
    slow_aws.void("DeregisterStreamConsumer", ConsumerARN=arn)  # again: it goes already
    assert described(slow_aws, arn)["ConsumerStatus"] == "DELETING"
    taken = slow_aws.error(
        "RegisterStreamConsumer", StreamARN=slow_aws.arn(stream), ConsumerName="a"
    )
    assert taken[0] == "ResourceInUseException"
    clock.advance(milliseconds=TRANSITION_MS)
    assert slow_aws.error("DescribeStreamConsumer", ConsumerARN=arn) == no_consumer("a")


def test_they_are_there_after_a_change_of_the_stream(aws: Wire) -> None:
    stream = aws.stream()
    arn = aws.consumer(stream, "a", Tags={"team": "blue"})
    aws.void("SplitShard", StreamName=stream, ShardToSplit="0", NewStartingHashKey=str(2**127))
    assert described(aws, arn)["ConsumerStatus"] == "ACTIVE"


def test_a_page_of_them_and_the_next(aws: Wire, server: TestServer) -> None:
    stream = aws.stream()
    for name in ("c", "a", "e", "b", "d"):
        aws.consumer(stream, name)
    first = aws.ok("ListStreamConsumers", StreamARN=aws.arn(stream), MaxResults=2)
    assert [each["ConsumerName"] for each in first["Consumers"]] == ["a", "b"]
    token = first["NextToken"]
    assert names(aws, stream, NextToken=token, MaxResults=2) == ["c", "d"]
    assert names(aws, stream, NextToken=token) == ["c", "d", "e"]
    assert "NextToken" not in aws.ok("ListStreamConsumers", StreamARN=aws.arn(stream))


def test_the_creation_time_tells_streams_of_one_name_apart(aws: Wire) -> None:
    stream = aws.stream()
    aws.consumer(stream, "a")
    created = aws.describe(stream)["StreamCreationTimestamp"]
    assert names(aws, stream, StreamCreationTimestamp=created) == ["a"]
    asked = {"StreamARN": aws.arn(stream), "StreamCreationTimestamp": created - 60}
    assert aws.error("ListStreamConsumers", **asked) == stream_gone(stream)


def test_a_stream_goes_with_its_consumers_when_told_so(aws: Wire) -> None:
    stream = aws.stream()
    arn = aws.consumer(stream, "a")
    aws.void("DeleteStream", StreamName=stream, EnforceConsumerDeletion=True)
    assert aws.error("DescribeStreamConsumer", ConsumerARN=arn) == stream_gone(stream)


def test_a_stream_whose_consumers_were_deregistered_goes_without(aws: Wire) -> None:
    stream = aws.stream()
    aws.void("DeregisterStreamConsumer", ConsumerARN=aws.consumer(stream, "a"))
    aws.void("DeleteStream", StreamName=stream)


def test_consumers_of_a_stream_that_goes_slowly(slow_aws: Wire) -> None:
    clock = slow_aws.server.clock
    stream = slow_aws.stream()
    clock.advance(milliseconds=TRANSITION_MS)
    arn = slow_aws.consumer(stream, "a")
    slow_aws.void("DeleteStream", StreamName=stream, EnforceConsumerDeletion=True)
    assert described(slow_aws, arn)["ConsumerStatus"] == "DELETING"
    clock.advance(milliseconds=TRANSITION_MS)
    assert slow_aws.error("DescribeStreamConsumer", ConsumerARN=arn) == stream_gone(stream)


def test_deletestream_resourceinuseexception(aws: Wire) -> None:
    # G13
    stream = aws.stream()
    aws.consumer(stream, "a")
    assert aws.error("DeleteStream", StreamName=stream) == (
        "ResourceInUseException",
        f"DeleteStream can\u2019t delete {ACCOUNT}:{stream} because there are consumers associated "
        f"with this data stream. To delete {stream} anyway, set the EnforceConsumerDeletion "
        "parameter to true to force the deletion of all the consumers that are associated with it.",
    )
    assert names(aws, stream) == ["a"]


def test_not_active_is_not_yet_in_use(slow_aws: Wire) -> None:
    stream = slow_aws.stream()
    asked = {"StreamARN": slow_aws.arn(stream)}
    assert slow_aws.error("RegisterStreamConsumer", **asked, ConsumerName="a") == not_active(
        stream, "CREATING"
    )
    assert slow_aws.error("ListStreamConsumers", **asked) == not_active(stream, "CREATING")


def test_names_are_free_across_streams(aws: Wire) -> None:
    one, other = aws.stream(), aws.stream()
    assert aws.consumer(one, "a") != aws.consumer(other, "a")
    assert aws.error("DescribeStreamConsumer", ConsumerARN=f"{aws.arn(new_name())}/consumer/a:1")[
        0
    ] == ("ResourceNotFoundException")
