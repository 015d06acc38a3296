"""The parts of which a parsed expression is made. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written."""

    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A text in quotes."""

    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """The Id of another query."""

    id: str


@dataclass(frozen=True, slots=True)
class Word:
    """A word in capitals that stands alone: `REPEAT`, `ASC`, `AVG`."""

    word: str


@dataclass(frozen=True, slots=True)
class Negated:
    """Unary minus."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one precedence, computed from the left: `a - b + c`.

    A chain, not a tree, so that a long sum is no deep nesting.
    """

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Array:
    """`[a, b]`."""

    members: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """`NAME(a, b)`."""

    name: str
    arguments: tuple[Node, ...]


Node: TypeAlias = Number | Text | Name | Word | Negated | Chain | Array | Function


def parts_of(node: Node) -> tuple[Node, ...]:
    """What a node is made of."""
    match node:
        case Negated(operand):
            return (operand,)
        case Chain(first, rest):
            return (first, *(operand for _, operand in rest))
        case Array(parts) | Function(_, parts):
            return parts
        case _:
            return ()


def names_in(node: Node) -> set[str]:
    """The Ids that an expression refers to."""
    return {part.id for part in all_of(node) if isinstance(part, Name)}


def all_of(node: Node) -> Iterator[Node]:
    """A node and everything in it."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(parts_of(part))
