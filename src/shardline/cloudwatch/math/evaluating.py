"""Computes an expression that has been checked. Pure."""

from collections.abc import Mapping
from typing import Any, cast

from shardline.cloudwatch.math.functions import FUNCTIONS
from shardline.cloudwatch.math.operators import combined, negated
from shardline.cloudwatch.math.signatures import Scope
from shardline.cloudwatch.math.syntax import (
    Array,
    Chain,
    Function,
    Name,
    Negated,
    Node,
    Number,
    Text,
    Word,
)
from shardline.cloudwatch.math.values import Series, Value, as_array


class Evaluator:
    """Computes expressions. `values` has what the queries came to that they may refer to, by Id."""

    def __init__(self, scope: Scope, values: Mapping[str, Value]) -> None:
        self._scope = scope
        self._values = values

    def value(self, node: Node) -> Value:
        """What an expression comes to. Raises `MathError` if that is too much work."""
        value = self._value(node)
        self._scope.span.budget.take(value)
        return value

    def _value(self, node: Node) -> Value:
        match node:
            case Number(number):
                return number
            case Name(id_):
                return self._values[id_]
            case Negated(operand):
                return negated(self.value(operand))
            case Chain(first, rest):
                value = self.value(first)
                for sign, operand in rest:
                    value = combined(sign, value, self.value(operand))
                    self._scope.span.budget.take(value)
                return value
            case Array(members):
                return self._array(members)
            case Function(name, arguments):
                spec = FUNCTIONS[name]
                given: list[Any] = [self._argument(argument) for argument in arguments]
                if spec.takes_scope:
                    given.insert(0, self._scope)
                return cast(Value, spec.compute(*given))
            case _:
                raise AssertionError(f"unchecked: {node}")

    def _array(self, members: tuple[Node, ...]) -> list[Series]:
        array: list[Series] = []
        for member in members:
            array += as_array(self.value(member))
            self._scope.span.budget.take(array)
        return array

    def _argument(self, node: Node) -> Value | str:
        match node:
            case Text(text) | Word(text):
                return text
            case _:
                return self.value(node)
