"""The shapes of AWS's models, compiled once into nodes that the protocols and checks walk.

A shape may contain itself, so a node is known by its name before its members are filled in. Nodes
are compared by identity, and are never changed once compiled.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

NUMBERS = frozenset({"integer", "long", "float", "double"})

# AWS prints an enum in the order of a Java hash set, which cannot be worked out from the model.
# These orders were seen in AWS's answers; any other enum is printed in the model's order.
RECORDED_ENUM_ORDERS = {
    "ShardIteratorType": (
        "AFTER_SEQUENCE_NUMBER",
        "LATEST",
        "AT_TIMESTAMP",
        "AT_SEQUENCE_NUMBER",
        "TRIM_HORIZON",
    ),
}


@dataclass(slots=True, eq=False)
class Shape:
    """A value of one type, and its constraints.

    `type` is the model's word: string, integer, long, float, double, boolean, timestamp, blob,
    structure, list or map. `minimum` and `maximum` bound a number's value and anything else's
    length (characters, bytes, members). `enum` is in the order in which errors print it.
    """

    name: str
    type: str
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class StructureShape(Shape):
    """Named members, in the model's order.

    `wire_names` has the members that Query and XML know by another name (`locationName`).
    """

    members: dict[str, Shape] = field(default_factory=dict, repr=False)
    wire_names: dict[str, str] = field(default_factory=dict, repr=False)
    required: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class ListShape(Shape):
    """Any number of one shape.

    In Query and XML the members stand in an element each, named `wire_name` or else "member";
    those of a `flattened` list without one around them all.
    """

    member: Shape = field(init=False, repr=False)
    wire_name: str | None = None
    flattened: bool = False


@dataclass(slots=True, eq=False)
class MapShape(Shape):
    """Keys, always strings, to one shape. The last three say how Query and XML write it."""

    key: Shape = field(init=False, repr=False)
    value: Shape = field(init=False, repr=False)
    key_name: str = "key"
    value_name: str = "value"
    flattened: bool = False


class ShapeCompiler:
    """Makes nodes out of the `shapes` of a botocore service model, each when first asked for."""

    def __init__(self, definitions: Mapping[str, Mapping[str, Any]]) -> None:
        self._definitions = definitions
        self._compiled: dict[str, Shape] = {}

    def structure(self, name: str) -> StructureShape:
        """The input or output of an operation."""
        shape = self.shape(name)
        if not isinstance(shape, StructureShape):
            raise TypeError(f"{name} is a {shape.type}, not a structure")
        return shape

    def shape(self, name: str) -> Shape:
        """The node of a shape, with everything below it. Raises `KeyError` for an unknown one."""
        if name in self._compiled:
            return self._compiled[name]
        definition = self._definitions[name]
        node = _NODES.get(definition["type"], Shape)(
            name=name,
            type=definition["type"],
            minimum=definition.get("min"),
            maximum=definition.get("max"),
            pattern=definition.get("pattern"),
            enum=_printed_order(name, definition.get("enum", ())),
        )
        self._compiled[name] = node
        self._fill(node, definition)
        return node

    def _fill(self, node: Shape, definition: Mapping[str, Any]) -> None:
        if isinstance(node, StructureShape):
            for member, target in definition["members"].items():
                node.members[member] = self.shape(target["shape"])
                if "locationName" in target:
                    node.wire_names[member] = target["locationName"]
            node.required = frozenset(definition.get("required", ()))
        elif isinstance(node, ListShape):
            node.member = self.shape(definition["member"]["shape"])
            node.wire_name = definition["member"].get("locationName")
            node.flattened = definition.get("flattened", False)
        elif isinstance(node, MapShape):
            node.key = self.shape(definition["key"]["shape"])
            node.value = self.shape(definition["value"]["shape"])
            node.key_name = definition["key"].get("locationName", "key")
            node.value_name = definition["value"].get("locationName", "value")
            node.flattened = definition.get("flattened", False)


_NODES: dict[str, type[Shape]] = {
    "structure": StructureShape,
    "list": ListShape,
    "map": MapShape,
}


def _printed_order(name: str, values: Iterable[str]) -> tuple[str, ...]:
    recorded = RECORDED_ENUM_ORDERS.get(name, ())
    # A value that AWS added after the order was seen makes the recorded order useless.
    return recorded if set(recorded) == set(values) else tuple(values)
