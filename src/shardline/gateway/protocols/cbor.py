"""Kinesis's CBOR protocol, which the Java SDKs speak by default: JSON 1.1's members in CBOR.

Blobs are byte strings. Timestamps are tag 1 around an integer of *milliseconds*, in both
directions: not what RFC 8949 says (seconds), but what AWS and its Java SDKs write and read. In what
comes in, an integer is therefore milliseconds, tagged or not; a float can only be the RFC's
seconds.

AWS writes maps and lists of indefinite length; we write definite ones, which are shorter and which
every decoder reads. Both are read.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import cbor2
import msgspec

from shardline.gateway.coercion import Coercion, is_number, refuse, seconds
from shardline.gateway.errors import SerializationError, ServiceError
from shardline.gateway.model import Operation
from shardline.gateway.protocols import MAX_DEPTH, Output, error_members
from shardline.gateway.protocols.cbor_guard import TIMESTAMP_TAG, is_harmless
from shardline.gateway.shapes import ListShape, MapShape, Shape, StructureShape


class CborProtocol:
    """`Protocol` for `application/x-amz-cbor-1.1`."""

    content_type = b"application/x-amz-cbor-1.1"

    def __init__(self) -> None:
        self._coercion = Coercion(blob=_blob, timestamp=_timestamp)

    def decode(self, body: bytes) -> Mapping[str, Any]:
        """See `Protocol.decode`."""
        if not is_harmless(body):
            raise SerializationError
        try:
            decoded = cbor2.loads(
                body, semantic_decoders={TIMESTAMP_TAG: _untagged}, max_depth=MAX_DEPTH
            )
        except cbor2.CBORDecodeError as error:
            raise SerializationError from error
        if not isinstance(decoded, dict):
            raise SerializationError
        return decoded

    def check(self, operation: Operation, decoded: Mapping[str, Any]) -> dict[str, Any]:
        """See `Protocol.check`."""
        return self._coercion.check(operation, decoded)

    def encode(self, operation: Operation, output: Output | None) -> bytes:
        """See `Protocol.encode`."""
        if operation.output is None or output is None:
            return b""
        # A copy, so that it can be changed in place: most of an answer needs no change.
        plain = msgspec.to_builtins(output, builtin_types=(bytes,))
        return cbor2.dumps(_finish_structure(operation.output, plain))

    def encode_error(self, error: ServiceError) -> bytes:
        """See `Protocol.encode_error`."""
        return cbor2.dumps(error_members(error))


def _untagged(value: Any, immutable: bool) -> Any:
    return value


def _blob(value: Any) -> bytes:
    if not isinstance(value, bytes):
        refuse(value, "a Blob")
    return value


def _timestamp(value: Any) -> float:
    if not is_number(value):
        refuse(value, "milliseconds since epoch")
    return seconds(value / 1000 if isinstance(value, int) else value)


def _finish_structure(shape: StructureShape, value: dict[str, Any]) -> dict[str, Any]:
    """`value`, changed in place: members that are None dropped, timestamps tagged."""
    if None in value.values():
        for name in [name for name, given in value.items() if given is None]:
            del value[name]
    if not value.keys() <= shape.members.keys():
        raise KeyError(*value.keys() - shape.members.keys())
    for name, member in _unfinished_members(shape):
        if name in value:
            value[name] = _FINISHERS[member.type](member, value[name])
    return value


def _finish_list(shape: ListShape, value: Sequence[Any]) -> Sequence[Any]:
    finish = _FINISHERS.get(shape.member.type)
    return value if finish is None else [finish(shape.member, given) for given in value]


def _finish_map(shape: MapShape, value: dict[str, Any]) -> dict[str, Any]:
    finish = _FINISHERS.get(shape.value.type)
    if finish is None:
        return value
    return {key: finish(shape.value, given) for key, given in value.items()}


def _finish_timestamp(_: Shape, value: float) -> cbor2.CBORTag:
    return cbor2.CBORTag(TIMESTAMP_TAG, round(value * 1000))


# What is not written as it is, by type.
_FINISHERS: Mapping[str, Callable[[Any, Any], Any]] = {
    "structure": _finish_structure,
    "list": _finish_list,
    "map": _finish_map,
    "timestamp": _finish_timestamp,
}


@cache
def _unfinished_members(shape: StructureShape) -> tuple[tuple[str, Shape], ...]:
    return tuple((name, m) for name, m in shape.members.items() if m.type in _FINISHERS)
