"""AWS's validation of an input against its model, in AWS's sentences.

Errors come in the model's order of members (AWS fixes no order), a list's own before its members',
and ten at most, as on AWS.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from shardline.gateway.errors import ValidationError
from shardline.gateway.model import Operation
from shardline.gateway.shapes import NUMBERS, ListShape, MapShape, Shape, StructureShape

if TYPE_CHECKING:
    import regex

MAX_ERRORS = 10
MAX_PRINTED = 1000  # members of a list or map that an error prints, so that answers stay bounded

_NOT_NULL = "Member must not be null"

# Services that say what was wrong and not what was sent, as recorded from AWS in 2026 by
# localstack's `tests/aws/services/iam`.
_WITHOUT_VALUES = frozenset({"iam"})

Judge = Callable[[Shape, Any, str], None]


def validate(operation: Operation, params: Mapping[str, Any]) -> None:
    """Hold checked parameters against the operation's constraints.

    Raises `ValidationError` with every constraint broken, up to `MAX_ERRORS`.
    """
    if operation.input is None:
        return
    validation = _Validation(operation.java_package, operation.service not in _WITHOUT_VALUES)
    validation.structure(operation.input, params, "")
    if validation.errors:
        raise ValidationError(validation.errors[:MAX_ERRORS])


class _Validation:
    """One walk over an input. Paths are AWS's: `records.1.member.partitionKey`."""

    def __init__(self, java_package: str, tells_values: bool) -> None:
        self.errors: list[str] = []
        self._java_package = java_package
        self._tells_values = tells_values

    def structure(self, shape: StructureShape, value: Mapping[str, Any], prefix: str) -> None:
        for name, member in shape.members.items():
            given = value.get(name)
            if given is None:
                if name in shape.required:
                    self._report(member, None, prefix + _lower_first(name), _NOT_NULL)
            elif isinstance(member, StructureShape):
                self.structure(member, given, f"{prefix}{_lower_first(name)}.")
            else:
                self._member(member, given, prefix, name)

    def _member(self, shape: Shape, value: Any, prefix: str, name: str) -> None:
        for constraint in broken(shape, value):
            self._report(shape, value, prefix + _lower_first(name), constraint)
        if isinstance(shape, ListShape):
            self._list(shape, value, prefix + _lower_first(name))
        elif isinstance(shape, MapShape):
            self._map(shape, value, prefix + _lower_first(name))

    def _list(self, shape: ListShape, value: list[Any], path: str) -> None:
        if _is_nested(shape.member):
            self._nested(shape.member, enumerate(value, 1), path)
        else:
            report = partial(self._report, shape, value, path)
            sentence = "Member must satisfy constraint"
            _scalars(shape.member, value, sentence, report, tells_null=not self._tells_values)

    def _map(self, shape: MapShape, value: dict[str, Any], path: str) -> None:
        report = partial(self._report, shape, value, path)
        _scalars(shape.key, value, "Map keys must satisfy constraint", report)
        if _is_nested(shape.value):
            self._nested(shape.value, value.items(), path)
        else:
            _scalars(shape.value, value.values(), "Map value must satisfy constraint", report)

    def _nested(self, shape: Shape, items: Any, path: str) -> None:
        for key, given in items:
            if len(self.errors) >= MAX_ERRORS:
                return
            if given is None:
                self._report(shape, None, f"{path}.{key}.member", _NOT_NULL)
            elif isinstance(shape, StructureShape):
                self.structure(shape, given, f"{path}.{key}.member.")
            else:
                self._member(shape, given, f"{path}.{key}.", "member")

    def _report(self, shape: Shape, value: Any, path: str, constraint: str) -> None:
        if len(self.errors) < MAX_ERRORS:
            printed = self._printed_with_quotes(shape, value)
            self.errors.append(
                f"Value {printed}at '{path}' failed to satisfy constraint: {constraint}"
            )

    def _printed_with_quotes(self, shape: Shape, value: Any) -> str:
        if not self._tells_values:
            return ""
        if value is None:
            return "null "
        # AWS used to print the Java buffer here, and has left a blob's value out since (2025).
        return "" if shape.type == "blob" else f"'{self._printed(shape, value)}' "

    def _printed(self, shape: Shape, value: Any, place: int = 1) -> str:
        if value is None:
            return "null"
        if isinstance(shape, ListShape):
            members = enumerate(value[:MAX_PRINTED], 1)
            return _bounded("[]", value, [self._printed(shape.member, v, i) for i, v in members])
        if isinstance(shape, MapShape):
            items = list(value.items())[:MAX_PRINTED]
            pairs = [f"{k}={self._printed(shape.value, v)}" for k, v in items]
            return _bounded("{}", value, pairs)
        if isinstance(shape, StructureShape):
            # Java prints an object's hash here; nobody can know it, so its place stands for it.
            return f"{self._java_package}.{shape.name}@{place:x}"
        return str(value).lower() if isinstance(value, bool) else str(value)


def broken(shape: Shape, value: Any) -> list[str]:
    """The constraints of `shape` itself, not of its members, that `value` breaks."""
    broken: list[str] = []
    if shape.pattern is not None and not _matches(shape, value):
        broken.append(_pattern_text(shape))
    if shape.minimum is not None or shape.maximum is not None:
        size = value if shape.type in NUMBERS else len(value)
        if shape.maximum is not None and size > shape.maximum:
            broken.append(_maximum_text(shape))
        if shape.minimum is not None and size < shape.minimum:
            broken.append(_minimum_text(shape))
    if shape.enum and value not in shape.enum:
        broken.append(_enum_text(shape))
    return broken


def _scalars(
    member: Shape,
    values: Any,
    sentence: str,
    report: Callable[[str], None],
    *,
    tells_null: bool = False,
) -> None:
    """Scalar members are judged together: AWS names the list, and all that holds for a member."""
    has_null = None in values
    if has_null or any(broken(member, given) for given in values):
        texts = [*_constraints_of(member), *([_NOT_NULL] if has_null or tells_null else [])]
        report(f"{sentence}: [{', '.join(texts)}]")


def _constraints_of(shape: Shape) -> list[str]:
    """Every constraint of a scalar, in the order in which AWS lists them (largest first)."""
    texts = []
    if shape.maximum is not None:
        texts.append(_maximum_text(shape))
    if shape.minimum is not None:
        texts.append(_minimum_text(shape))
    if shape.pattern is not None:
        texts.append(_pattern_text(shape))
    if shape.enum:
        texts.append(_enum_text(shape))
    return texts


def _measure(shape: Shape) -> str:
    return "value" if shape.type in NUMBERS else "length"


def _maximum_text(shape: Shape) -> str:
    return f"Member must have {_measure(shape)} less than or equal to {shape.maximum}"


def _minimum_text(shape: Shape) -> str:
    return f"Member must have {_measure(shape)} greater than or equal to {shape.minimum}"


def _pattern_text(shape: Shape) -> str:
    return f"Member must satisfy regular expression pattern: {shape.pattern}"


def _enum_text(shape: Shape) -> str:
    return f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"


def _matches(shape: Shape, value: str) -> bool:
    pattern = str(shape.pattern)
    # A pattern with several `.*` takes time that grows with the cube of the length (60 ms for 2,048
    # characters at worst), so that a value which is too long anyway is not tried.
    if ".*" in pattern and shape.maximum is not None and len(value) > shape.maximum:
        return True
    return _pattern(pattern).fullmatch(value) is not None


@cache
def _pattern(pattern: str) -> "re.Pattern[str] | regex.Pattern[str]":
    if r"\p{" in pattern:
        # Unicode's categories, which `re` does not know. Loaded only here: few services use them.
        import regex

        return regex.compile(pattern)
    return re.compile(pattern, re.ASCII)  # as in Java, \d means ASCII digits only


def _is_nested(shape: Shape) -> bool:
    return isinstance(shape, StructureShape | ListShape | MapShape)


def _lower_first(name: str) -> str:
    return name[0].lower() + name[1:]


def _bounded(brackets: str, value: Any, printed: list[str]) -> str:
    if len(value) > len(printed):
        printed = [*printed, "..."]
    return f"{brackets[0]}{', '.join(printed)}{brackets[1]}"
