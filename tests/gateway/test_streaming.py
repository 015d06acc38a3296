"""An answer that is a stream of events: what is sent, what it holds, how it ends."""

import asyncio
import logging
from typing import Any

import pytest

from gateway.stream_support import MOST, Source, event_of, stream_of, written
from shardline.gateway.bounds import PIECE_BYTES
from shardline.gateway.budget import ByteBudget
from shardline.gateway.errors import InternalFailure, ServiceError
from shardline.gateway.types import Event
from shardline.storage.record_log import WriteFailed

BUDGET = 1_000_000
INITIAL: tuple[str, dict[str, Any]] = ("initial-response", {})


def named(*continuations: str) -> list[Event]:
    return [event_of(ContinuationSequenceNumber=each) for each in continuations]


def test_events_follow_the_initial_response_in_their_order() -> None:
    found = written(stream_of(Source(*named("1", "2"))), ByteBudget(BUDGET))
    assert found[0] == INITIAL
    assert [payload["ContinuationSequenceNumber"] for _, payload in found[1:]] == ["1", "2"]
    assert {name for name, _ in found[1:]} == {"SubscribeToShardEvent"}


def test_only_what_is_being_sent_is_taken_from_the_budget() -> None:
    budget, held = ByteBudget(BUDGET), []
    written(stream_of(Source(*named("1", "2" * 1000))), budget, held.append)
    assert held[0] == held[3] == 0  # the initial response, and the end
    assert 100 < held[1] < 300
    assert 1100 < held[2] < 1300
    assert budget.free == BUDGET


def test_an_event_larger_than_it_said_holds_no_more_than_it_took() -> None:
    budget, held = ByteBudget(BUDGET), []
    written(stream_of(Source(*named("x" * 10_000))), budget, held.append)
    assert held[1] == MOST
    assert budget.free == BUDGET


def test_one_event_is_encoded_once_for_all_who_get_it() -> None:
    event = event_of(ContinuationSequenceNumber="x" * 200_000)
    first = written(stream_of(Source(event)), ByteBudget(BUDGET))
    wire = event.wire
    assert event.output is None
    assert wire is not None
    assert [len(piece) for piece in wire[:-1]] == [PIECE_BYTES] * 3
    assert written(stream_of(Source(event)), ByteBudget(BUDGET)) == first
    assert event.wire is wire


@pytest.mark.parametrize(
    ("error", "name", "payload"),
    [
        (
            ServiceError("ResourceInUseException", "taken"),
            "ResourceInUseException",
            {"__type": "ResourceInUseException", "message": "taken"},
        ),
        (
            ServiceError("KMSDisabledException", "off"),
            "KMSDisabledException",
            {"__type": "KMSDisabledException", "message": "off"},
        ),
        (
            ServiceError("InvalidArgumentException", "not one of the stream's"),
            "InternalFailureException",
            {"__type": "InternalFailureException", "message": "not one of the stream's"},
        ),
        (
            InternalFailure(),
            "InternalFailureException",
            {"__type": "InternalFailureException"},
        ),
        (
            WriteFailed("no disk"),
            "InternalFailureException",
            {"__type": "InternalFailureException", "message": "Internal Service Failure"},
        ),
        (
            ZeroDivisionError(),
            "InternalFailureException",
            {"__type": "InternalFailureException", "message": "Internal Service Failure"},
        ),
    ],
)
def test_an_error_is_the_last_message(
    error: Exception, name: str, payload: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    source, budget = Source(*named("1"), error, *named("2")), ByteBudget(BUDGET)
    with caplog.at_level(logging.ERROR):
        found = written(stream_of(source), budget)
    assert [each for each, _ in found] == ["initial-response", "SubscribeToShardEvent", name]
    assert found[-1][1] == payload
    assert budget.free == BUDGET
    # What is no answer of AWS's is in the log, with where it happened
    assert bool(caplog.records) == (not isinstance(error, ServiceError))


def test_no_room_for_too_long_is_an_error_inside_of_the_stream() -> None:
    budget = ByteBudget(MOST, patience_s=0.01)
    assert budget.take_now(1)
    found = written(stream_of(Source(*named("1"))), budget)
    assert found == [
        INITIAL,
        (
            "InternalFailureException",
            {
                "__type": "InternalFailureException",
                "message": "The server is at its bounds. Try again.",
            },
        ),
    ]
    assert budget.free == MOST - 1


def test_a_reader_that_fails_ends_it_and_gives_everything_back() -> None:
    budget, source = ByteBudget(BUDGET), Source(*named("1", "2"))

    async def send(pieces: tuple[bytes, ...]) -> None:
        if source.made:
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        asyncio.run(stream_of(source).write(budget, send))
    assert (source.made, budget.free) == (1, BUDGET)


def test_a_call_that_is_cancelled_in_the_making_gives_everything_back() -> None:
    budget, source = ByteBudget(BUDGET), Source(asyncio.CancelledError())

    async def send(pieces: tuple[bytes, ...]) -> None:
        pass

    async def write() -> None:
        with pytest.raises(asyncio.CancelledError):
            await stream_of(source).write(budget, send)

    asyncio.run(write())
    assert budget.free == BUDGET


def test_closing_the_stream_closes_its_source() -> None:
    source = Source()
    stream_of(source).close()
    assert source.closed == 1
