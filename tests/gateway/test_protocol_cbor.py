"""Kinesis's CBOR: hostile bodies, timestamps, types, answers. botocore is the oracle elsewhere."""

import contextlib
import tracemalloc

import cbor2
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.shape_values import KINESIS, json_values
from shardline.gateway.errors import SerializationError, ServiceError
from shardline.gateway.protocols import MAX_DEPTH, MAX_VALUES
from shardline.gateway.protocols.cbor import CborProtocol
from shardline.gateway.protocols.cbor_guard import is_harmless

CBOR = CborProtocol()
NUMBER = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber"
# 2015-09-02T17:36:50.867Z as the Java SDKs write it.
TIME_MS = cbor2.CBORTag(1, 1441215410867)


def nested(depth):
    """A map of containers inside one another, `depth` in all."""
    return b"\xa1\x61a" + b"\x81" * (depth - 1) + b"\x00"


@pytest.mark.parametrize(
    "body",
    {
        "empty": b"",
        "no map": cbor2.dumps([1]),
        "a number": b"\x01",
        "null": b"\xf6",
        "JSON": b'{"a":1}',
        "cut off": cbor2.dumps({"a": "bcd"})[:-1],
        "more behind": cbor2.dumps({}) + b"\x00",
        "a length beyond the body": b"\xa1\x61a\x5b\x00\x00\x00\x7f\xff\xff\xff\xff\x00",
        "the greatest length": b"\xa1\x61a\x5b" + b"\xff" * 8,
        "a count beyond the body": b"\xa1\x61a\x9b\x00\x00\x00\x7f\xff\xff\xff\xff\x00",
        "the greatest count": b"\xbb" + b"\xff" * 8,
        "an argument cut off": b"\xa1\x61a\x1b\x00",
        "a break alone": b"\xff",
        "a break in a list with a count": b"\xa1\x61a\x82\x01\xff",
        "a break between key and value": b"\xbf\x61a\xff",
        "a tag around a break": b"\xa1\x61a\x9f\xc1\xff",
        "no break": b"\xbf\x61a\x01",
        "a reserved argument": b"\xa1\x61a\x1c",
        "an integer of indefinite length": b"\xa1\x61a\x1f",
        "a tag of indefinite length": b"\xa1\x61a\xdf\x00",
        "undefined": b"\xa1\x61a\xf7",
        "a simple value": b"\xa1\x61a\xe0",
        "a simple value in a byte": b"\xa1\x61a\xf8\x20",
        "text that is not UTF-8": b"\xa1\x61a\x61\xff",
        "text made of bytes": b"\xa1\x61a\x7f\x41b\xff",
        "text made of lists": b"\xa1\x61a\x7f\x81\x61b\xff",
        "a key of an integer": cbor2.dumps({1: 2}),
        "a key of bytes": cbor2.dumps({b"a": 2}),
        "a key of a list": b"\xa1\x80\x01",
        "a second key of a map": b"\xa2\x61a\x01\xa0\x01",
        "a key in parts": b"\xbf\x7f\x61a\xff\x01\xff",
        "a key of a tag": b"\xa1\xc1\x61a\x01",
        "a key of a list, no count": b"\xbf\x80\x01\xff",
        "a date in words": cbor2.dumps({"a": cbor2.CBORTag(0, "2013-03-21T20:04:00Z")}),
        "a bignum": cbor2.dumps({"a": 2**70}),
        "a huge fraction": b"\xa1\x61a\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01",
        "a regular expression": b"\xa1\x61a\xd8\x23\x64(a+)",
        "a cycle": b"\xd8\x1c\xa1\x61a\xd8\x1d\x00",
        "an unknown tag": b"\xa1\x61a\xd8\x63\x00",
        "tag 1 in a long form": b"\xa1\x61a\xd8\x01\x00",
        "one too deep": nested(MAX_DEPTH + 1),
        "deep lists": nested(100_000),
        "deep lists without counts": b"\xbf\x61a" + b"\x9f" * 100_000,
        "deep maps": b"\xa1\x61a" * 100_000 + b"\x00",
        "deep tags": b"\xa1\x61a" + b"\xc1" * 100_000 + b"\x00",
        "deep strings": b"\xa1\x61a" + b"\x5f" * 100_000,
    }.items(),
    ids=lambda body: body[0],
)
def test_a_hostile_body_is_refused_without_a_message(body):
    with pytest.raises(SerializationError) as refused:
        CBOR.decode(body[1])
    assert cbor2.loads(CBOR.error_response(refused.value).body) == {
        "__type": "SerializationException"
    }


@pytest.mark.slow
def test_the_number_of_values_is_bounded_and_so_is_memory():
    # Given ten megabytes of empty lists, which cbor2 alone makes 750 MB of, and the most allowed
    refused = b"\xa1\x61a\x9f" + b"\x80" * 10_000_000 + b"\xff"
    most = b"\xa1\x61a\x9f" + b"\x80" * (MAX_VALUES - 4) + b"\xff"
    tracemalloc.start()
    try:
        # When they are decoded, then the first is refused, and the other takes little.
        with pytest.raises(SerializationError):
            CBOR.decode(refused)
        assert len(CBOR.decode(most)["a"]) == MAX_VALUES - 4
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()
    with pytest.raises(SerializationError):
        CBOR.decode(most[:-1] + b"\x80\xff")


@given(st.dictionaries(st.text(max_size=5), json_values | st.binary(max_size=5), max_size=4))
@example({"a": "b" * 23, "c": b"d" * 24, "e": ["f" * 256, b"g" * 65536]})
@example({"a": [[]] * 24, "b": [{}] * 300, "c": {str(i): i for i in range(24)}})
@example({"a": [0, 23, 24, 255, 256, 2**16, 2**32, 2**64 - 1, -1, -24, -(2**64)]})
@example({})
def test_plain_values_are_read_with_counts_and_without(value):
    for indefinite in (False, True):
        try:
            body = cbor2.dumps(value, indefinite_containers=indefinite)
            has_bignum = b"\xc2" in body or b"\xc3" in body
        except cbor2.CBOREncodeError:
            return
        if is_harmless(body):
            assert CBOR.decode(body) == value
        else:
            assert has_bignum


def test_strings_in_parts_and_the_deepest_body_are_read():
    body = b"\xbf\x61a\x7f\x61a\x61b\xff\x61b\x5f\x41c\x41d\xff\xff"
    assert CBOR.decode(body) == {"a": "ab", "b": b"cd"}
    assert CBOR.decode(nested(MAX_DEPTH))
    assert CBOR.decode(b"\xa3\x61a\xf5\x61b\xf6\x61c\xf9\x3e\x00") == {
        "a": True,
        "b": None,
        "c": 1.5,
    }


@given(st.binary(max_size=200))
@example(b"\xf7")
def test_any_bytes_are_read_or_refused(body):
    with contextlib.suppress(SerializationError):
        assert isinstance(CBOR.decode(body), dict)


@given(st.dictionaries(st.text(max_size=5), json_values, min_size=1, max_size=3), st.data())
def test_garbled_cbor_is_read_or_refused(value, data):
    body = bytearray(cbor2.dumps(value, indefinite_containers=data.draw(st.booleans())))
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(SerializationError):
        assert all(isinstance(key, str) for key in CBOR.decode(bytes(body)))


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (TIME_MS, 1441215410.867),
        (1441215410867, 1441215410.867),
        (cbor2.CBORTag(1, 1441215410.867), 1441215410.867),
        (cbor2.CBORTag(1, -1500), -1.5),
        (0, 0.0),
        (float("nan"), 0.0),
        (float("inf"), (2**63 - 1) / 1000),
        (2**64 - 1, (2**63 - 1) / 1000),
    ],
)
def test_integers_are_milliseconds_and_floats_seconds(time, expected):
    operation = KINESIS.operations["GetShardIterator"]
    decoded = CBOR.decode(cbor2.dumps({"Timestamp": time}))
    assert CBOR.check(operation, decoded) == {"Timestamp": expected}


@pytest.mark.parametrize(
    ("operation", "member", "value", "text"),
    [
        ("PutRecord", "Data", "QQ==", "class java.lang.String can not be converted to a Blob"),
        ("PutRecord", "Data", 1, f"{NUMBER} can not be converted to a Blob"),
        ("PutRecord", "Data", [], "Start of list found where not expected"),
        ("PutRecord", "StreamName", 1, f"{NUMBER} can not be converted to an String"),
        (
            "PutRecord",
            "StreamName",
            b"a",
            "class java.nio.HeapByteBuffer can not be converted to an String",
        ),
        ("PutRecords", "Records", b"a", "Expected list or null"),
        ("PutRecords", "Records", [b"a"], "Expected null"),
        (
            "GetShardIterator",
            "Timestamp",
            "1",
            "class java.lang.String can not be converted to milliseconds since epoch",
        ),
        (
            "DescribeStream",
            "Limit",
            "1",
            "class java.lang.String can not be converted to an Integer",
        ),
    ],
)
def test_a_wrong_type_is_refused_in_awss_words(operation, member, value, text):
    decoded = CBOR.decode(cbor2.dumps({member: value}))
    with pytest.raises(SerializationError) as refused:
        CBOR.check(KINESIS.operations[operation], decoded)
    assert cbor2.loads(CBOR.error_response(refused.value).body) == {
        "__type": "SerializationException",
        "Message": text,
    }


def test_not_a_number_is_zero_and_infinity_is_cut_down():
    describe = KINESIS.operations["DescribeStream"]
    for given_limit, limit in ((float("nan"), 0), (float("inf"), 2**31 - 1)):
        decoded = CBOR.decode(cbor2.dumps({"Limit": given_limit}))
        assert CBOR.check(describe, decoded) == {"Limit": limit}


class Record(msgspec.Struct, omit_defaults=True):
    Data: bytes
    ApproximateArrivalTimestamp: float
    EncryptionType: str | None = None


class GetRecordsOutput(msgspec.Struct, omit_defaults=True):
    Records: tuple[Record, ...] | list[Record]
    NextShardIterator: str | None = None


@pytest.mark.parametrize("container", [list, tuple])
def test_structs_and_mappings_are_written_alike(container):
    # Given one answer as a struct, as a mapping of structs, and as mappings
    get_records = KINESIS.operations["GetRecords"]
    records = container([Record(b"\xfb\xff", 1441215410.867)])
    plain = {"Data": b"\xfb\xff", "ApproximateArrivalTimestamp": 1441215410.867}
    answers = [
        GetRecordsOutput(records),
        {"Records": records, "NextShardIterator": None},
        {"Records": container([{**plain, "EncryptionType": None}])},
    ]
    # When they are written, then they are the same: blobs as bytes, time in milliseconds.
    expected = {"Records": [{"Data": b"\xfb\xff", "ApproximateArrivalTimestamp": TIME_MS}]}
    for answer in answers:
        assert CBOR.encode(get_records, answer) == cbor2.dumps(expected)
    # And what was handed over is unchanged.
    assert records[0].ApproximateArrivalTimestamp == 1441215410.867
    assert answers[2]["Records"][0]["ApproximateArrivalTimestamp"] == 1441215410.867


def test_a_void_operations_answer_has_no_bytes():
    assert CBOR.encode(KINESIS.operations["CreateStream"], None) == b""
    assert CBOR.encode(KINESIS.operations["CreateStream"], {}) == b""
    assert CBOR.encode(KINESIS.operations["ListStreams"], None) == b""


def test_a_member_that_the_model_lacks_is_our_error():
    with pytest.raises(KeyError, match="Shard"):
        CBOR.encode(KINESIS.operations["ListShards"], {"Shard": []})


def test_an_error_has_the_bare_code():
    # localstack's snapshot of AWS, 2025-09
    error = ServiceError("ResourceNotFoundException", "Stream a under account N not found.")
    assert cbor2.loads(CBOR.error_response(error).body) == {
        "__type": "ResourceNotFoundException",
        "message": "Stream a under account N not found.",
    }


def test_the_content_type_is_awss():
    assert CBOR.content_type == b"application/x-amz-cbor-1.1"
