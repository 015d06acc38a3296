"""Resource policies: whether a text is one. What a policy allows is decided elsewhere.

The grammar is IAM's for policies of resources: a statement has an effect, a principal, actions and
resources. AWS's texts for what it refuses are not known, nor where it is more lenient.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from shardline.gateway.errors import ServiceError
from shardline.kinesis import messages

MAX_POLICY_BYTES = 20 * 1024
NO_POLICY = "{}"
"""What GetResourcePolicy answers where there is none (recorded by localstack's suite)."""

_VERSIONS = ("2012-10-17", "2008-10-17")
_ONE_OF = (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource"))


def check(text: str) -> None:
    """Check the text of a policy. Raises InvalidArgumentException."""
    if len(text.encode()) > MAX_POLICY_BYTES:
        raise _malformed(f"it is longer than {MAX_POLICY_BYTES} bytes")
    try:
        document = json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise _malformed("it is not valid JSON") from error
    if not isinstance(document, dict):
        raise _malformed("it is not a JSON object")
    _check_members(document, _POLICY, "the policy")
    statements = document.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise _malformed("it has no Statement")
    for number, statement in enumerate(statements, 1):
        _check_statement(statement, f"statement {number}")


def _check_statement(statement: object, where: str) -> None:
    if not isinstance(statement, dict):
        raise _malformed(f"{where} is not a JSON object")
    _check_members(statement, _STATEMENT, where)
    if "Effect" not in statement:
        raise _malformed(f"{where} has no Effect")
    for one, other in _ONE_OF:
        if (one in statement) == (other in statement):
            raise _malformed(f"{where} needs either {one} or {other}")


def _check_members(
    found: Mapping[str, Any], known: Mapping[str, Callable[[Any], bool]], where: str
) -> None:
    for name, value in found.items():
        if name not in known:
            raise _malformed(f"{where} has the unknown member {name}")
        if not known[name](value):
            raise _malformed(f"{name} of {where} is invalid")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: Any) -> bool:
    """A text, or texts."""
    texts = value if isinstance(value, list) else [value]
    return bool(texts) and all(isinstance(text, str) and text for text in texts)


def _is_actions(value: Any) -> bool:
    """Kinesis's actions, or `*`; wildcards may stand in their names."""
    actions = value if isinstance(value, list) else [value]
    return _is_texts(value) and all(
        action == "*" or action.lower().startswith("kinesis:") for action in actions
    )


def _is_principal(value: Any) -> bool:
    """Anyone (`*`), or who by kind: `{"AWS": [...], "Service": ...}`."""
    kinds = ("AWS", "Service", "Federated", "CanonicalUser")
    if isinstance(value, dict):
        return bool(value) and all(
            kind in kinds and _is_texts(named) for kind, named in value.items()
        )
    return bool(value == "*")


def _is_condition(value: Any) -> bool:
    """Operator to key to what it is held against."""
    return isinstance(value, dict) and all(isinstance(keys, dict) for keys in value.values())


_POLICY: Mapping[str, Callable[[Any], bool]] = {
    "Version": lambda value: value in _VERSIONS,
    "Id": _is_text,
    "Statement": lambda value: isinstance(value, dict | list),
}
_STATEMENT: Mapping[str, Callable[[Any], bool]] = {
    "Sid": _is_text,
    "Effect": lambda value: value in ("Allow", "Deny"),
    "Principal": _is_principal,
    "NotPrincipal": _is_principal,
    "Action": _is_actions,
    "NotAction": _is_actions,
    "Resource": _is_texts,
    "NotResource": _is_texts,
    "Condition": _is_condition,
}


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two members with one name, who reads it would see one and who checks it another."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return members


def _malformed(why: str) -> ServiceError:
    return messages.invalid_argument(f"The resource policy is malformed: {why}.")
