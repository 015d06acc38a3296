import pytest

from shardline.gateway.errors import ServiceError
from shardline.kinesis import messages

NAME, ACCOUNT, SHARD = "flights", "000000000000", "shardId-000000000000"


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (
            messages.stream_rate_exceeded(NAME, ACCOUNT),
            "LimitExceededException",
            "Rate exceeded for stream flights under account 000000000000.",
        ),
        (
            messages.shard_rate_exceeded(SHARD, NAME, ACCOUNT),
            "ProvisionedThroughputExceededException",
            "Rate exceeded for shard shardId-000000000000 in stream flights "
            "under account 000000000000.",
        ),
        (
            messages.shard_does_not_exist(SHARD, NAME, ACCOUNT),
            "ResourceNotFoundException",
            "Shard shardId-000000000000 in stream flights under account 000000000000 "
            "does not exist",
        ),
        (
            messages.stream_is_on_demand(NAME, ACCOUNT),
            "ValidationException",
            "Request is invalid. Stream flights under account 000000000000 is in On-Demand mode.",
        ),
        (
            messages.too_many_streams_changing(5),
            "LimitExceededException",
            "This request would have exceed the limit on the number of streams that can "
            "simultaneously be in CREATING or DELETING. Limit: 5",
        ),
    ],
)
def test_texts_are_awss(error: ServiceError, code: str, text: str) -> None:
    assert (error.code, error.message, error.status) == (code, text, 400)


def test_an_internal_failure_has_no_message() -> None:
    error = messages.internal_failure()
    assert (error.code, error.message, error.status) == ("InternalFailure", None, 500)


def test_dates_are_javas() -> None:
    # spring-cloud-stream-binder-aws-kinesis#171 quotes AWS's
    assert messages.date(1_633_843_031_999) == "Sun Oct 10 05:17:11 UTC 2021"
    assert messages.date(1_633_237_031_000) == "Sun Oct 03 04:57:11 UTC 2021"
