"""The Kinesis Producer Library aggregates, and what it has packed can be unpacked.

Its native daemon speaks TLS alone, so the server has a certificate that the library is told to
trust.
"""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from aws_kinesis_agg.deaggregator import iter_deaggregate_records

from clients.tools import SHARDLINE, java_program
from clients.writing import Record, first_flights, kinesis_client

STREAM = "flights-kpl"
FLIGHTS = 5_000


@pytest.mark.client
@pytest.mark.slow
@pytest.mark.timeout(600)  # the first time, the program is built and its libraries fetched
@pytest.mark.parametrize("server", [("--tls", "self-signed")], indirect=True, scope="session")
def test_the_producer_library_aggregates_and_tail_unpacks(
    server: dict[str, str], tmp_path: Path
) -> None:
    # Given a stream of two shards
    kinesis = kinesis_client(server)
    kinesis.create_stream(StreamName=STREAM, ShardCount=2)
    # When the library puts flights, with its defaults
    sent = first_flights(FLIGHTS)
    places = produce(server, sent, tmp_path)
    # Then they have arrived in far fewer records, where the library says
    records = read(kinesis)
    assert len(records) < FLIGHTS / 2
    assert {(shard, record["SequenceNumber"]) for shard, record in records} == set(places)
    # And AWS's library for Python finds all of them inside, and so does tail
    assert sorted(unpacked_by_awslabs([record for _, record in records])) == sorted(sent)
    assert sorted(tail(server)) == sorted(sent)


def produce(
    server: dict[str, str], records: list[Record], directory: Path
) -> list[tuple[str, str]]:
    """The shard and sequence number that the library gives for each."""
    lines = "".join(f"{key}\t{base64.b64encode(data).decode()}\n" for key, data in records)
    with (directory / "kpl.log").open("w+") as log:
        done = subprocess.run(
            [*java_program("java-kpl", "shardline.kpl.Main"), STREAM],
            input=lines,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=server,
            timeout=120,
            check=False,
        )
        log.seek(0)
        said = log.read()
    assert done.returncode == 0, said[-6000:]
    assert "Metrics upload failed" not in said
    places = [line.partition("\t") for line in done.stdout.splitlines()]
    assert len(places) == len(records)
    return [(shard, sequence) for shard, _, sequence in places]


def read(kinesis: Any) -> list[tuple[str, dict[str, Any]]]:
    """Each record of the stream, with its shard."""
    found = []
    for shard in kinesis.list_shards(StreamName=STREAM)["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName=STREAM, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while True:
            answer = kinesis.get_records(ShardIterator=iterator)
            found += [(shard["ShardId"], record) for record in answer["Records"]]
            if not answer["MillisBehindLatest"]:
                break
            iterator = answer["NextShardIterator"]
    return found


def unpacked_by_awslabs(records: list[dict[str, Any]]) -> list[Record]:
    """Key and data of each user record; the library's first are not in an aggregate."""
    return [
        (each["kinesis"]["partitionKey"], base64.b64decode(each["kinesis"]["data"]))
        if each["kinesis"].get("aggregated")
        else (each["kinesis"]["partitionKey"], each["kinesis"]["data"])
        for each in iter_deaggregate_records(records, "Boto3")
    ]


def tail(server: dict[str, str]) -> list[Record]:
    """What `shardline tail` shows, key and data."""
    shown = subprocess.run(
        [SHARDLINE, "tail", STREAM, "--json"], capture_output=True, env=server, check=True
    )
    lines = [json.loads(line) for line in shown.stdout.splitlines()]
    return [(line["key"], line["data"].encode()) for line in lines]
