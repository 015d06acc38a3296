"""ListStreams: pages, tokens, what is in a summary."""

from collections.abc import Iterator

import pytest

from kinesis_wire import Wire
from shardline.testing import TestServer

NAMES = [f"listed-{number:03d}" for number in range(103)]


@pytest.fixture(scope="module")
def alone(server: TestServer) -> Iterator[Wire]:
    """103 streams in a region of their own."""
    with Wire(server, "ap-south-1") as wire:
        for name in reversed(NAMES):
            wire.void("CreateStream", StreamName=name, ShardCount=1)
        yield wire


def test_nothing_to_list(server: TestServer) -> None:
    with Wire(server, "ap-east-1") as empty:
        assert empty.ok("ListStreams") == {
            "StreamNames": [],
            "HasMoreStreams": False,
            "StreamSummaries": [],
        }


@pytest.mark.slow
def test_a_page_is_a_hundred_streams_by_name(alone: Wire) -> None:
    page = alone.ok("ListStreams")  # B: default 100; Ki: sorted by name
    assert set(page) == {"StreamNames", "HasMoreStreams", "StreamSummaries", "NextToken"}
    assert page["StreamNames"] == NAMES[:100]
    assert page["HasMoreStreams"] is True
    assert [summary["StreamName"] for summary in page["StreamSummaries"]] == NAMES[:100]


def test_a_summary_has_exactly_these_members(alone: Wire) -> None:
    (summary,) = alone.ok("ListStreams", Limit=1)["StreamSummaries"]
    assert summary == {
        "StreamName": NAMES[0],
        "StreamARN": alone.arn(NAMES[0]),
        "StreamStatus": "ACTIVE",
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        "StreamCreationTimestamp": alone.describe(NAMES[0])["StreamCreationTimestamp"],
    }


def test_tokens_lead_through_all_pages(alone: Wire) -> None:
    seen: list[str] = []
    members: dict[str, str] = {}
    while True:
        page = alone.ok("ListStreams", Limit=40, **members)
        seen += page["StreamNames"]
        assert ("NextToken" in page) == page["HasMoreStreams"]
        if not page["HasMoreStreams"]:
            break
        members = {"NextToken": page["NextToken"]}
    assert seen == NAMES


def test_the_name_to_start_after_need_not_exist(alone: Wire) -> None:
    page = alone.ok("ListStreams", ExclusiveStartStreamName="listed-099x")  # K:listStreams
    assert page["StreamNames"] == NAMES[100:]
    assert alone.ok("ListStreams", ExclusiveStartStreamName="z")["StreamNames"] == []


def test_a_token_expires_after_300_seconds(alone: Wire) -> None:
    # B: ExpiredNextTokenException; the sentence is ours
    token = alone.ok("ListStreams", Limit=1)["NextToken"]
    alone.server.clock.advance(seconds=300)
    assert alone.ok("ListStreams", NextToken=token, Limit=1)["StreamNames"] == [NAMES[1]]
    alone.server.clock.advance(milliseconds=1)
    code, message = alone.error("ListStreams", NextToken=token)
    assert code == "ExpiredNextTokenException"
    assert "tolerated delay of 300000 milliseconds" in message


@pytest.mark.parametrize("token", ["x", "AAAAAAAAAAI=", "A" * 400])
def test_a_token_that_was_made_elsewhere(alone: Wire, token: str) -> None:
    assert alone.error("ListStreams", NextToken=token) == (
        "InvalidArgumentException",
        "Invalid NextToken.",
    )


def test_a_token_of_another_operation(alone: Wire) -> None:
    alone.void("CreateStream", StreamName="zz", ShardCount=2)
    token = alone.ok("ListShards", StreamName="zz", MaxResults=1)["NextToken"]
    alone.void("DeleteStream", StreamName="zz")
    assert alone.error("ListStreams", NextToken=token)[0] == "InvalidArgumentException"


@pytest.mark.parametrize("limit", [0, 10_001])
def test_limits_out_of_range(alone: Wire, limit: int) -> None:
    assert alone.error("ListStreams", Limit=limit)[0] == "ValidationException"  # K:listStreams
