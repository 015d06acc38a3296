"""JSON 1.1: bodies that cannot be read, answers, errors. botocore is the oracle elsewhere."""

import contextlib
import json
import tracemalloc

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.shape_values import KINESIS, json_values
from shardline.gateway.errors import SerializationError, ServiceError
from shardline.gateway.protocols import MAX_DEPTH, MAX_VALUES
from shardline.gateway.protocols.json import JsonProtocol

JSON = JsonProtocol()


def nested(depth):
    """An object of containers inside one another, `depth` in all."""
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"true",
        b"null",
        b"[]",
        b'"a"',
        b"{",
        b"{} {}",
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":NaN}',
        b'{"a":"\xff"}',
        b'{"\xff":1}',
        b'{"a":"\\ud800"}',
        b'\xef\xbb\xbf{"a":1}',
        nested(MAX_DEPTH + 1),
        b'{"a":' + b"[" * 100_000,
        b'{"a":' * 100_000,
        nested(100_000),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_is_no_object_is_refused_without_a_message(body):
    with pytest.raises(SerializationError) as refused:
        JSON.decode(body)
    assert JSON.error_response(refused.value).body == b'{"__type":"SerializationException"}'


def test_an_object_is_read():
    assert JSON.decode(b' {"a": [1, 2.5, null, true, "\\u00e9"]} ') == {
        "a": [1, 2.5, None, True, "é"]
    }
    assert JSON.decode(b'{"a":1,"a":2}') == {"a": 2}
    assert JSON.decode(nested(MAX_DEPTH))


@pytest.mark.slow
def test_the_number_of_values_is_bounded_and_so_is_memory():
    # Given ten megabytes of empty lists, and the most that are let through
    refused = b'{"a":[' + b"[]," * 3_400_000 + b"[]]}"
    most = b'{"a":[' + b"[]," * (MAX_VALUES // 2 - 3) + b"[]]}"
    tracemalloc.start()
    try:
        # When they are decoded, then the first is refused, and the other takes little.
        with pytest.raises(SerializationError):
            JSON.decode(refused)
        assert len(JSON.decode(most)["a"]) == MAX_VALUES // 2 - 2
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


def test_the_largest_put_records_fits():
    records = [{"Data": "", "PartitionKey": "," * 256, "ExplicitHashKey": "0"}] * 500
    JSON.decode(json.dumps({"Records": records}).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body):
    with contextlib.suppress(SerializationError):
        assert isinstance(JSON.decode(body), dict)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=3), st.data())
def test_garbled_json_is_read_or_refused(value, data):
    body = bytearray(json.dumps(value).encode())
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(SerializationError):
        assert isinstance(JSON.decode(bytes(body)), dict)


def test_a_void_operations_answer_has_no_bytes():
    create_stream = KINESIS.operations["CreateStream"]
    assert JSON.encode(create_stream, None) == b""
    assert JSON.encode(create_stream, {}) == b""
    assert JSON.encode(KINESIS.operations["ListStreams"], None) == b""


def test_an_answer_leaves_out_what_is_none():
    # Given an answer with absent members at every level
    answer = {
        "Shards": [{"ShardId": "shardId-000000000000", "ParentShardId": None}],
        "NextToken": None,
    }
    # When it is written, then they are absent, and the answer is as it was.
    assert JSON.encode(KINESIS.operations["ListShards"], answer) == (
        b'{"Shards":[{"ShardId":"shardId-000000000000"}]}'
    )
    assert answer["NextToken"] is None


def test_a_member_that_the_model_lacks_is_our_error():
    with pytest.raises(KeyError, match="Shard"):
        JSON.encode(KINESIS.operations["ListShards"], {"Shard": []})


class Record(msgspec.Struct, omit_defaults=True):
    Data: bytes
    ApproximateArrivalTimestamp: float
    EncryptionType: str | None = None


class GetRecordsOutput(msgspec.Struct, omit_defaults=True):
    Records: list[Record]
    NextShardIterator: str | None = None


def test_structs_are_written_as_they_stand_alone_and_inside_a_mapping():
    get_records = KINESIS.operations["GetRecords"]
    records = [Record(b"\xfb\xff", 1441215410.867)]
    expected = b'{"Records":[{"Data":"+/8=","ApproximateArrivalTimestamp":1441215410.867}]}'
    assert JSON.encode(get_records, GetRecordsOutput(records)) == expected
    assert JSON.encode(get_records, {"Records": records, "NextShardIterator": None}) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            ServiceError("ResourceNotFoundException", "Stream a not found."),
            b'{"__type":"ResourceNotFoundException","message":"Stream a not found."}',
        ),
        (ServiceError("InternalFailure", status=500), b'{"__type":"InternalFailure"}'),
        (ServiceError("InternalFailure", ""), b'{"__type":"InternalFailure","message":""}'),
    ],
)
def test_an_error_is_written_as_aws_writes_it(error, expected):
    assert JSON.error_response(error).body == expected


def test_the_content_type_is_awss():
    assert JSON.content_type == b"application/x-amz-json-1.1"
