"""What an iterator is: its form, its age, whose it is."""

import base64

import pytest

from kinesis_wire import (
    Wire,
    shard_gone,
    shard_id,
)
from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Caller
from shardline.kinesis.encryption.reads import Reads
from shardline.kinesis.encryption.vault import Vault
from shardline.kinesis.meters import LocalMeters
from shardline.kinesis.operations.gets import Gets
from shardline.kinesis.reading import Reading
from shardline.kinesis.structs import GetRecordsInput
from shardline.kinesis.throughput import Throughput
from shardline.testing import TestServer


@pytest.mark.parametrize("length", [1, 5, 14, 30, 128])
def test_the_form_of_an_iterator(aws: Wire, length: int) -> None:
    name = "f" * length
    aws.void("CreateStream", StreamName=name, ShardCount=1)
    raw = base64.b64decode(aws.iterator(name), validate=True)
    # K:helpers
    assert raw[:8] == b"\0\0\0\0\0\0\0\1"
    assert (len(raw) - 152) % 16 == 0


def test_no_two_iterators_are_the_same(aws: Wire) -> None:
    name = aws.stream()
    assert len({aws.iterator(name) for _ in range(5)}) == 5


def test_an_iterator_is_good_for_300_seconds(aws: Wire) -> None:
    name = aws.stream()
    iterator = aws.iterator(name)
    aws.server.clock.advance(seconds=300)
    following = aws.get(iterator)["NextShardIterator"]
    aws.server.clock.advance(milliseconds=1)
    code, message = aws.error("GetRecords", ShardIterator=iterator)
    assert code == "ExpiredIteratorException"
    # K:getRecords, G22
    assert message.startswith("Iterator expired. The iterator was created at time ")
    assert " UTC " in message
    assert message.endswith(
        " which is further in the future than the tolerated delay of 300000 milliseconds."
    )
    assert aws.get(following)["Records"] == []


def test_an_iterator_that_was_made_elsewhere(server: TestServer, aws: Wire) -> None:
    iterator = aws.iterator(aws.stream())
    raw = base64.b64decode(iterator)
    nowhere = ("InvalidArgumentException", "Invalid ShardIterator.")  # K:getRecords
    for place in (0, 7, 8, 20, 40, len(raw) - 1):
        forged = bytearray(raw)
        forged[place] ^= 1
        bad = base64.b64encode(forged).decode()
        assert aws.error("GetRecords", ShardIterator=bad) == nowhere
    for bad in (iterator[:-4], iterator[4:], iterator + "AAAA", "x", "é", "AAAA", "A" * 512):
        assert aws.error("GetRecords", ShardIterator=bad) == nowhere
    token = aws.ok("ListShards", StreamName=aws.stream(shards=2), MaxResults=1)["NextToken"]
    assert aws.error("GetRecords", ShardIterator=token) == nowhere


@pytest.mark.parametrize("length", [0, 513])
def test_an_iterator_of_a_wrong_length(aws: Wire, length: int) -> None:
    code, message = aws.error("GetRecords", ShardIterator="A" * length)
    assert code == "ValidationException"
    assert "at 'shardIterator' failed to satisfy constraint: Member must have length" in message


def test_an_iterator_within_quotes(aws: Wire) -> None:
    name = aws.stream()  # LT
    aws.put(name, b"x")
    assert aws.datas(f'"{aws.iterator(name)}"') == [b"x"]


def test_the_region_signed_for_decides(server: TestServer, aws: Wire) -> None:
    name = aws.stream()
    iterator = aws.iterator(name)
    with Wire(server, "eu-west-2") as elsewhere:
        elsewhere.void("CreateStream", StreamName=name, ShardCount=1)
        assert elsewhere.error("GetRecords", ShardIterator=iterator) == shard_gone(name)


def test_the_account_that_signed_decides(server: TestServer, aws: Wire) -> None:
    # Given an iterator, and a caller of another account, whom no server knows yet
    name = aws.stream()
    iterator = aws.iterator(name)
    node = server.node
    key = server.run(node.catalog.secret("token-key", 32))
    throughput = Throughput(LocalMeters(), server.clock)
    reads = Reads(node.records, Vault(node.kms))
    reading = Reading(node.book, node.records, reads, server.clock)
    gets = Gets(node.book, reading, server.clock, key, throughput)
    other = Caller("999999999999", server.region, "AKID", "arn", is_root=True)
    with pytest.raises(ServiceError) as refusal:
        server.run(gets.get_records(other, GetRecordsInput(iterator)))
    assert refusal.value.code == "ResourceNotFoundException"
    assert refusal.value.message == (
        f"Shard {shard_id(0)} in stream {name} under account 999999999999 does not exist"
    )


def test_the_iterator_of_a_stream_that_was_deleted(aws: Wire) -> None:
    name = aws.stream()
    aws.put(name)
    iterator = aws.iterator(name)
    aws.void("DeleteStream", StreamName=name)
    assert aws.error("GetRecords", ShardIterator=iterator) == shard_gone(name)  # K:getRecords
    # Nor does it read the next stream of that name (AWS: InternalFailure, K's TODO)
    aws.void("CreateStream", StreamName=name, ShardCount=1)
    assert aws.error("GetRecords", ShardIterator=iterator) == shard_gone(name)
