"""What the tests of the heavyweight clients write, with boto3, and how they know it again."""

import hashlib
from collections.abc import Sequence
from itertools import islice
from typing import Any

import boto3

from shardline.cli.demo.flights import flights, flights_file

Record = tuple[str, bytes]
"""Partition key and data."""

PER_CALL = 500


def first_flights(count: int | None = None) -> list[Record]:
    """The first of the real flights of 2013, or all 336,776."""
    return list(islice(flights(flights_file()), count))


def kinesis_client(environment: dict[str, str]) -> Any:
    """boto3, for what the `server` fixture gives."""
    return boto3.client(
        "kinesis",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        verify=environment.get("AWS_CA_BUNDLE"),
    )


def put(kinesis: Any, stream: str, records: Sequence[Record]) -> None:
    """Put them in their order; none may fail."""
    for start in range(0, len(records), PER_CALL):
        batch = [
            {"PartitionKey": key, "Data": data} for key, data in records[start : start + PER_CALL]
        ]
        assert kinesis.put_records(StreamName=stream, Records=batch)["FailedRecordCount"] == 0


def digest(data: bytes) -> str:
    """The MD5 of a record's data, by which a client's journal names it."""
    return hashlib.md5(data).hexdigest()


def closed_shards(kinesis: Any, stream: str) -> set[str]:
    """The ids of the shards that a reshard has closed."""
    return {
        shard["ShardId"]
        for shard in kinesis.list_shards(StreamName=stream)["Shards"]
        if "EndingSequenceNumber" in shard["SequenceNumberRange"]
    }
