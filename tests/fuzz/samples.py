"""A call of every operation that works, ways to spoil one, and what its answer must be like."""

import base64
import json
import re
import time
from collections.abc import Mapping
from typing import Any

import cbor2

from gateway.asgi_support import STREAM, Answer, InProcess, scope_of, signed_fields
from gateway.socket_support import ACCOUNT, CBOR, JSON, REGION
from kinesis_wire import POLICY

ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{STREAM}"
KEY = "alias/aws/kinesis"
CONSUMER_ARN = ARN + "/consumer/nobody:1"
SHARD = "shardId-000000000000"
HASH_KEY = str(2**127)
RECORD = {"Data": b"data", "PartitionKey": "key"}

CALLS: Mapping[str, Mapping[str, Any]] = {
    "AddTagsToStream": {"StreamName": STREAM, "Tags": {"key": "value"}},
    "CreateStream": {
        "StreamName": "another",
        "ShardCount": 2,
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        "Tags": {"key": "value"},
    },
    "DecreaseStreamRetentionPeriod": {"StreamName": STREAM, "RetentionPeriodHours": 24},
    "DeleteResourcePolicy": {"ResourceARN": ARN},
    "DeleteStream": {"StreamName": "another", "EnforceConsumerDeletion": True},
    "DeregisterStreamConsumer": {
        "StreamARN": ARN,
        "ConsumerName": "nobody",
        "ConsumerARN": CONSUMER_ARN,
    },
    "DescribeLimits": {},
    "DescribeStream": {"StreamName": STREAM, "Limit": 10, "ExclusiveStartShardId": SHARD},
    "DescribeStreamConsumer": {"StreamARN": ARN, "ConsumerName": "nobody"},
    "DescribeStreamSummary": {"StreamARN": ARN},
    "DisableEnhancedMonitoring": {"StreamName": STREAM, "ShardLevelMetrics": ["ALL"]},
    "EnableEnhancedMonitoring": {"StreamARN": ARN, "ShardLevelMetrics": ["IncomingBytes"]},
    "GetRecords": {"ShardIterator": "QUJD", "Limit": 10, "StreamARN": ARN},
    "GetResourcePolicy": {"ResourceARN": CONSUMER_ARN},
    "GetShardIterator": {
        "StreamName": STREAM,
        "ShardId": SHARD,
        "ShardIteratorType": "AT_TIMESTAMP",
        "Timestamp": 1_700_000_000,
        "StartingSequenceNumber": "0",
    },
    "IncreaseStreamRetentionPeriod": {"StreamName": STREAM, "RetentionPeriodHours": 48},
    "ListShards": {
        "StreamName": STREAM,
        "MaxResults": 3,
        "NextToken": "QUJD",
        "StreamCreationTimestamp": 1_700_000_000,
        "ShardFilter": {"Type": "AT_TIMESTAMP", "Timestamp": 1_700_000_000, "ShardId": SHARD},
    },
    "ListStreamConsumers": {
        "StreamARN": ARN,
        "NextToken": "QUJD",
        "MaxResults": 3,
        "StreamCreationTimestamp": 1_700_000_000,
    },
    "ListStreams": {"Limit": 10, "ExclusiveStartStreamName": "a", "NextToken": "QUJD"},
    "ListTagsForResource": {"ResourceARN": ARN},
    "ListTagsForStream": {"StreamName": STREAM, "ExclusiveStartTagKey": "a", "Limit": 5},
    "MergeShards": {
        "StreamName": STREAM,
        "ShardToMerge": SHARD,
        "AdjacentShardToMerge": "shardId-000000000001",
    },
    "PutRecord": {
        "StreamName": STREAM,
        **RECORD,
        "ExplicitHashKey": HASH_KEY,
        "SequenceNumberForOrdering": "0",
    },
    "PutRecords": {"StreamARN": ARN, "Records": [RECORD, {**RECORD, "ExplicitHashKey": "0"}]},
    "PutResourcePolicy": {"ResourceARN": ARN, "Policy": POLICY},
    "RegisterStreamConsumer": {
        "StreamARN": ARN,
        "ConsumerName": "one",
        "Tags": {"key": "value"},
    },
    "RemoveTagsFromStream": {"StreamName": STREAM, "TagKeys": ["key"]},
    "SplitShard": {"StreamName": STREAM, "ShardToSplit": SHARD, "NewStartingHashKey": HASH_KEY},
    "StartStreamEncryption": {"StreamName": STREAM, "EncryptionType": "KMS", "KeyId": KEY},
    "StopStreamEncryption": {"StreamARN": ARN, "EncryptionType": "KMS", "KeyId": KEY},
    # Of a consumer that is not there: a stream of events would not end.
    "SubscribeToShard": {
        "ConsumerARN": CONSUMER_ARN,
        "ShardId": SHARD,
        "StartingPosition": {
            "Type": "AT_TIMESTAMP",
            "Timestamp": 1_700_000_000,
            "SequenceNumber": "0",
        },
    },
    "TagResource": {"ResourceARN": ARN, "Tags": {"key": "value"}},
    "UntagResource": {"ResourceARN": ARN, "TagKeys": ["key"]},
    "UpdateMaxRecordSize": {"StreamARN": ARN, "MaxRecordSizeInKiB": 2048},
    "UpdateShardCount": {
        "StreamName": STREAM,
        "TargetShardCount": 2,
        "ScalingType": "UNIFORM_SCALING",
    },
    "UpdateStreamMode": {"StreamARN": ARN, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}},
    "UpdateStreamRecordDistributionStrategy": {
        "StreamARN": ARN,
        "RecordDistributionStrategy": "AUTO",
    },
    "UpdateStreamWarmThroughput": {"StreamName": STREAM, "WarmThroughputMiBps": 8},
    "UpdateAccountSettings": {"MinimumThroughputBillingCommitment": {"Status": "ENABLED"}},
    "DescribeAccountSettings": {},
}
OPERATIONS = sorted(CALLS)

# What a member is replaced by; `RAW` stands for bytes that no encoder writes.
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -(2**63), 10**30, 0.5, -0.0, 1e300, 1e18,
    -1e300, 253402300800, -62135596801, "", "0", "-1", " ", "\x00", "a" * 129, "\U0010ffff",
    "é" * 300, "shardId--1", "shardId-" + "9" * 40, "9" * 129, "1" + "0" * 128, "QUJD", "A" * 512,
    "=", "\n", "arn:aws:kinesis:us-east-1:000000000000:stream/", "arn:aws:kinesis:::stream/a",
    ARN + "/consumer/a:1",
    "TRIM_HORIZON", "LATEST", "AFTER_SEQUENCE_NUMBER", "AT_SEQUENCE_NUMBER", "FROM_TIMESTAMP",
    "AT_LATEST", [], {}, [[]], [None], [{}], [""], {"": ""}, {"a": None}, {"a": []}, [RECORD] * 501,
    ["a"] * 60, {str(number): "a" for number in range(201)}, b"", b"\xff\xfe", [b"a"],
)  # fmt: skip

# Whole bodies, most of them no encoder's work.
ODD_JSON: tuple[bytes, ...] = (
    b"",
    b"{",
    b"{}}",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b'{"StreamName":"events","StreamName":1}',
    b'{"StreamName":"\\ud800"}',
    b'{"StreamName":"\xed\xa0\x80"}',
    b'{"StreamName":"\x80"}',
    b'{"\\udfff":1}',
    b'{"Limit":NaN}',
    b'{"Limit":1e999}',
    b'{"Limit":-1e999}',
    b'{"Limit":1' + b"0" * 5000 + b"}",
    b'{"Limit":0.' + b"1" * 5000 + b"}",
    b'{"Limit":00}',
    b'{"Limit":0x1}',
    b'{"Timestamp":1e18,"StreamName":"events","ShardId":"a","ShardIteratorType":"AT_TIMESTAMP"}',
    b'{"Limit":' + b"[" * 100_000,
    b'{"Limit":' + b"[" * 2_000 + b"]" * 2_000 + b"}",
    b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    b'{"Records":[' + b"{}," * 250_000 + b"{}]}",
    b'{"Records":[' + b"[]," * 1_000_000 + b"[]]}",
    b"{" + b",".join(b'"%d":1' % number for number in range(100_000)) + b"}",
    b'{"Tags":{' + b",".join(b'"%d":"a"' % number for number in range(50_000)) + b"}}",
    b'{"StreamName":"' + b"a" * 5_000_000 + b'"}',
    b'{"Data":"' + b"A" * 5_000_001 + b'","PartitionKey":"a","StreamName":"events"}',
    b'{"StreamName":"' + b"\\u0000" * 100_000 + b'"}',
    b'{"TagKeys":[' + b'"a",' * 100_000 + b'"a"],"StreamName":"events"}',
)

ODD_CBOR: tuple[bytes, ...] = (
    b"",
    b"\xff",
    b"\xa1",
    b"\xbf",
    b"\xbf\xff\xff",
    b"\xa1\x61a\x9b" + b"\xff" * 8,
    b"\xa1\x61a\x5b\x7f" + b"\xff" * 7,
    b"\xbb" + b"\xff" * 8,
    b"\xa1\x61a" + b"\x81" * 100_000,
    b"\xa1\x61a" + b"\x9f" * 100_000,
    b"\xa1\x61a" + b"\xc1" * 100_000,
    b"\xa1\x61a" + b"\xd8\x1c" * 1_000,
    b"\xa1\x61a\xc2\x5a\x00\x10\x00\x00" + b"\xff" * 0x100000,
    b"\xa1\x61a\xd8\x23\x69(a+)+b\x61a",
    b"\xa1\x61a\xd8\x24\x61a",
    b"\xa1\x61a\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00",
    b"\xa1\x69Timestamp\xc1\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00",
    b"\xa1\x69Timestamp\xc1\x3b" + b"\xff" * 8,
    b"\xa1\x69Timestamp\xc1\xc1\x01",
    b"\xa2\x61a\x01\x61a\x02",
    b"\xa1\x81\x01\x01",
    b"\xa1\x61\xff\x01",
    b"\xa1\x63\xed\xa0\x80\x01",
    b"\xa1\x61a\x7f\x41a\xff",
    b"\xa1\x67Records\x9a\x00\x0f\x42\x40" + b"\x80" * 1_000_000,
    b"\xa1\x67Records\x9f" + b"\xa0" * 262_000 + b"\xff",
)

_SIMPLE_XML = re.compile(
    rb"<(\w+)(/>\n|>\n  <Message>[^<]*</Message>\n</\w+>\n)", re.DOTALL | re.ASCII
)


def encoded(call: Any, content_type: str) -> bytes:
    """A call as a body. What a protocol cannot say is left out."""
    if content_type == CBOR:
        return cbor2.dumps(call)
    return json.dumps(call, default=lambda blob: base64.b64encode(blob).decode()).encode()


def replaced(call: Any, path: int, value: Any) -> Any:
    """`call` with the member that `path` leads to replaced by `value`."""
    if isinstance(call, Mapping) and call:
        keys = sorted(call)
        path, where = divmod(path, len(keys) + 1)
        if where < len(keys):
            return {**call, keys[where]: replaced(call[keys[where]], path, value)}
    elif isinstance(call, list) and call:
        path, where = divmod(path, len(call) + 1)
        if where < len(call):
            return [*call[:where], replaced(call[where], path, value), *call[where + 1 :]]
    return value


def answer_to(target: InProcess, operation: str, content_type: str, body: bytes) -> Answer:
    """The answer to a signed call, which must be a modelled one and come in bounded time."""
    scope = scope_of(fields=signed_fields(body, operation, content_type))
    return checked_answer(target, scope, body)


def checked_answer(target: InProcess, scope: dict[str, Any], body: bytes) -> Answer:
    """The answer to any request; `AssertionError` for one that no request may get."""
    begun = time.process_time()
    answer = target.answer(scope, body)
    assert time.process_time() - begun < 2.0, "too slow"
    assert target.app.bodies.free == target.app.bodies.size, "bytes are missing"
    assert target.app.answers.free == target.app.answers.size, "bytes are missing"
    assert answer.status < 500 or is_documented(answer, body), answer
    decode_body(answer)
    return answer


def is_documented(answer: Answer, body: bytes) -> bool:
    """Whether a 5xx is one of the three that AWS, or this project, answers on purpose."""
    if answer.status == 501:
        return b"NotImplementedException" in answer.body
    if answer.body == b"<InternalFailure/>\n":
        return answer.status == 500  # an unknown operation with an unknown content type
    # AWS answers so to a sequence number of its first days. (A fault of ours is logged.)
    return b"InternalFailure" in answer.body and b"StartingSequenceNumber" in body


def decode_body(answer: Answer) -> None:
    """Raise unless the body is of the type that the answer says."""
    content_type = answer.headers.get(b"content-type", b"").decode()
    if content_type in (JSON, "application/json") and answer.body:
        document = json.loads(answer.body)
        assert answer.status == 200 or {"__type", "Output"} & document.keys(), document
    elif content_type == CBOR and answer.body:
        # Timestamps are milliseconds there, which no decoder expects.
        document = cbor2.loads(answer.body, semantic_decoders={1: lambda value, _: value})
        assert answer.status == 200 or document["__type"]
    elif not content_type and answer.body:
        assert _SIMPLE_XML.fullmatch(answer.body), answer.body
