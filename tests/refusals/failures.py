"""InternalFailureException, 500: the store fails, or we do. SDKs try again by themselves."""

from dataclasses import replace

from refusals.calls import stream_of
from refusals.readiness import ready
from refusals.registry import Refused, refusal
from refusals.world import World
from shardline.storage.record_log import StorageError, WriteFailed

FAILURE = "InternalFailureException"
STORAGE = "Internal Service Failure"
CHANGING = ("DeleteResourcePolicy", "PutResourcePolicy", "TagResource", "UntagResource")


@refusal(["PutRecord", "PutRecords"], FAILURE)
def the_disk_is_full(aws: World, operation: str) -> Refused:
    members = ready(aws, operation)
    aws.store.fail("append")
    return Refused(aws.kinesis, members, STORAGE)


@refusal("GetRecords", FAILURE)
def a_page_is_damaged(aws: World, operation: str) -> Refused:
    members = ready(aws, operation)
    aws.store.fail("read", StorageError("a page is damaged"))
    return Refused(aws.kinesis, members, STORAGE)


@refusal("GetShardIterator", FAILURE)
def an_old_number_of_version_0(aws: World, operation: str) -> Refused:
    """AWS's own trip over its own feet, as kinesalite's suite recorded it."""
    members = ready(aws, operation)
    begin = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": "0"}
    return Refused(aws.kinesis, members | begin, None)


@refusal("GetShardIterator", FAILURE, "the store cannot look up a time")
def an_index_is_damaged(aws: World, operation: str) -> Refused:
    members = ready(aws, operation)
    aws.store.fail("offset_at", StorageError("a page is damaged"))
    begin = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": 0}
    return Refused(aws.kinesis, members | begin, STORAGE)


@refusal(CHANGING, FAILURE)
def the_catalog_cannot_write(aws: World, operation: str) -> Refused:
    members = ready(aws, operation)

    async def failing(*_: object) -> None:
        raise WriteFailed("no space left on device")

    aws.patch(aws.server.node.catalog, "update", failing)
    return Refused(aws.kinesis, members, STORAGE)


@refusal(["GetResourcePolicy", "ListTagsForResource"], FAILURE)
def what_is_in_memory_is_broken(aws: World, operation: str) -> Refused:
    """A fault of ours: the answer is made from memory, so that no store can fail it."""
    members = ready(aws, operation)
    (live,) = (
        each for each in aws.server.node.book.all() if each.stream.name == stream_of(members)
    )
    aws.patch(live, "stream", replace(live.stream, tags=None, policy=object()))  # type: ignore[arg-type]
    return Refused(aws.kinesis, members, None)
