"""The event stream's messages, read by botocore's own parser."""

from typing import Any

import pytest
from botocore.eventstream import ChecksumMismatch, EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from shardline.gateway import eventstream

NAMES = st.text(min_size=1, max_size=60).filter(lambda name: len(name.encode()) <= 255)
VALUES = st.text(max_size=200)
MESSAGES = st.tuples(st.dictionaries(NAMES, VALUES, max_size=6), st.binary(max_size=3000))


def parsed(data: bytes) -> list[tuple[dict[str, Any], bytes]]:
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return [(dict(message.headers), message.payload) for message in buffer]


@given(st.lists(MESSAGES, min_size=1, max_size=5))
def test_what_is_written_is_read(messages: list[tuple[dict[str, str], bytes]]) -> None:
    data = b"".join(eventstream.encode(headers, payload) for headers, payload in messages)
    assert parsed(data) == messages


@given(MESSAGES, st.integers(0, 10_000))
def test_it_may_come_in_any_two_parts(message: tuple[dict[str, str], bytes], where: int) -> None:
    data = eventstream.encode(*message)
    cut = where % (len(data) + 1)
    buffer = EventStreamBuffer()
    buffer.add_data(data[:cut])
    before = list(buffer)
    buffer.add_data(data[cut:])
    assert [(dict(each.headers), each.payload) for each in [*before, *buffer]] == [message]


@given(MESSAGES, st.integers(0, 10_000))
def test_a_byte_that_changed_is_found(message: tuple[dict[str, str], bytes], where: int) -> None:
    # Given a message with one byte changed, but not in its lengths, which say what to wait for
    data = bytearray(eventstream.encode(*message))
    data[8 + where % (len(data) - 8)] ^= 0x40
    # Then its checksums do not fit
    with pytest.raises(ChecksumMismatch):
        parsed(bytes(data))


def test_an_event() -> None:
    data = eventstream.event("SubscribeToShardEvent", b"{}", "application/x-amz-json-1.1")
    headers = {
        ":message-type": "event",
        ":event-type": "SubscribeToShardEvent",
        ":content-type": "application/x-amz-json-1.1",
    }
    assert parsed(data) == [(headers, b"{}")]


def test_an_exception() -> None:
    data = eventstream.exception("ResourceInUseException", b"{}", "application/x-amz-json-1.1")
    headers = {
        ":message-type": "exception",
        ":exception-type": "ResourceInUseException",
        ":content-type": "application/x-amz-json-1.1",
    }
    assert parsed(data) == [(headers, b"{}")]


@pytest.mark.parametrize("headers", [{"": "x"}, {"n" * 256: "x"}, {"n": "x" * 65_536}])
def test_a_header_that_does_not_fit_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        eventstream.encode(headers, b"")


def test_the_longest_header_and_a_large_payload_fit() -> None:
    message = ({"n" * 255: "x" * 32_767}, bytes(14 * 1024 * 1024))
    assert parsed(eventstream.encode(*message)) == [message]
