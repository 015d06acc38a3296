"""AWS's JSON protocol: blobs as base64, timestamps as seconds with a fraction.

Versions 1.0 and 1.1 differ in their content type alone.

Stricter than AWS may be in two corners that no SDK reaches: a number beyond a double's range and
half a surrogate pair are refused as garbled. Of two members with one name the last counts.
"""

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

import msgspec

from shardline.gateway.base64_blob import blob_of
from shardline.gateway.coercion import Coercion, is_number, refuse, seconds
from shardline.gateway.errors import SerializationError, ServiceError
from shardline.gateway.model import Operation, Service
from shardline.gateway.protocols import (
    MAX_DEPTH,
    MAX_VALUES,
    Output,
    error_members,
    error_response,
)
from shardline.gateway.shapes import ListShape, MapShape, Shape, StructureShape
from shardline.gateway.types import JsonElements, Response


class JsonProtocol:
    """`Protocol` for `application/x-amz-json-1.1`, or another version of it."""

    headers: tuple[tuple[bytes, bytes], ...] = ()

    def __init__(
        self,
        content_type: bytes = b"application/x-amz-json-1.1",
        *,
        body_limit: int | None = None,
    ) -> None:
        self.content_type = content_type
        self.body_limit = body_limit
        self._coercion = Coercion(blob=_blob, timestamp=_timestamp)

    def decode(self, body: bytes) -> Mapping[str, Any]:
        """See `Protocol.decode`."""
        openers = body.count(b"[") + body.count(b"{")
        # Every value but the first follows an opener or a comma, so that this is never too low.
        if openers + body.count(b",") > MAX_VALUES:
            raise SerializationError
        try:
            decoded = msgspec.json.decode(body)
        except (ValueError, RecursionError) as error:  # both of msgspec's, and bad UTF-8
            raise SerializationError from error
        if not isinstance(decoded, dict) or (openers > MAX_DEPTH and _is_too_deep(decoded)):
            raise SerializationError
        return decoded

    def check(self, operation: Operation, decoded: Mapping[str, Any]) -> dict[str, Any]:
        """See `Protocol.check`."""
        return self._coercion.check(operation, decoded)

    def encode(self, operation: Operation, output: Output | None) -> bytes:
        """See `Protocol.encode`."""
        if isinstance(output, msgspec.Struct):
            return _encode(output)
        if operation.output is None or output is None:
            return b""
        return _encode(_present(operation.output, output))

    def encode_in_pieces(self, operation: Operation, output: Output | None) -> list[bytes]:
        """As `encode`, but what is long is not put together: for answers of megabytes."""
        if operation.output is None or output is None:
            return [b""]
        long: list[JsonElements] = []

        def set_aside(value: object) -> msgspec.Raw:
            long.append(_elements(value))
            return msgspec.Raw(b"[\0]")  # there is no other NUL: JSON escapes it

        around = msgspec.json.encode(_present(operation.output, output), enc_hook=set_aside)
        pieces: list[bytes] = []
        for before, elements in zip_longest(around.split(b"\0"), long):
            pieces.append(before)
            if elements is not None:
                pieces += elements.json_pieces()
        return pieces

    def error_response(self, error: ServiceError, service: Service | None = None) -> Response:
        """See `Protocol.error_response`."""
        body = msgspec.json.encode(error_members(error, service))
        return error_response(self, body, error, service)


def _blob(value: Any) -> bytes:
    if not isinstance(value, str):
        refuse(value, "a Blob")
    return blob_of(value)


def _timestamp(value: Any) -> float:
    if not is_number(value):
        refuse(value, "milliseconds since epoch")
    return seconds(value)


def _is_too_deep(value: Any) -> bool:
    """Level by level: the depth at which msgspec itself gives up depends on the interpreter."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _elements(value: object) -> JsonElements:
    if isinstance(value, JsonElements):
        return value
    raise NotImplementedError(f"an answer holds a {type(value).__name__}")


def _array(value: object) -> msgspec.Raw:
    return msgspec.Raw(b"[" + b"".join(_elements(value).json_pieces()) + b"]")


_encode = msgspec.json.Encoder(enc_hook=_array).encode


def _present(shape: Shape, value: Any) -> Any:
    """`value` without the members that are None. Structs are msgspec's to write."""
    if isinstance(value, msgspec.Struct):
        return value
    if isinstance(shape, StructureShape):
        return {
            name: _present(shape.members[name], given)
            for name, given in value.items()
            if given is not None
        }
    if isinstance(shape, ListShape):
        return [_present(shape.member, given) for given in value]
    if isinstance(shape, MapShape):
        return {key: _present(shape.value, given) for key, given in value.items()}
    return value
