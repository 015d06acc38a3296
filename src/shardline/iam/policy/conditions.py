"""The Condition block of a statement: every clause must hold (a logical AND).

A clause is an operator, a key and values, of which one must fit (for an inverted operator: none).
Without the key in the request an operator does not hold and an inverted one does; with `IfExists`
either holds. `ForAllValues:` and `ForAnyValue:` ask each value of a key that has several: without
the key (or with an empty text for it), the first holds and the second does not. The source is the
IAM User Guide, "Condition operators" and "Set operators for multivalued context keys".

Where AWS does not say: `IfExists` is stronger than `ForAnyValue`; an operator without a set
operator does not hold for a key of several values ("multivalued context keys require a condition
set operator"). Of an operator that is given no values none fits: it does not hold, and an inverted
one holds where it denies, but never where it allows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shardline.iam.policy.comparisons import Compare
from shardline.iam.policy.operators import NULL, OPERATORS
from shardline.iam.policy.variables import Context

IF_EXISTS = "IfExists"
FOR_ALL, FOR_ANY = "ForAllValues", "ForAnyValue"


@dataclass(frozen=True, slots=True)
class OperatorName:
    """An operator's name in its parts: `ForAllValues:StringLikeIfExists`."""

    base: str
    quantifier: str = ""
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """One operator on one key, compiled."""

    name: OperatorName
    key: str  # lower-case: "context key names are not case-sensitive"
    compare: Compare
    negated: bool
    without_values: bool | None  # what an operator that is given no values comes to

    def holds(self, context: Context) -> bool:
        """Whether the request's context passes."""
        values = context.get(self.key)
        if self.without_values is not None:
            return self.without_values
        if self.name.base == NULL:
            return self.compare("true" if values is None else "false", context) is True
        if values is None or values == () or (self.name.quantifier and not values):
            return self._without_value()
        if isinstance(values, str):
            return self._fits(values, context)
        if not self.name.quantifier:
            return False
        every = all if self.name.quantifier == FOR_ALL else any
        return every(self._fits(value, context) for value in values)

    def _without_value(self) -> bool:
        if self.name.if_exists or self.name.quantifier == FOR_ALL:
            return True
        return self.negated and self.name.quantifier != FOR_ANY

    def _fits(self, value: str, context: Context) -> bool:
        found = self.compare(value, context)
        return False if found is None else found is not self.negated


def read_operator(text: str) -> OperatorName | None:
    """An operator's name in its parts; None for what AWS does not have."""
    quantifier, colon, rest = text.rpartition(":")
    if colon and quantifier not in (FOR_ALL, FOR_ANY):
        return None
    base = rest.removesuffix(IF_EXISTS)
    if base not in OPERATORS or (base == NULL and base != rest):
        return None
    return OperatorName(base, quantifier, base != rest)


def compile_clause(
    name: OperatorName, key: str, values: Sequence[str], *, variables: bool, allows: bool
) -> Clause:
    """A clause of values that the grammar has checked, in a statement that allows or denies."""
    operator = OPERATORS[name.base]
    compare = operator.compile(values, variables)
    without_values = None if values else operator.negated and not allows
    return Clause(name, key.lower(), compare, operator.negated, without_values)
