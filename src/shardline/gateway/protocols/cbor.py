"""AWS's two CBOR protocols, JSON's members in CBOR; blobs are byte strings.

Kinesis's own, which the Java SDKs speak to it by default, has timestamps as tag 1 around an integer
of *milliseconds*, in both directions: not what RFC 8949 says (seconds), but what AWS and its Java
SDKs write and read. In what comes in, an integer is therefore milliseconds, tagged or not; a float
can only be the RFC's seconds.

Smithy's rpc-v2-cbor, which SDKs of today speak to CloudWatch, has timestamps as the RFC says:
seconds, as an integer or a float. Its operation stands in the path (`shardline.gateway.dialects`).

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
from shardline.gateway.model import Operation, Service
from shardline.gateway.protocols import MAX_DEPTH, Output, error_members, error_response
from shardline.gateway.protocols.cbor_guard import TIMESTAMP_TAG, is_harmless
from shardline.gateway.shapes import ListShape, MapShape, Shape, StructureShape
from shardline.gateway.types import Response


class CborProtocol:
    """`Protocol` for `application/x-amz-cbor-1.1`, which is Kinesis's."""

    content_type = b"application/x-amz-cbor-1.1"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body_limit: int | None = None

    def __init__(self) -> None:
        self._coercion = Coercion(blob=_blob, timestamp=self.read_timestamp)
        self._finisher = _Finisher(self.write_timestamp)

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
        plain = msgspec.to_builtins(output, builtin_types=(bytes,), enc_hook=_plain)
        return cbor2.dumps(self._finisher.structure(operation.output, plain))

    def error_response(self, error: ServiceError, service: Service | None = None) -> Response:
        """See `Protocol.error_response`."""
        return error_response(self, cbor2.dumps(error_members(error, service)), error, service)

    @staticmethod
    def read_timestamp(value: Any) -> float:
        """Seconds of a timestamp that came in."""
        _refuse_no_number(value)
        return seconds(value / 1000 if isinstance(value, int) else value)

    @staticmethod
    def write_timestamp(value: float) -> int | float:
        """What stands for a time (seconds) in what goes out."""
        return round(value * 1000)


class RpcCborProtocol(CborProtocol):
    """`Protocol` for Smithy's rpc-v2-cbor."""

    content_type = b"application/cbor"
    headers: tuple[tuple[bytes, bytes], ...] = ((b"smithy-protocol", b"rpc-v2-cbor"),)

    def __init__(self, *, body_limit: int) -> None:
        super().__init__()
        self.body_limit = body_limit

    def decode(self, body: bytes) -> Mapping[str, Any]:
        """See `Protocol.decode`. An operation without input is called without a body."""
        return super().decode(body) if body else {}

    @staticmethod
    def read_timestamp(value: Any) -> float:
        """Seconds of a timestamp that came in."""
        _refuse_no_number(value)
        return seconds(value)

    @staticmethod
    def write_timestamp(value: float) -> int | float:
        """What stands for a time (seconds) in what goes out."""
        return value


def _plain(value: object) -> list[Any]:
    if isinstance(value, Sequence):
        return list(value)
    raise NotImplementedError(f"an answer holds a {type(value).__name__}")


def _untagged(value: Any, immutable: bool) -> Any:
    return value


def _blob(value: Any) -> bytes:
    if not isinstance(value, bytes):
        refuse(value, "a Blob")
    return value


def _refuse_no_number(value: Any) -> None:
    if not is_number(value):
        refuse(value, "milliseconds since epoch")


class _Finisher:
    """Makes an output what the encoder takes: members that are None dropped, timestamps tagged."""

    def __init__(self, write_timestamp: Callable[[float], int | float]) -> None:
        self._write_timestamp = write_timestamp
        self._by_type: Mapping[str, Callable[[Any, Any], Any]] = {
            "structure": self.structure,
            "list": self._list,
            "map": self._map,
            "timestamp": self._timestamp,
        }

    def structure(self, shape: StructureShape, value: dict[str, Any]) -> dict[str, Any]:
        """`value`, changed in place."""
        if None in value.values():
            for name in [name for name, given in value.items() if given is None]:
                del value[name]
        if not value.keys() <= shape.members.keys():
            raise KeyError(*value.keys() - shape.members.keys())
        for name, member in _unfinished_members(shape):
            if name in value:
                value[name] = self._by_type[member.type](member, value[name])
        return value

    def _list(self, shape: ListShape, value: Sequence[Any]) -> Sequence[Any]:
        finish = self._by_type.get(shape.member.type)
        return value if finish is None else [finish(shape.member, given) for given in value]

    def _map(self, shape: MapShape, value: dict[str, Any]) -> dict[str, Any]:
        finish = self._by_type.get(shape.value.type)
        if finish is None:
            return value
        return {key: finish(shape.value, given) for key, given in value.items()}

    def _timestamp(self, _: Shape, value: float) -> cbor2.CBORTag:
        return cbor2.CBORTag(TIMESTAMP_TAG, self._write_timestamp(value))


@cache
def _unfinished_members(shape: StructureShape) -> tuple[tuple[str, Shape], ...]:
    """The members that are not written as they are."""
    return tuple((name, m) for name, m in shape.members.items() if m.type in _UNFINISHED)


_UNFINISHED = frozenset({"structure", "list", "map", "timestamp"})
