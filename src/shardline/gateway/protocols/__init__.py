"""AWS's wire protocols: how a body becomes parameters, and an answer becomes a body."""

from collections.abc import Mapping
from typing import Any
from typing import Protocol as Interface

from msgspec import Struct

from shardline.gateway.errors import ServiceError
from shardline.gateway.model import Operation

MAX_DEPTH = 100
"""Containers inside one another in a body. The deepest input of Kinesis has 5."""

MAX_VALUES = 262_144
"""Values in a body. Ten megabytes can hold ten million empty lists, which take 750 MB and four
seconds to decode; this many take some 30 MB. PutRecords needs 3,507, and 128,000 more by JSON's
reckoning (which counts commas) if its partition keys are made of commas alone."""

Output = Mapping[str, Any] | Struct
"""What an operation answers, by AWS's member names: blobs as bytes, timestamps as float seconds.

A mapping is written by the output's shape: None is left out, and a member that the shape lacks is a
`KeyError`. A struct is written as it stands, for speed, and must leave out its absent members
itself (`omit_defaults=True`)."""


class Protocol(Interface):
    """One wire protocol of AWS. Stateless; one instance serves every call."""

    content_type: bytes

    def decode(self, body: bytes) -> Mapping[str, Any]:
        """Read a body into a plain mapping, types not yet checked.

        Raises `SerializationError` without a message when the body is not an object of this
        protocol, is nested deeper than `MAX_DEPTH`, or holds more than `MAX_VALUES`.
        """
        ...

    def check(self, operation: Operation, decoded: Mapping[str, Any]) -> dict[str, Any]:
        """Convert members to Python values: blobs to bytes, timestamps to float seconds.

        Unknown members and nulls are dropped. Raises `SerializationError` with AWS's text for the
        first member of a wrong type, in the body's order. A null inside a list or a map is kept as
        None, and refused by `constraints.validate`.
        """
        ...

    def encode(self, operation: Operation, output: Output | None) -> bytes:
        """Write an answer. None (an operation without output) is the empty body."""
        ...

    def encode_error(self, error: ServiceError) -> bytes:
        """Write an error answer's body."""
        ...


def error_members(error: ServiceError) -> dict[str, str]:
    """The members of an error answer: the bare code, and the message if there is one."""
    members = {"__type": error.code}
    if error.message is not None:
        members[error.message_key] = error.message
    return members
