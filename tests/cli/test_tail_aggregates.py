"""`shardline tail` shows the user records inside an aggregate of the Kinesis Producer Library."""

import base64
import json
from typing import Any

import pytest
from aws_kinesis_agg.aggregator import RecordAggregator

from cli.conftest import Shardline

pytestmark = [pytest.mark.client, pytest.mark.slow]


@pytest.fixture
def aggregate(kinesis: Any, stream: str) -> bytes:
    """An aggregate of five records of two aeroplanes, which is in the stream."""
    aggregator = RecordAggregator()
    for number in range(5):
        aggregator.add_user_record(f"N{number % 2}", f"flight-{number}".encode())
    key, _, data = aggregator.clear_and_get().get_contents()
    kinesis.put_record(StreamName=stream, PartitionKey=key, Data=data)
    assert isinstance(data, bytes)
    return data


def printed(shardline: Shardline, *arguments: str) -> list[dict[str, Any]]:
    return [
        json.loads(line) for line in shardline("tail", *arguments, "--json").stdout.splitlines()
    ]


@pytest.mark.usefixtures("aggregate")
def test_the_user_records_are_shown(shardline: Shardline, stream: str) -> None:
    found = printed(shardline, stream)
    assert [(each["subsequence"], each["key"], each["data"]) for each in found] == [
        (number, f"N{number % 2}", f"flight-{number}") for number in range(5)
    ]
    assert len({each["sequence"] for each in found}) == 1
    lines = shardline("tail", stream).stdout.splitlines()
    assert [line.split()[3:] for line in lines] == [
        [f"N{number % 2}", f"flight-{number}"] for number in range(5)
    ]


@pytest.mark.usefixtures("aggregate")
def test_key_and_limit_count_user_records(shardline: Shardline, stream: str) -> None:
    odd = printed(shardline, stream, "--key", "N1")
    assert [each["data"] for each in odd] == ["flight-1", "flight-3"]
    assert len(printed(shardline, stream, "-n", "2")) == 2


def test_raw_shows_the_aggregate_itself(
    shardline: Shardline, stream: str, aggregate: bytes
) -> None:
    [found] = printed(shardline, stream, "--raw")
    assert base64.b64decode(found["data_base64"]) == aggregate
    assert "subsequence" not in found


def test_a_damaged_aggregate_is_shown_as_it_is(
    shardline: Shardline, stream: str, kinesis: Any, aggregate: bytes
) -> None:
    kinesis.put_record(StreamName=stream, PartitionKey="damaged", Data=aggregate[:-1])
    [found] = printed(shardline, stream, "--key", "damaged")
    assert base64.b64decode(found["data_base64"]) == aggregate[:-1]
