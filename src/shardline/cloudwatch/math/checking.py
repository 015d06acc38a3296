"""Which kind of value an expression gives: found before anything is computed. Pure."""

from collections.abc import Mapping, Set

from shardline.cloudwatch.math.functions import FUNCTIONS, NOT_BUILT
from shardline.cloudwatch.math.searching import parse_search
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
from shardline.cloudwatch.math.values import Kind, MathError
from shardline.cloudwatch.periods import is_period
from shardline.cloudwatch.statistics import statistic_of


def check_search(node: Function) -> None:
    """Check what a SEARCH, whose arguments are of the right kinds, says. Raises `MathError`."""
    text, name, *period = node.arguments
    assert isinstance(text, Text)
    assert isinstance(name, Text)
    parse_search(text.value)
    if statistic_of(name.value) is None:
        raise MathError(f"'{name.value}' is not a valid statistic")
    for each in period:
        if not isinstance(each, Number) or not is_period(each.value):
            raise MathError("the period of a SEARCH must be a number of seconds that is a period")


class Checker:
    """Finds kinds. `kinds` has those of the queries that may be referred to, by Id.

    `metrics` are the Ids among them that are metrics, not expressions.
    """

    def __init__(self, kinds: Mapping[str, Kind], metrics: Set[str]) -> None:
        self._kinds = kinds
        self._metrics = metrics

    def kind(self, node: Node) -> Kind:
        """The kind of an expression's value. Raises `MathError`."""
        match node:
            case Number():
                return "S"
            case Name(id_):
                if id_ not in self._kinds:
                    raise MathError(f"Unknown identifier '{id_}'")
                return self._kinds[id_]
            case Word(text) | Text(text):
                raise MathError(f"Unexpected '{text}'")
            case Negated(operand):
                return self.kind(operand)
            case Chain():
                return self._chain(node)
            case Array(members):
                return self._array(members)
            case Function():
                return self._function(node)

    def _array(self, members: tuple[Node, ...]) -> Kind:
        if any(self.kind(member) == "S" for member in members):
            raise MathError("an array may hold time series only, not a scalar")
        return "TS[]"

    def _chain(self, node: Chain) -> Kind:
        kind = self.kind(node.first)
        for sign, operand in node.rest:
            other = self.kind(operand)
            if kind == other == "TS[]":
                raise MathError(f"Unsupported operand types for {sign}: 'TS[]' and 'TS[]'")
            kind = max(kind, other, key=("S", "TS", "TS[]").index)
        return kind

    def _function(self, node: Function) -> Kind:
        spec = FUNCTIONS.get(node.name)
        if spec is None:
            if node.name in NOT_BUILT:
                raise MathError(f"the function {node.name} is not built in Shardline")
            raise MathError(f"Unknown function '{node.name}'")
        kinds = [self._argument(argument) for argument in node.arguments]
        result = spec.result(kinds)
        if result is None:
            shown = ", ".join(kinds)
            raise MathError(
                f"the function {node.name} does not take ({shown}); "
                f"it is {' or '.join(f'({each})' for each in spec.signatures)}"
            )
        if node.name == "PERIOD" and not self._is_metric(node.arguments[0]):
            raise MathError("the function PERIOD takes a metric, not the result of an expression")
        if node.name == "SEARCH":
            check_search(node)
        return result

    def _argument(self, node: Node) -> str:
        match node:
            case Text():
                return "text"
            case Word(word):
                return word
            case _:
                return self.kind(node)

    def _is_metric(self, node: Node) -> bool:
        return isinstance(node, Name) and node.id in self._metrics
