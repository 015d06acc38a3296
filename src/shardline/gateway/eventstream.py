"""AWS's event stream (`application/vnd.amazon.eventstream`): messages one after the other.

A message, big-endian:

    4  its length in bytes, all of it
    4  the length of its headers
    4  CRC-32 of the eight bytes before
    n  headers: 1 length of the name, the name, 1 type (7: a string), 2 length of the value, it
    m  the payload
    4  CRC-32 of everything before

`:message-type` says what a message is. An `event` has its name in `:event-type`; the first one is
called `initial-response` and holds what the operation answers beside its stream. An `exception`
has the error's code in `:exception-type`, and is the last message.

Source: the description of the format in botocore's and smithy's documentation; botocore's parser is
the oracle of the tests.
"""

import struct
from collections.abc import Mapping
from functools import lru_cache
from zlib import crc32

CONTENT_TYPE = b"application/vnd.amazon.eventstream"

_STRING = 7
_LENGTHS = struct.Struct(">II")
_CRC = struct.Struct(">I")
_FRAME_BYTES = _LENGTHS.size + 2 * _CRC.size


def event(kind: str, payload: bytes, content_type: str) -> bytes:
    """The message of an event."""
    return _message(_known_headers("event", ":event-type", kind, content_type), payload)


def exception(code: str, payload: bytes, content_type: str) -> bytes:
    """The message of an error."""
    return _message(_known_headers("exception", ":exception-type", code, content_type), payload)


def encode(headers: Mapping[str, str], payload: bytes) -> bytes:
    """A message with any headers.

    Raises ValueError for a name of none or over 255 bytes, and a value over 65,535.
    """
    return _message(_packed(headers), payload)


@lru_cache(maxsize=64)
def _known_headers(message_type: str, name: str, value: str, content_type: str) -> bytes:
    return _packed({":message-type": message_type, name: value, ":content-type": content_type})


def _packed(headers: Mapping[str, str]) -> bytes:
    packed = bytearray()
    for name, value in headers.items():
        raw_name, raw_value = name.encode(), value.encode()
        if not 0 < len(raw_name) <= 0xFF or len(raw_value) > 0xFFFF:
            raise ValueError(f"a header does not fit: {name!r}")
        packed += bytes([len(raw_name)]) + raw_name
        packed += bytes([_STRING]) + len(raw_value).to_bytes(2, "big") + raw_value
    return bytes(packed)


def _message(headers: bytes, payload: bytes) -> bytes:
    lengths = _LENGTHS.pack(_FRAME_BYTES + len(headers) + len(payload), len(headers))
    front = b"".join((lengths, _CRC.pack(crc32(lengths)), headers))
    return b"".join((front, payload, _CRC.pack(crc32(payload, crc32(front)))))
