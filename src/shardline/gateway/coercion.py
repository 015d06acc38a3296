"""Decoded bodies to Python values: what AWS does when a member has the wrong type.

The texts are AWS's own, as recorded from Kinesis; so are their grammar and their missing full
stops. What AWS forgives is forgiven: a number is cut down to its type's range, a fraction to its
floor, and some words pass as booleans. Unknown members are ignored, and null is absent; inside a
list or a map null is kept for validation to refuse, since nothing else says that it was there.
"""

from collections.abc import Callable, Mapping
from math import floor
from typing import Any, NoReturn

from shardline.gateway.errors import SerializationError
from shardline.gateway.model import Operation
from shardline.gateway.shapes import ListShape, MapShape, Shape, StructureShape

Converter = Callable[[Any], Any]
"""A value of any type but null to what it stands for. Raises `SerializationError`."""

_INTEGER_BITS = {"integer": 32, "long": 64}
_TRUE = frozenset({"TRUE", "1", "YES"})
_FALSE = frozenset({"FALSE", "0", "NO"})
_SECONDS_LIMIT = (2**63 - 1) / 1000  # AWS counts milliseconds in a Java long


class Coercion:
    """Converts the inputs of one protocol. What protocols differ in is given: blob, timestamp."""

    def __init__(self, blob: Converter, timestamp: Converter) -> None:
        self._converters: Mapping[str, Callable[[Any, Any], Any]] = {
            "structure": self._structure,
            "list": self._list,
            "map": self._map,
            "string": _string,
            "integer": _integer,
            "long": _integer,
            "float": _fraction,
            "double": _fraction,
            "boolean": _boolean,
            "blob": lambda _, value: blob(value),
            "timestamp": lambda _, value: timestamp(value),
        }

    def check(self, operation: Operation, decoded: Mapping[str, Any]) -> dict[str, Any]:
        """See `Protocol.check`."""
        return {} if operation.input is None else self._structure(operation.input, decoded)

    def _structure(self, shape: StructureShape, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            refuse_list(value)
            raise SerializationError("Expected null")
        converters = self._converters
        members = shape.members
        converted = {}
        for name, given in value.items():
            if given is not None and name in members:
                member = members[name]
                converted[name] = converters[member.type](member, given)
        return converted

    def _list(self, shape: ListShape, value: Any) -> list[Any]:
        if not isinstance(value, list):
            refuse_map(value)
            raise SerializationError("Expected list or null")
        member = shape.member
        convert = self._converters[member.type]
        return [None if given is None else convert(member, given) for given in value]

    def _map(self, shape: MapShape, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            refuse_list(value)
            raise SerializationError("Expected map or null")
        member = shape.value
        convert = self._converters[member.type]
        return {
            key: None if given is None else convert(member, given) for key, given in value.items()
        }


def refuse_list(value: object) -> None:
    """Raise AWS's error if a list stands where there should be none."""
    if isinstance(value, list):
        raise SerializationError("Start of list found where not expected")


def refuse_map(value: object) -> None:
    """Raise AWS's error if an object stands where there should be none."""
    if isinstance(value, dict):
        raise SerializationError("Start of structure or map found where not expected.")


def refuse(value: object, wanted: str) -> NoReturn:
    """Raise AWS's error for a value that cannot become `wanted` ("an String")."""
    refuse_list(value)
    refuse_map(value)
    raise SerializationError(f"class {_java_class(value)} can not be converted to {wanted}")


def seconds(value: float) -> float:
    """A time as seconds since the epoch, within what AWS can count. Not-a-number is 0."""
    if value != value:
        return 0.0
    return float(max(-_SECONDS_LIMIT, min(_SECONDS_LIMIT, value)))


def is_number(value: object) -> bool:
    """Whether this is a number to AWS; to Python a boolean is one too."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _java_class(value: object) -> str:
    if isinstance(value, bool):
        return "java.lang.Boolean"
    if isinstance(value, str):
        return "java.lang.String"
    if isinstance(value, bytes):  # only in CBOR; the name is the one AWS printed blobs with
        return "java.nio.HeapByteBuffer"
    return "com.amazon.coral.value.json.numbers.TruncatingBigNumber"


def _string(_: Shape, value: Any) -> str:
    if not isinstance(value, str):
        refuse(value, "an String")
    return value


def _integer(shape: Shape, value: Any) -> int:
    if not is_number(value):
        refuse(value, f"an {shape.type.capitalize()}")
    if value != value:
        return 0  # Java's cast of NaN
    limit = 1 << (_INTEGER_BITS[shape.type] - 1)
    clamped: float = max(-limit, min(limit - 1, value))
    return floor(clamped)


def _fraction(shape: Shape, value: Any) -> float:
    if not is_number(value):
        refuse(value, f"an {shape.type.capitalize()}")
    try:
        return float(value)
    except OverflowError:  # an integer of hundreds of digits: infinite to Java
        return float("inf") if value > 0 else float("-inf")


def _boolean(_: Shape, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return value != 0  # AWS takes a fraction, and only a fraction, for a boolean
    if not isinstance(value, str):
        refuse(value, "an Boolean")
    word = value.upper()
    if word not in _TRUE and word not in _FALSE:
        raise SerializationError(f"'{word}' can not be converted to an Boolean")
    return word in _TRUE
