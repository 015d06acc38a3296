"""Query's form, read into parameters as botocore's `QuerySerializer` writes them.

    Name=value                          a member; booleans are `true` and `false`, blobs base64,
                                        timestamps ISO 8601
    Outer.Name=value                    a member of a structure
    Names.member.1=value                a member of a list; an empty list is `Names=`
    Names.1=value                       the same, where the model calls the list flattened
    Tags.entry.1.key=, .value=          an entry of a map; flattened, it has no `entry`

A name may be another on the wire (`locationName`). Members are in the order of their numbers, which
may have gaps. A garbled value is a `SerializationError`; what the model does not know is passed
over.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from shardline.gateway.base64_blob import blob_of
from shardline.gateway.coercion import seconds
from shardline.gateway.errors import SerializationError
from shardline.gateway.protocols import MAX_VALUES
from shardline.gateway.shapes import ListShape, MapShape, Shape, StructureShape

MAX_NAME_DEPTH = 30
"""Parts of a name. The deepest input of IAM, STS and CloudWatch has 11."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,6})?")
_SPECIAL_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_INDEX = re.compile("[0-9]{1,9}")
_BITS = {"integer": 32, "long": 64}


def form_tree(body: bytes) -> dict[str, Any]:
    """A form as mappings inside one another, by the dots in its names.

    A name that is given twice counts as it was given last; one that stands alone and before a dot
    counts as the latter. Raises `SerializationError`.
    """
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_VALUES
        )
    except ValueError as error:  # too many, or no UTF-8
        raise SerializationError from error
    tree: dict[str, Any] = {}
    left = MAX_VALUES
    for name, value in pairs:
        *path, last = name.split(".", MAX_NAME_DEPTH)
        left -= len(path) + 1
        if left < 0 or "." in last:
            raise SerializationError
        node = tree
        for part in path:
            inner = node.get(part)
            if not isinstance(inner, dict):
                inner = node[part] = {}
            node = inner
        if not isinstance(node.get(last), dict):
            node[last] = value
    return tree


class FormReader:
    """Converts a tree to Python values, by the model's shapes."""

    def __init__(self) -> None:
        self._by_type: Mapping[str, Callable[[Any, Any], Any]] = {
            "structure": self.structure,
            "list": self._list,
            "map": self._map,
            **{name: _scalar(convert) for name, convert in _SCALARS.items()},
        }

    def structure(self, shape: StructureShape, node: Any) -> dict[str, Any]:
        """The members of `shape` that are there."""
        if not isinstance(node, dict):
            if node:
                raise SerializationError("Unexpected complex element termination")
            return {}
        found = {}
        for name, member in shape.members.items():
            given = node.get(_name_on_wire(shape, name, member))
            if given is not None:
                found[name] = self._by_type[member.type](member, given)
        return found

    def _list(self, shape: ListShape, node: Any) -> list[Any]:
        if not isinstance(node, dict):
            if node:
                raise SerializationError("Unexpected list element termination")
            return []
        members = node if shape.flattened else _inside(node, shape.wire_name or "member")
        convert = self._by_type[shape.member.type]
        return [convert(shape.member, members[index]) for index in _in_order(members)]

    def _map(self, shape: MapShape, node: Any) -> dict[str, Any]:
        if not isinstance(node, dict):
            if node:
                raise SerializationError("Unexpected map element termination")
            return {}
        entries = node if shape.flattened else _inside(node, "entry")
        found: dict[str, Any] = {}
        for index in _in_order(entries):
            entry = entries[index]
            key = entry.get(shape.key_name) if isinstance(entry, dict) else None
            if not isinstance(key, str):
                raise SerializationError("Expected a key in a map's entry")
            value = entry.get(shape.value_name)
            found[key] = (
                None if value is None else self._by_type[shape.value.type](shape.value, value)
            )
        return found


def _name_on_wire(shape: StructureShape, name: str, member: Shape) -> str:
    # A flattened list is known by its members' name, which takes the place of its own.
    if isinstance(member, ListShape) and member.flattened and member.wire_name is not None:
        return member.wire_name
    return shape.wire_names.get(name, name)


def _inside(node: dict[str, Any], name: str) -> dict[str, Any]:
    inner = node.get(name, {})
    if not isinstance(inner, dict):
        raise SerializationError("Unexpected list element termination")
    return inner


def _in_order(members: dict[str, Any]) -> list[str]:
    for index in members:
        if not _INDEX.fullmatch(index):
            raise SerializationError(f"Key {index} is not a number")
    return sorted(members, key=int)


def _scalar(convert: Callable[[Shape, str], Any]) -> Callable[[Any, Any], Any]:
    def converted(shape: Shape, node: Any) -> Any:
        if not isinstance(node, str):
            raise SerializationError("Start of structure or map found where not expected.")
        return convert(shape, node)

    return converted


def _refusal(text: str, wanted: str) -> SerializationError:
    return SerializationError(f"'{text}' can not be converted to {wanted}")


def _integer(shape: Shape, text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise _refusal(text, f"an {shape.type.capitalize()}")
    number = int(text)
    if not -1 << (_BITS[shape.type] - 1) <= number < 1 << (_BITS[shape.type] - 1):
        raise _refusal(text, f"an {shape.type.capitalize()}")
    return number


def _fraction(shape: Shape, text: str) -> float:
    if text in _SPECIAL_NUMBERS:
        return _SPECIAL_NUMBERS[text]
    if not _NUMBER.fullmatch(text):
        raise _refusal(text, f"an {shape.type.capitalize()}")
    return float(text)


def _boolean(_: Shape, text: str) -> bool:
    word = text.lower()
    if word not in ("true", "false"):
        raise _refusal(text, "an Boolean")
    return word == "true"


def _timestamp(_: Shape, text: str) -> float:
    if _NUMBER.fullmatch(text):
        return seconds(float(text))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _refusal(text, "a Timestamp") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


_SCALARS: Mapping[str, Callable[[Shape, str], Any]] = {
    "string": lambda _, text: text,
    "integer": _integer,
    "long": _integer,
    "float": _fraction,
    "double": _fraction,
    "boolean": _boolean,
    "timestamp": _timestamp,
    "blob": lambda _, text: blob_of(text),
}
