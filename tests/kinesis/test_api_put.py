"""PutRecord and PutRecords: answers, keys, order."""

import hashlib
import json
from typing import Any

import pytest

from kinesis_wire import (
    ACCOUNT,
    LAST_HASH_KEY,
    Wire,
    new_name,
    shard_id,
    stream_gone,
)
from shardline.kinesis import sequence

DRY_RUN = "DryRunOperationException"


def put_many(aws: Wire, name: str, records: list[dict[str, Any]], **members: Any) -> Any:
    return aws.ok("PutRecords", StreamName=name, Records=records, **members)


def test_the_answers_have_exactly_these_members(aws: Wire) -> None:
    # K:putRecord, putRecords; L:apigateway_kinesis 2024-11: no EncryptionType
    name = aws.stream()
    assert set(aws.put(name)) == {"ShardId", "SequenceNumber"}
    answer = put_many(aws, name, [{"Data": b"", "PartitionKey": "k"}])
    assert set(answer) == {"FailedRecordCount", "Records"}
    assert answer["FailedRecordCount"] == 0
    assert [set(entry) for entry in answer["Records"]] == [{"ShardId", "SequenceNumber"}]


@pytest.mark.parametrize("operation", ["PutRecord", "PutRecords"])
def test_a_stream_that_is_not_there(aws: Wire, operation: str) -> None:
    record = {"Data": b"", "PartitionKey": "k"}
    members = record if operation == "PutRecord" else {"Records": [record]}
    assert aws.error(operation, StreamName="nobody", **members) == stream_gone("nobody")  # K


def test_a_key_goes_to_the_shard_that_holds_its_md5(aws: Wire) -> None:
    name = aws.stream(shards=3)
    shards = aws.open_shards(name)
    keys = [f"key {number}" for number in range(20)]
    answer = put_many(aws, name, [{"Data": b"", "PartitionKey": key} for key in keys])
    for key, entry in zip(keys, answer["Records"], strict=True):
        hashed = int(hashlib.md5(key.encode()).hexdigest(), 16)
        (owner,) = (
            shard["ShardId"]
            for shard in shards
            if int(shard["HashKeyRange"]["StartingHashKey"])
            <= hashed
            <= int(shard["HashKeyRange"]["EndingHashKey"])
        )
        assert entry["ShardId"] == owner


def test_an_explicit_hash_key_counts_instead_of_the_key(aws: Wire) -> None:
    # K:putRecord: ranges include both ends
    name = aws.stream(shards=3)
    for shard in aws.open_shards(name):
        for end in shard["HashKeyRange"].values():
            assert aws.put(name, ExplicitHashKey=end)["ShardId"] == shard["ShardId"]
    mixed = [
        {"Data": b"", "PartitionKey": "k", "ExplicitHashKey": "0"},
        {"Data": b"", "PartitionKey": "k", "ExplicitHashKey": str(LAST_HASH_KEY)},
        {"Data": b"", "PartitionKey": "k"},
    ]
    placed = [entry["ShardId"] for entry in put_many(aws, name, mixed)["Records"]]
    assert placed[:2] == [shard_id(0), shard_id(2)]
    assert placed[2] == aws.put(name)["ShardId"]


def test_an_explicit_hash_key_out_of_range(aws: Wire) -> None:
    name, over = aws.stream(), str(LAST_HASH_KEY + 1)
    refused = (  # K:putRecord, putRecords
        "InvalidArgumentException",
        "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
        f"Specified value was {over}",
    )
    record = {"Data": b"x", "PartitionKey": "k"}
    assert aws.error("PutRecord", StreamName=name, ExplicitHashKey=over, **record) == refused
    # The whole call fails, and nothing of it is there
    records = [record, {**record, "ExplicitHashKey": over}]
    assert aws.error("PutRecords", StreamName=name, Records=records) == refused
    assert aws.datas(aws.iterator(name)) == []


@pytest.mark.parametrize("text", ["-1", "01", "1.5", "x", ""])
def test_an_explicit_hash_key_that_is_no_number(aws: Wire, text: str) -> None:
    code, message = aws.error(
        "PutRecord", StreamName="s", Data=b"", PartitionKey="k", ExplicitHashKey=text
    )
    assert code == "ValidationException"
    assert f"Value '{text}' at 'explicitHashKey' failed to satisfy constraint: " in message
    assert "regular expression pattern: " in message


def test_records_of_a_shard_get_consecutive_numbers_in_the_requests_order(aws: Wire) -> None:
    # K:putRecords
    name = aws.stream(shards=2)
    records = [
        {"Data": b"%d" % number, "PartitionKey": "k", "ExplicitHashKey": hash_key}
        for number, hash_key in enumerate(["0", str(LAST_HASH_KEY)] * 5)
    ]
    placed = put_many(aws, name, records)["Records"]
    for shard in (0, 1):
        mine = [entry for entry in placed if entry["ShardId"] == shard_id(shard)]
        counters = [sequence.parse(entry["SequenceNumber"]).counter for entry in mine]
        assert counters == list(range(1, 6))
        assert aws.datas(aws.iterator(name, shard)) == [b"%d" % n for n in range(shard, 10, 2)]


def test_a_number_says_when_and_where(aws: Wire) -> None:
    # K:helpers
    name = aws.stream(shards=2)
    placed = aws.put(name, ExplicitHashKey=str(LAST_HASH_KEY))
    number = sequence.parse(placed["SequenceNumber"])
    assert len(placed["SequenceNumber"]) == 56
    assert (number.version, number.shard) == (2, 1)
    assert number.put_s == aws.server.clock.now_ms() // 1000


def test_empty_data_and_the_longest_keys(aws: Wire) -> None:
    # 256 characters, of one, two, three and four bytes each in UTF-8
    name = aws.stream()
    keys = [letter * 256 for letter in ("a", "é", "€", "😀")]
    put_many(aws, name, [{"Data": b"", "PartitionKey": key} for key in keys])
    records = aws.get(aws.iterator(name))["Records"]
    assert [(record["PartitionKey"], record["Data"]) for record in records] == [
        (key, "") for key in keys
    ]


@pytest.mark.parametrize("key", ["", "a" * 257])
def test_keys_of_a_wrong_length(aws: Wire, key: str) -> None:
    bound = "less than or equal to 256" if key else "greater than or equal to 1"
    error = f"Value '{key}' at '%s' failed to satisfy constraint: Member must have length {bound}"
    single = aws.error("PutRecord", StreamName="s", Data=b"", PartitionKey=key)
    assert single == (  # K:putRecord
        "ValidationException",
        f"1 validation error detected: {error % 'partitionKey'}",
    )
    many = aws.error("PutRecords", StreamName="s", Records=[{"Data": b"", "PartitionKey": key}])
    assert many == (
        "ValidationException",
        f"1 validation error detected: {error % 'records.1.member.partitionKey'}",
    )


def test_a_key_is_required_where_shards_are_found_by_it(aws: Wire) -> None:
    # The model stopped requiring it in botocore 1.44, for streams that ignore keys
    name = aws.stream()
    null = "Value null at '%s' failed to satisfy constraint: Member must not be null"
    assert aws.error("PutRecord", StreamName=name, Data=b"") == (
        "ValidationException",
        f"1 validation error detected: {null % 'partitionKey'}",
    )
    keyless = [{"Data": b""}, {"Data": b"", "PartitionKey": "k"}, {"Data": b""}]
    assert aws.error("PutRecords", StreamName=name, Records=keyless) == (
        "ValidationException",
        f"2 validation errors detected: {null % 'records.1.member.partitionKey'}; "
        f"{null % 'records.3.member.partitionKey'}",
    )
    hashed = {"Data": b"", "ExplicitHashKey": "0"}
    assert aws.error("PutRecord", StreamName=name, **hashed)[0] == "ValidationException"


BAD_BLOBS = [  # K:putRecord
    ("23456", ": Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
    ("=+/=", ": Invalid Base64 character: '='"),
    ("+/+=", ": Invalid last non-pad Base64 character dectected"),
]


@pytest.mark.parametrize(("text", "why"), BAD_BLOBS)
@pytest.mark.parametrize("way", ["fast", "general"])
def test_data_that_is_not_base64(aws: Wire, text: str, why: str, way: str) -> None:
    name = aws.stream()
    named = {"StreamName": name} if way == "fast" else {"StreamARN": aws.arn(name)}
    if way == "fast" and text == "+/+=":
        # Bits that nobody reads: the fast way passes over them (see kinesis/structs.py).
        aws.ok("PutRecord", Data=text, PartitionKey="k", **named)
        return
    for operation, members in (
        ("PutRecord", {"Data": text, "PartitionKey": "k"}),
        ("PutRecords", {"Records": [{"Data": text, "PartitionKey": "k"}]}),
    ):
        reply = aws.call(operation, {**named, **members})
        assert reply.status == 400
        assert json.loads(reply.body) == {
            "__type": "SerializationException",
            "Message": f"'{text}' can not be converted to a Blob{why}",
        }
    assert aws.datas(aws.iterator(name)) == []


# --- SequenceNumberForOrdering ---------------------------------------------------------------


def ordering_refused(name: str, number: str) -> tuple[str, str]:
    return (  # K:putRecord
        "InvalidArgumentException",
        f"ExclusiveMinimumSequenceNumber {number} used in PutRecord on stream {name} "
        f"under account {ACCOUNT} is invalid.",
    )


def test_the_number_of_the_record_before_orders_the_next(aws: Wire) -> None:
    name = aws.stream()
    first = aws.put(name)["SequenceNumber"]
    second = aws.put(name, SequenceNumberForOrdering=first)["SequenceNumber"]
    assert int(second) > int(first)


def test_a_number_of_the_future_does_not_order(aws: Wire) -> None:
    name = aws.stream()
    number = int(aws.put(name)["SequenceNumber"])
    later = str(number + (1 << 36))  # one second
    refused = aws.error(
        "PutRecord", StreamName=name, Data=b"", PartitionKey="k", SequenceNumberForOrdering=later
    )
    assert refused == ordering_refused(name, later)


@pytest.mark.parametrize("version", [0, 3, 4])
def test_a_number_of_no_version_does_not_order(aws: Wire, version: int) -> None:
    name = aws.stream()
    number = str(int(aws.put(name)["SequenceNumber"]) - 2 + version)
    refused = aws.error(
        "PutRecord", StreamName=name, Data=b"", PartitionKey="k", SequenceNumberForOrdering=number
    )
    assert refused == ordering_refused(name, number)


# --- DryRun ----------------------------------------------------------------------------------


def test_a_dry_run_writes_nothing(aws: Wire) -> None:
    # botocore's model: DryRunOperationException when the call would succeed
    name = aws.stream()
    record = {"Data": b"x", "PartitionKey": "k"}
    assert aws.error("PutRecord", StreamName=name, DryRun=True, **record)[0] == DRY_RUN
    assert aws.error("PutRecords", StreamName=name, DryRun=True, Records=[record])[0] == DRY_RUN
    assert aws.datas(aws.iterator(name)) == []
    assert "ShardId" in aws.put(name, DryRun=False)


def test_a_dry_run_of_what_would_fail_fails(aws: Wire) -> None:
    name = new_name()
    assert aws.error(
        "PutRecord", StreamName=name, DryRun=True, Data=b"", PartitionKey="k"
    ) == stream_gone(name)
    name = aws.stream()
    over = str(LAST_HASH_KEY + 1)
    record = {"Data": b"", "PartitionKey": "k", "ExplicitHashKey": over}
    for operation, members in (("PutRecord", record), ("PutRecords", {"Records": [record]})):
        code, _ = aws.error(operation, StreamName=name, DryRun=True, **members)
        assert code == "InvalidArgumentException"
