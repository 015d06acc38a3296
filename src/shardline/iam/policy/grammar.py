"""The grammar of policy documents: JSON, elements, types, and AWS's words for what is wrong.

AWS has two parsers. Policies of identities (boundaries and session policies too) are checked by the
older one, in the order of `identity_checks`; a fault in the form is "Syntax errors in policy.".
Resource and trust policies are checked by the newer one (`principal_checks`), which says what is
missing; its "Syntax error at position (1,83)" is the older one's sentence here, with our place. The
texts were recorded from AWS by moto's `tests/test_iam/test_iam_policies.py` and in public issues;
those of Kinesis for a resource policy are not known, and are what DynamoDB says.

A document that says something twice (a key of JSON) is refused: which one counts would be a guess.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn

from shardline.iam.policy.conditions import read_operator
from shardline.iam.policy.errors import MalformedPolicy

SYNTAX = "Syntax errors in policy."
NOT_JSON = "This policy contains invalid Json"
CURRENT, FIRST = "2012-10-17", "2008-10-17"

_TOP = frozenset({"Version", "Id", "Statement"})
_ELEMENTS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"}
    | {"Resource", "NotResource", "Condition"}
)
_PRINCIPALS = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})


class Kind(Enum):
    """What a policy is attached to; grammar and meaning depend on it."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"

    @property
    def names_principals(self) -> bool:
        """Whether its statements say whom they are about."""
        return self in (Kind.RESOURCE, Kind.TRUST)


@dataclass(frozen=True, slots=True)
class RawStatement:
    """A statement whose form is right: lists are lists, elements are those of the grammar."""

    place: str
    sid: str | None
    effect: str
    lists: Mapping[str, list[str]]  # Action, NotAction, Resource, NotResource: what is there
    principals: Mapping[str, dict[str, list[str]]]  # Principal, NotPrincipal
    conditions: list[tuple[str, str, list[str]]]  # operator, key, values


@dataclass(frozen=True, slots=True)
class RawPolicy:
    """A document whose form is right."""

    version: str | None
    statements: list[RawStatement]


def read(text: str, kind: Kind) -> RawPolicy:
    """Read a document; raises `MalformedPolicy` for what is not in the grammar's form."""
    document = _decode(text, kind)
    _require(type(document) is dict, "")
    _only(document, _TOP, "")
    _require(type(document.get("Id", "")) is str, "Id")
    version = document.get("Version")
    _require(version in (None, FIRST, CURRENT), "Version")
    _require("Statement" in document, "Statement")
    given = document["Statement"]
    if type(given) is dict:
        return RawPolicy(version, [_statement(given, "Statement")])
    _require(type(given) is list and bool(given), "Statement")
    places = [f"Statement[{number}]" for number in range(len(given))]
    return RawPolicy(version, [_statement(*each) for each in zip(given, places, strict=True)])


def _decode(text: str, kind: Kind) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_refuse_constant)
    except MalformedPolicy:
        raise
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
    except (ValueError, RecursionError):
        place = ""
    raise MalformedPolicy(NOT_JSON if kind.names_principals else SYNTAX, place)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise MalformedPolicy(SYNTAX, f"{twice} is given twice")
    return made


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedPolicy(SYNTAX, name)


def _require(holds: bool, place: str) -> None:
    if not holds:
        raise MalformedPolicy(SYNTAX, place or "the document")


def _only(given: Mapping[str, Any], known: frozenset[str], place: str) -> None:
    for name in given:
        _require(name in known, f"{place}.{name}" if place else name)


def _statement(given: Any, place: str) -> RawStatement:
    _require(type(given) is dict, place)
    _only(given, _ELEMENTS, place)
    _require(type(given.get("Sid", "")) is str, f"{place}.Sid")
    effect = given.get("Effect")
    _require(type(effect) is str and effect.lower() in ("allow", "deny"), f"{place}.Effect")
    for name in ("Action", "Resource", "Principal"):
        both = name in given and f"Not{name}" in given
        _require(not both, f"{place}.Not{name}")
    lists = {
        name: _strings(given[name], f"{place}.{name}")
        for name in ("Action", "NotAction", "Resource", "NotResource")
        if name in given
    }
    principals = {
        name: _principal(given[name], f"{place}.{name}")
        for name in ("Principal", "NotPrincipal")
        if name in given
    }
    conditions = _conditions(given.get("Condition", {}), f"{place}.Condition")
    return RawStatement(place, given.get("Sid"), effect, lists, principals, conditions)


def _strings(given: Any, place: str) -> list[str]:
    values = given if type(given) is list else [given]
    for value in values:
        _require(type(value) is str, place)
    return values


def _principal(given: Any, place: str) -> dict[str, list[str]]:
    if given == "*":
        return {"AWS": ["*"]}
    _require(type(given) is dict and bool(given), place)
    _only(given, _PRINCIPALS, place)
    return {kind: _strings(values, f"{place}.{kind}") for kind, values in given.items()}


def _conditions(given: Any, place: str) -> list[tuple[str, str, list[str]]]:
    """Operator → key → values. AWS takes an operator without keys, whatever its name."""
    _require(type(given) is dict, place)
    found = []
    for operator, keys in given.items():
        here = f"{place}.{operator}"
        _require(type(keys) is dict, here)
        _require(not keys or read_operator(operator) is not None, here)
        for key, values in keys.items():
            found.append((operator, key, _values(values, f"{here}.{key}")))
    return found


def _values(given: Any, place: str) -> list[str]:
    """A condition's values: "quotation marks are optional for numeric and Boolean values"."""
    values = given if type(given) is list else [given]
    for value in values:
        _require(type(value) in (str, bool, int, float), place)
    return [json.dumps(value) if type(value) is not str else value for value in values]
