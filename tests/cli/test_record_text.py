"""A record as a line."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from shardline.cli.record_text import json_line, shard_id, shard_number, text_line

SHARD = "shardId-000000000012"


def record(data: bytes, key: str = "N14228") -> dict[str, Any]:
    return {
        "SequenceNumber": "495",
        "PartitionKey": key,
        "Data": data,
        "ApproximateArrivalTimestamp": datetime(
            2026, 3, 1, 13, 0, 0, 7000, tzinfo=timezone(timedelta(hours=1))
        ),
    }


def test_columns() -> None:
    line = text_line(SHARD, record(b"hello"))
    assert line == "2026-03-01 12:00:00.007Z    12  N14228            hello"


def test_binary_data_is_shown_as_base64() -> None:
    assert text_line(SHARD, record(b"\xff\x00")).endswith("  base64:/wA=")


def test_nothing_reaches_the_terminal_that_it_would_act_on() -> None:
    line = text_line(SHARD, record(b"a\nb\x1b[31m\xc2\x9b", key="k\x07"))
    assert line.isprintable()
    assert line.endswith(r"a\nb\x1b[31m\x9b")


@pytest.mark.parametrize("data", [b"", b"caf\xc3\xa9", b"line\nline\x1b"])
def test_json_gives_text_as_it_is(data: bytes) -> None:
    line = json_line(SHARD, record(data))
    assert "\n" not in line
    assert json.loads(line) == {
        "shard": SHARD,
        "sequence": "495",
        "arrived": "2026-03-01T12:00:00.007Z",
        "key": "N14228",
        "data": data.decode(),
    }


def test_json_gives_binary_data_as_base64() -> None:
    members = json.loads(json_line(SHARD, record(b"\xff\x00")))
    assert members["data_base64"] == "/wA="
    assert "data" not in members


def test_shards_are_named_by_number_or_id() -> None:
    assert shard_id("12") == SHARD
    assert shard_id(SHARD) == SHARD
    assert shard_number(SHARD) == "12"
    assert shard_number("shardId-000000000000") == "0"
