"""What policies grant on a stream, read statement by statement: an overview, no evaluation.

Statements with conditions count as grants and are marked. Denials without conditions take away.
Boundaries, session policies and policies of the organisation are not looked at: what a principal
really may do is asked of IAM, with --principal.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shardline.doctor.facts import Policy, Principal


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a policy. None for actions or resources: it has NotAction or NotResource."""

    policy: Policy
    allows: bool
    actions: tuple[str, ...] | None
    not_actions: tuple[str, ...]
    resources: tuple[str, ...] | None
    not_resources: tuple[str, ...]
    has_condition: bool

    def is_about(self, action: str, resource: str) -> bool:
        """Whether it speaks of an action on a resource."""
        return self.names(action) and self.covers(resource)

    def names(self, action: str) -> bool:
        """Whether it speaks of an action; case does not count."""
        if self.actions is None:
            return not _any_matches(self.not_actions, action.lower())
        return _any_matches(self.actions, action.lower())

    def covers(self, resource: str) -> bool:
        """Whether it speaks of a resource. `*` is a call that has none: only `*` covers it."""
        if self.resources is None:
            return not _any_matches(self.not_resources, resource)
        return _any_matches(self.resources, resource)


def statements(policy: Policy) -> Iterator[Statement]:
    """The statements of a policy; what is none is passed over."""
    for each in _list(policy.document.get("Statement")):
        if isinstance(each, Mapping):
            yield Statement(
                policy,
                each.get("Effect") == "Allow",
                _patterns(each, "Action", lower=True),
                _patterns(each, "NotAction", lower=True) or (),
                _patterns(each, "Resource"),
                _patterns(each, "NotResource") or (),
                bool(each.get("Condition")),
            )


@dataclass(frozen=True, slots=True)
class Grant:
    """That a policy of a principal allows an action; perhaps under a condition."""

    principal: Principal
    policy: Policy
    has_condition: bool

    def __str__(self) -> str:
        source = self.policy.source.rpartition("/")[2]
        condition = ", with a condition" if self.has_condition else ""
        return f"{self.principal.kind} {self.principal.name} by {source}{condition}"


def grant(principal: Principal, action: str, resource: str) -> Grant | None:
    """The first of a principal's policies that allows an action, unless one denies it."""
    allowing: Statement | None = None
    for policy in principal.policies:
        for each in statements(policy):
            if not each.is_about(action, resource):
                continue
            if not each.allows and not each.has_condition:
                return None
            if each.allows and (allowing is None or allowing.has_condition):
                allowing = each
    return Grant(principal, allowing.policy, allowing.has_condition) if allowing else None


def _patterns(
    statement: Mapping[str, Any], name: str, *, lower: bool = False
) -> tuple[str, ...] | None:
    if name not in statement:
        return None
    texts = [str(each) for each in _list(statement[name])]
    return tuple(text.lower() for text in texts) if lower else tuple(texts)


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _any_matches(patterns: Iterable[str], text: str) -> bool:
    return any(_compiled(pattern).fullmatch(text) for pattern in patterns)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.compile("".join(parts), re.DOTALL)
