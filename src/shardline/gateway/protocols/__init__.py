"""AWS's wire protocols: how a body becomes parameters, and an answer becomes a body."""

from collections.abc import Mapping
from typing import Any
from typing import Protocol as Interface

from msgspec import Struct

from shardline.gateway.errors import ServiceError
from shardline.gateway.model import Operation, Service
from shardline.gateway.protocols.query_errors import query_error_header
from shardline.gateway.types import Response

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
    """One wire protocol of AWS. Stateless; one instance serves every call (of Query: one call)."""

    content_type: bytes
    headers: tuple[tuple[bytes, bytes], ...]  # of every answer
    body_limit: int | None
    """Bytes of a body, unpacked. None where bodies may not be packed, and the application's bound
    is the only one."""

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

    def error_response(self, error: ServiceError, service: Service | None) -> Response:
        """Write an error answer; `service` is None as long as it is not known whose call it is."""
        ...


def error_members(error: ServiceError, service: Service | None = None) -> dict[str, str]:
    """The members of an error answer: the bare code, and the message if there is one."""
    code = error.code if service is None else service.error_shapes.get(error.code, error.code)
    members = {"__type": code}
    if error.message is not None:
        members[error.message_key] = error.message
    return members


def error_response(
    protocol: Protocol, body: bytes, error: ServiceError, service: Service | None
) -> Response:
    """An error answer; that of a service which came from Query has Query's code in a header."""
    headers = protocol.headers
    if service is not None and service.is_query_compatible:
        headers = (*headers, query_error_header(error))
    return Response(error.status, body, protocol.content_type, headers)
