"""Query's answers in XML, as botocore's `QueryParser` reads them.

The names are the form's (`query_form`), each an element. What XML 1.0 cannot hold (most control
characters) becomes U+FFFD, the sign for what could not be written.
"""

import math
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from shardline.gateway.protocols import Output
from shardline.gateway.shapes import ListShape, MapShape, Shape, StructureShape

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A bare carriage return would be read as a line feed.
_ENTITIES = {"\r": "&#13;"}


def structure_xml(shape: StructureShape, value: Output) -> str:
    """The members of an output, without an element around them; those that are None are left out.

    Raises `KeyError` for a member that the shape lacks, and `TypeError` for a struct: only Kinesis
    answers structs, and Kinesis does not speak Query.
    """
    if not isinstance(value, Mapping):
        raise TypeError("Query's answers are mappings")
    return "".join(
        _member_xml(shape, name, shape.members[name], given)
        for name, given in value.items()
        if given is not None
    )


def _member_xml(shape: StructureShape, name: str, member: Shape, value: Any) -> str:
    element = shape.wire_names.get(name, name)
    if isinstance(member, ListShape) and member.flattened:
        element = member.wire_name or element
        return "".join(_element(element, _inner_xml(member.member, each)) for each in value)
    if isinstance(member, MapShape) and member.flattened:
        return "".join(_element(element, entry) for entry in _entries(member, value))
    return _element(element, _inner_xml(member, value))


def _inner_xml(shape: Shape, value: Any) -> str:
    if isinstance(shape, StructureShape):
        return structure_xml(shape, value)
    if isinstance(shape, ListShape):
        name = shape.wire_name or "member"
        return "".join(_element(name, _inner_xml(shape.member, each)) for each in value)
    if isinstance(shape, MapShape):
        return "".join(_element("entry", entry) for entry in _entries(shape, value))
    return _TEXTS[shape.type](value)


def _entries(shape: MapShape, value: Mapping[str, Any]) -> list[str]:
    return [
        _element(shape.key_name, text_xml(key))
        + _element(shape.value_name, _inner_xml(shape.value, given))
        for key, given in value.items()
    ]


def _element(name: str, inner: str) -> str:
    return f"<{name}>{inner}</{name}>"


def text_xml(value: str) -> str:
    """Text inside an element."""
    return escape(_UNWRITABLE.sub("\ufffd", value), _ENTITIES)


def _fraction(value: float) -> str:
    if math.isfinite(value):
        return repr(float(value))
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def _timestamp(value: float) -> str:
    """ISO 8601, with milliseconds where there are any."""
    moment = _EPOCH + timedelta(milliseconds=round(value * 1000))
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


_TEXTS: Mapping[str, Callable[[Any], str]] = {
    "string": text_xml,
    "integer": str,
    "long": str,
    "float": _fraction,
    "double": _fraction,
    "boolean": lambda value: "true" if value else "false",
    "timestamp": _timestamp,
    "blob": lambda value: b64encode(value).decode("ascii"),
}
