"""How much fits into a record and a call."""

import re

import pytest

from kinesis_wire import Wire, invalid

MIB = 1024 * 1024


def too_long(path: str, limit: int) -> str:
    return (
        f"Value at '{path}' failed to satisfy constraint: "
        f"Member must have length less than or equal to {limit}"
    )


def test_a_record_of_the_default_maximum_counts_its_key(aws: Wire) -> None:
    name = aws.stream()
    aws.put(name, b"x" * (MIB - 3), "key")
    refused = aws.error("PutRecord", StreamName=name, Data=b"x" * (MIB - 2), PartitionKey="key")
    assert refused == invalid(too_long("data", MIB))  # G1, 2025: the old limit's text
    # A key counts in bytes
    aws.put(name, b"x" * (MIB - 4), "😀")
    refused = aws.error("PutRecord", StreamName=name, Data=b"x" * (MIB - 3), PartitionKey="😀")
    assert refused == invalid(too_long("data", MIB))


def test_one_record_too_long_fails_the_whole_call(aws: Wire) -> None:
    # K:putRecords, G3: no validation errors per record; G1: the path
    name = aws.stream()
    small, big = {"Data": b"s", "PartitionKey": "k"}, {"Data": b"b" * MIB, "PartitionKey": "k"}
    refused = aws.error("PutRecords", StreamName=name, Records=[small, big, small, big])
    assert refused == invalid(
        too_long("records.2.member.data", MIB), too_long("records.4.member.data", MIB)
    )
    assert aws.datas(aws.iterator(name)) == []


def test_large_records_where_the_stream_allows_them(aws: Wire) -> None:
    # AWS's page on large records; the model allows data of 10 MiB, the stream's limit has the key
    name = aws.stream(MaxRecordSizeInKiB=10240)
    data = bytes(range(256)) * 40_960
    assert len(data) == 10 * MIB
    refused = aws.error("PutRecord", StreamName=name, Data=data, PartitionKey="k")
    assert refused == invalid(too_long("data", 10 * MIB))
    aws.put(name, data[:-1], "k")
    assert aws.datas(aws.iterator(name)) == [data[:-1]]


def test_the_models_own_bound_of_data(aws: Wire) -> None:
    name = aws.stream(MaxRecordSizeInKiB=10240)
    data = b"x" * (10 * MIB + 1)
    refused = aws.error("PutRecord", StreamName=name, Data=data, PartitionKey="k")
    assert refused == invalid(too_long("data", 10 * MIB))


def test_a_maximum_that_is_changed_counts_at_once(aws: Wire) -> None:
    name = aws.stream()
    data = b"x" * (2 * MIB - 1)
    aws.void("UpdateMaxRecordSize", StreamARN=aws.arn(name), MaxRecordSizeInKiB=2048)
    aws.put(name, data)
    aws.void("UpdateMaxRecordSize", StreamARN=aws.arn(name), MaxRecordSizeInKiB=1024)
    refused = aws.error("PutRecord", StreamName=name, Data=data, PartitionKey="k")
    assert refused == invalid(too_long("data", MIB))
    # What is there stays readable
    assert aws.datas(aws.iterator(name)) == [data]


def test_a_call_of_ten_mebibytes_and_one_byte_more(aws: Wire) -> None:
    # botocore's model: 10 MiB with the keys; the number in AWS's sentence today is not known
    name = aws.stream()
    record = {"Data": b"x" * (MIB - 3), "PartitionKey": "key"}
    assert aws.ok("PutRecords", StreamName=name, Records=[record] * 10)["FailedRecordCount"] == 0
    more = {"Data": b"", "PartitionKey": "k"}
    assert aws.error("PutRecords", StreamName=name, Records=[*[record] * 10, more]) == (
        "InvalidArgumentException",
        "Records size exceeds 10 MB limit",
    )


def test_five_hundred_records_and_one_more(aws: Wire) -> None:
    name = aws.stream(shards=4)
    records = [{"Data": b"%d" % number, "PartitionKey": str(number)} for number in range(501)]
    placed = aws.ok("PutRecords", StreamName=name, Records=records[:500])["Records"]
    assert len({entry["SequenceNumber"] for entry in placed}) == 500
    code, message = aws.error("PutRecords", StreamName=name, Records=records)  # K:putRecords
    assert code == "ValidationException"
    assert message.startswith("1 validation error detected: Value '[")
    assert "com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry@" in message
    assert message.endswith(
        "]' at 'records' failed to satisfy constraint: "
        "Member must have length less than or equal to 500"
    )


def test_ten_errors_are_the_most_that_are_told(aws: Wire) -> None:
    # K:putRecords: 501 bad records give one error of the list and nine of members
    records = [{"Data": b"", "PartitionKey": ""}] * 501
    code, message = aws.error("PutRecords", StreamName="s", Records=records)
    assert code == "ValidationException"
    assert message.startswith("10 validation errors detected: ")
    assert len(re.findall(r"records\.\d+\.member\.partitionKey", message)) == 9


@pytest.mark.parametrize("records", [[], None])
def test_a_call_without_records(aws: Wire, records: list[object] | None) -> None:
    code, message = aws.error("PutRecords", StreamName="s", Records=records)
    assert code == "ValidationException"
    assert ("'[]' at 'records'" if records == [] else "null at 'records'") in message
