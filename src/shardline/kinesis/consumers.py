"""Consumers with enhanced fan-out: how they are named, how they come and go, how AWS shows them.

CREATING and DELETING end at `Consumer.due_ms`. Nothing has to happen then, so nobody completes
them: `present` tells what there is at a time, and every look at a stream's consumers goes through
it.

An ARN ends in the second of registration, and no two consumers of a stream may share one. One that
was deregistered therefore stays among `Stream.consumers`, unseen, until its second has passed; its
name registered again meanwhile gets a later second than the one before, as a child shard does.
"""

from dataclasses import replace
from typing import Any

from shardline.kinesis import messages, naming
from shardline.storage.entities import Consumer, Stream

Consumers = tuple[Consumer, ...]


def present(stream: Stream, now_ms: int) -> Consumers:
    """The consumers of a stream as they are at a time, by name."""
    return tuple(
        _at(consumer, now_ms) for consumer in stream.consumers if not _is_gone(consumer, now_ms)
    )


def find(stream: Stream, name: str, now_ms: int, created_s: int | None = None) -> Consumer:
    """The consumer of that name, and of that second if one is given, as it is at a time.

    Raises ResourceNotFoundException.
    """
    for consumer in present(stream, now_ms):
        if consumer.name == name and created_s in (None, second(consumer)):
            return consumer
    raise messages.consumer_not_found(name, stream.account)


def find_active(stream: Stream, name: str, now_ms: int, created_s: int | None = None) -> Consumer:
    """As `find`; raises ResourceInUseException as well, when it is not ACTIVE."""
    consumer = find(stream, name, now_ms, created_s)
    if consumer.status != "ACTIVE":
        raise messages.consumer_not_active(name, second(consumer), stream.name, stream.account)
    return consumer


def register(stream: Stream, new: Consumer, now_ms: int) -> Stream:
    """The stream with one consumer more; its create time may be moved, see above.

    Raises ResourceInUseException when the name is taken.
    """
    if any(consumer.name == new.name for consumer in present(stream, now_ms)):
        raise messages.consumer_exists(new.name, stream.name, stream.account)
    earlier = [second(consumer) for consumer in stream.consumers if consumer.name == new.name]
    created_ms = max([new.created_ms, *((last + 1) * 1000 for last in earlier)])
    return change(stream, replace(new, created_ms=created_ms), now_ms)


def deregister(stream: Stream, name: str, created_s: int, *, now_ms: int, due_ms: int) -> Stream:
    """The stream with a consumer in DELETING until `due_ms`. One that is already, stays as it is.

    Raises ResourceNotFoundException.
    """
    consumer = find(stream, name, now_ms, created_s)
    if consumer.status == "DELETING":
        return stream
    return change(stream, replace(consumer, status="DELETING", due_ms=due_ms), now_ms)


def deregister_all(stream: Stream, *, now_ms: int, due_ms: int) -> Stream:
    """The stream with all its consumers in DELETING until `due_ms`, when it goes itself."""
    there = present(stream, now_ms)
    deleting = (replace(each, status="DELETING", due_ms=due_ms) for each in there)
    return replace(stream, consumers=tuple(deleting))


def change(stream: Stream, consumer: Consumer, now_ms: int) -> Stream:
    """The stream with that consumer in the place of the one of its name, if there is one."""
    others = [
        _at(other, now_ms)
        for other in stream.consumers
        if other.name != consumer.name and not _is_forgotten(other, now_ms)
    ]
    ordered = sorted([*others, consumer], key=lambda each: each.name)
    return replace(stream, consumers=tuple(ordered))


def creating(found: Consumers) -> int:
    """How many of them are in CREATING."""
    return sum(consumer.status == "CREATING" for consumer in found)


def lasting(found: Consumers) -> int:
    """How many of them are not in DELETING."""
    return sum(consumer.status != "DELETING" for consumer in found)


def second(consumer: Consumer) -> int:
    """The second in which a consumer was registered, as its ARN says it."""
    return consumer.created_ms // 1000


def arn(stream: Stream, consumer: Consumer) -> str:
    """A consumer's ARN."""
    of_stream = naming.stream_arn(stream.region, stream.account, stream.name)
    return f"{of_stream}/consumer/{consumer.name}:{second(consumer)}"


def describe(stream: Stream, consumer: Consumer) -> dict[str, Any]:
    """A consumer as RegisterStreamConsumer and ListStreamConsumers answer it."""
    return {
        "ConsumerName": consumer.name,
        "ConsumerARN": arn(stream, consumer),
        "ConsumerStatus": consumer.status,
        "ConsumerCreationTimestamp": consumer.created_ms / 1000,
    }


def _at(consumer: Consumer, now_ms: int) -> Consumer:
    if consumer.status == "CREATING" and consumer.due_ms <= now_ms:
        return replace(consumer, status="ACTIVE")
    return consumer


def _is_gone(consumer: Consumer, now_ms: int) -> bool:
    return consumer.status == "DELETING" and consumer.due_ms <= now_ms


def _is_forgotten(consumer: Consumer, now_ms: int) -> bool:
    """Whether a consumer is gone, and so long that its ARN cannot be given again."""
    return _is_gone(consumer, now_ms) and second(consumer) < now_ms // 1000
