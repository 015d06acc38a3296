"""AWS's sentences: the errors that more than one operation of Kinesis answers.

Texts were recorded from AWS by kinesalite's and localstack's suites and in public issues, unless
a docstring says that AWS's own is not known. `name` is always the stream's name (also when the
caller used an ARN), `shard` a shard id as text.
"""

from datetime import UTC, datetime

from shardline.gateway.errors import InternalFailure, ServiceError


def invalid_argument(text: str) -> ServiceError:
    """A parameter that the model allows and the operation does not."""
    return ServiceError("InvalidArgumentException", text)


def limit_exceeded(text: str) -> ServiceError:
    """A limit on numbers or rates of the account or the stream."""
    return ServiceError("LimitExceededException", text)


def in_use(text: str) -> ServiceError:
    """The resource is not in a state that allows the call."""
    return ServiceError("ResourceInUseException", text)


def not_found(text: str) -> ServiceError:
    """A stream, shard or other resource that does not exist."""
    return ServiceError("ResourceNotFoundException", text)


def stream_not_found(name: str, account: str) -> ServiceError:
    """The stream does not exist, or is not yet or no longer there for this call."""
    return not_found(f"Stream {name} under account {account} not found.")


def stream_exists(name: str, account: str) -> ServiceError:
    """CreateStream met the name of a stream that exists, in whatever state."""
    return in_use(f"Stream {name} under account {account} already exists.")


def stream_not_active(name: str, account: str, status: str) -> ServiceError:
    """The call needs an ACTIVE stream."""
    return in_use(f"Stream {name} under account {account} not ACTIVE, instead in state {status}")


def shard_not_found(shard: str, name: str, account: str) -> ServiceError:
    """A shard id that cannot be read (as it was sent), or that a reshard does not find."""
    return not_found(f"Could not find shard {shard} in stream {name} under account {account}.")


def shard_does_not_exist(shard: str, name: str, account: str) -> ServiceError:
    """A reader's shard, or its stream, does not exist."""
    return not_found(f"Shard {shard} in stream {name} under account {account} does not exist")


def consumer_not_found(consumer: str, account: str) -> ServiceError:
    """No consumer of that name, or another one of it. moto's text; AWS's own is not known."""
    return not_found(f"Consumer {consumer}, account {account} not found.")


def consumer_exists(consumer: str, name: str, account: str) -> ServiceError:
    """RegisterStreamConsumer met the name of a consumer. AWS's own text is not known."""
    return in_use(f"Consumer {consumer} under stream {name} and account {account} already exists.")


def consumer_not_active(consumer: str, second: int, name: str, account: str) -> ServiceError:
    """The call needs an ACTIVE consumer; the text is that of PutResourcePolicy."""
    return in_use(
        f"Consumer {consumer} with creation timestamp {second} under stream {name} "
        f"and account {account} is not in ACTIVE status."
    )


def consumer_cannot_read(consumer: str, second: int, name: str, account: str) -> ServiceError:
    """SubscribeToShard needs an ACTIVE consumer, and says it in its own way (sic)."""
    return in_use(
        f"Consumer {consumer} with creation timestamp {second} under stream: {name} , "
        f"account {account} is not in ACTIVE status."
    )


def already_subscribed(consumer: str, shard: str, name: str, account: str) -> ServiceError:
    """A consumer has a subscription to this shard, and has it for less than 5 seconds."""
    return in_use(
        f"Another active subscription exists for this consumer: {account}:{name}:{shard}:{consumer}"
    )


def has_consumers(name: str, account: str) -> ServiceError:
    """DeleteStream met consumers that it was not told to deregister."""
    return in_use(
        f"DeleteStream can\u2019t delete {account}:{name} because there are consumers associated "
        f"with this data stream. To delete {name} anyway, set the EnforceConsumerDeletion "
        "parameter to true to force the deletion of all the consumers that are associated with it."
    )


def stream_rate_exceeded(name: str, account: str) -> ServiceError:
    """Too many calls of a control operation."""
    return limit_exceeded(f"Rate exceeded for stream {name} under account {account}.")


def account_rate_exceeded(account: str) -> ServiceError:
    """Too many calls of a control operation that names no stream; ListStreams was seen to say it.

    Source: graylog-plugin-integrations, issue 341 (2019).
    """
    return limit_exceeded(f"Rate exceeded for account {account}.")


def shard_rate_exceeded(shard: str, name: str, account: str) -> ServiceError:
    """A shard's throughput is used up. PutRecords has the same pair per record."""
    return ServiceError(
        "ProvisionedThroughputExceededException",
        f"Rate exceeded for shard {shard} in stream {name} under account {account}.",
    )


def shard_read_rate_exceeded(shard: str, name: str, account: str) -> ServiceError:
    """As `shard_rate_exceeded`, in the words GetRecords was seen to use in 2023 and 2025."""
    return ServiceError(
        "ProvisionedThroughputExceededException",
        f"Rate exceeded for Shard - {account}/{name}/{shard}",
    )


def stream_is_on_demand(name: str, account: str) -> ServiceError:
    """An operation for provisioned streams only. The text is moto's; AWS's own is not known."""
    return ServiceError(
        "ValidationException",
        f"Request is invalid. Stream {name} under account {account} is in On-Demand mode.",
    )


def internal_failure() -> ServiceError:
    """AWS's answer, without a message, where it trips over its own feet."""
    return InternalFailure()


def shard_limit_exceeded(
    account: str, region: str, *, current: int, limit: int, additional: int
) -> ServiceError:
    """The account would have more open shards in the region than it may."""
    return limit_exceeded(
        f"This request would exceed the shard limit for the account {account} in {region}. "
        f"Current shard count for the account: {current}. Limit: {limit}. "
        f"Number of additional shards that would have resulted from this request: {additional}. "
        "Refer to the AWS Service Limits page "
        "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) "
        "for current limits and how to request higher limits."
    )


def too_many_streams_changing(limit: int) -> ServiceError:
    """CreateStream while `limit` streams are in CREATING or DELETING (sic: "have exceed")."""
    return limit_exceeded(
        "This request would have exceed the limit on the number of streams that can "
        f"simultaneously be in CREATING or DELETING. Limit: {limit}"
    )


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def date(time_ms: int) -> str:
    """A time as AWS writes it into messages (java.util.Date): `Sun Oct 10 05:17:11 UTC 2021`."""
    # strftime would follow the machine's locale.
    at = datetime.fromtimestamp(time_ms // 1000, UTC)
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day} {month} {at.day:02d} {at:%H:%M:%S} UTC {at.year}"
