"""Tags and policies of streams and consumers, by ResourceARN."""

import pytest

from kinesis_wire import (
    ACCOUNT,
    POLICY,
    ROOT,
    TRANSITION_MS,
    Wire,
    new_name,
    not_active,
    stream_gone,
)

OTHER_POLICY = POLICY.replace("Allow", "Deny")
NO_CONSUMER = "ResourceNotFoundException", f"Consumer nobody, account {ACCOUNT} not found."


@pytest.fixture(params=["stream", "consumer"])
def arn(request: pytest.FixtureRequest, aws: Wire) -> str:
    """The ARN of a stream, or of a consumer."""
    stream = aws.stream()
    consumer = aws.consumer(stream)
    return aws.arn(stream) if request.param == "stream" else consumer


def tags(aws: Wire, arn: str) -> dict[str, str]:
    listed = aws.ok("ListTagsForResource", ResourceARN=arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in listed}


def policy(aws: Wire, arn: str) -> str:
    return str(aws.ok("GetResourcePolicy", ResourceARN=arn)["Policy"])


def test_tags_are_set_overwritten_and_taken_off(aws: Wire, arn: str) -> None:
    aws.void("TagResource", ResourceARN=arn, Tags={"a": "1", "b": ""})
    aws.void("TagResource", ResourceARN=arn, Tags={"a": "2", "c:d": "é"})
    assert tags(aws, arn) == {"a": "2", "b": "", "c:d": "é"}
    aws.void("UntagResource", ResourceARN=arn, TagKeys=["a", "nothing"])
    assert tags(aws, arn) == {"b": "", "c:d": "é"}


def test_a_consumer_has_its_tags_from_the_start_and_for_itself(aws: Wire) -> None:
    stream = aws.stream(Tags={"of": "stream"})
    one = aws.consumer(stream, "one", Tags={"of": "one"})
    other = aws.consumer(stream, "other")
    assert [tags(aws, arn) for arn in (aws.arn(stream), one, other)] == [
        {"of": "stream"},
        {"of": "one"},
        {},
    ]
    aws.void("DeregisterStreamConsumer", ConsumerARN=one)
    assert tags(aws, aws.consumer(stream, "one")) == {}


def test_a_policy_is_put_replaced_and_deleted(aws: Wire, arn: str) -> None:
    # L:kinesis resource_policy_crud 2025-08
    assert policy(aws, arn) == "{}"
    aws.void("PutResourcePolicy", ResourceARN=arn, Policy=POLICY)
    assert policy(aws, arn) == POLICY
    aws.void("PutResourcePolicy", ResourceARN=arn, Policy=OTHER_POLICY)
    assert policy(aws, arn) == OTHER_POLICY
    aws.void("DeleteResourcePolicy", ResourceARN=arn)
    assert policy(aws, arn) == "{}"


def test_putresourcepolicy_invalidargumentexception(aws: Wire, arn: str) -> None:
    error = aws.error("PutResourcePolicy", ResourceARN=arn, Policy="{}")
    text = "The resource policy is malformed: Syntax errors in policy. (Statement)"
    assert error == ("InvalidArgumentException", text)
    assert policy(aws, arn) == "{}"


def test_deleteresourcepolicy_resourcenotfoundexception_where_there_is_none(
    aws: Wire, arn: str
) -> None:
    # LT: an error; M: this one
    assert aws.error("DeleteResourcePolicy", ResourceARN=arn) == (
        "ResourceNotFoundException",
        f"No resource policy found for resource ARN {arn}.",
    )


CALLS: dict[str, dict[str, object]] = {
    "DeleteResourcePolicy": {},
    "GetResourcePolicy": {},
    "ListTagsForResource": {},
    "PutResourcePolicy": {"Policy": POLICY},
    "TagResource": {"Tags": {"a": "1"}},
    "UntagResource": {"TagKeys": ["a"]},
}
CHANGES = sorted(set(CALLS) - {"GetResourcePolicy", "ListTagsForResource"})


@pytest.mark.parametrize("operation", sorted(CALLS))
def test_each_resourcenotfoundexception(aws: Wire, operation: str) -> None:
    stream, gone = aws.stream(), new_name()
    of_nobody = f"{aws.arn(stream)}/consumer/nobody:1"
    expected = {
        aws.arn(gone): stream_gone(gone),
        f"{aws.arn(gone)}/consumer/a:1": stream_gone(gone),
        of_nobody: NO_CONSUMER,
    }
    for arn, error in expected.items():
        assert aws.error(operation, ResourceARN=arn, **CALLS[operation]) == error


@pytest.mark.parametrize("operation", sorted(CALLS))
def test_each_invalidargumentexception(aws: Wire, operation: str) -> None:
    # Theirs is not known: what is no stream's or consumer's ARN, and what is in another region
    queue = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:queue/q"
    half = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s/consumer/c"
    other = f"arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/s"
    expected = {
        queue: f"{queue} is not the ARN of a stream.",
        half: f"{half} is not the ARN of a stream.",
        other: f"The stream of {other} is not in account {ACCOUNT} and region us-east-1.",
        f"{other}/consumer/c:1": (
            f"The stream of {other} is not in account {ACCOUNT} and region us-east-1."
        ),
    }
    for arn, text in expected.items():
        error = aws.error(operation, ResourceARN=arn, **CALLS[operation])
        assert error == ("InvalidArgumentException", text)


@pytest.mark.parametrize("operation", sorted(CALLS))
@pytest.mark.parametrize("of_consumer", ["", "/consumer/c:1"], ids=["stream", "consumer"])
def test_each_accessdeniedexception_of_another_account_s(
    aws: Wire, operation: str, of_consumer: str
) -> None:
    arn = f"arn:aws:kinesis:us-east-1:111122223333:stream/s{of_consumer}"
    assert aws.denial(operation, ResourceARN=arn, **CALLS[operation]) == (
        f"User: {ROOT} is not authorized to perform: kinesis:{operation} on resource: {arn} "
        f"because no resource-based policy allows the kinesis:{operation} action"
    )


@pytest.mark.parametrize("operation", sorted(CALLS))
def test_each_validationexception(aws: Wire, operation: str) -> None:
    code, text = aws.error(operation, ResourceARN="arn:aws:s3:::bucket", **CALLS[operation])
    assert code == "ValidationException"
    assert "at 'resourceARN' failed to satisfy constraint" in text


@pytest.mark.parametrize("operation", CHANGES)
def test_each_change_of_a_stream_that_is_not_active_resourceinuseexception(
    slow_aws: Wire, operation: str
) -> None:
    stream = slow_aws.stream()
    error = slow_aws.error(operation, ResourceARN=slow_aws.arn(stream), **CALLS[operation])
    assert error == not_active(stream, "CREATING")
    slow_aws.server.clock.advance(milliseconds=TRANSITION_MS)


@pytest.mark.parametrize("operation", CHANGES)
def test_each_change_of_a_consumer_that_is_not_active_resourceinuseexception(
    slow_aws: Wire, operation: str
) -> None:
    # G26, of PutResourcePolicy
    clock = slow_aws.server.clock
    stream = slow_aws.stream()
    clock.advance(milliseconds=TRANSITION_MS)
    arn = slow_aws.consumer(stream, "c")
    assert slow_aws.error(operation, ResourceARN=arn, **CALLS[operation]) == (
        "ResourceInUseException",
        f"Consumer c with creation timestamp {arn.rpartition(':')[2]} under stream {stream} "
        f"and account {ACCOUNT} is not in ACTIVE status.",
    )
    clock.advance(milliseconds=TRANSITION_MS)
