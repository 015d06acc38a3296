"""What functions take and give, as it is written in AWS's table. Pure.

A signature is a text like `TS, S|REPEAT -> TS`: arguments with commas between, of each the kinds
that it may have, and the kind of the answer. Kinds are `S`, `TS`, `TS[]`, `text` (in quotes), and
words in capitals that stand for themselves.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from shardline.cloudwatch.math.values import Kind, Series, Span

Kinds = Sequence[str]
SearchKey = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a function may know besides its arguments.

    `metrics` are the series of the request's queries for a metric (not of its expressions) by Id,
    in the request's order. `searches` has what each SEARCH found, by its two texts and its period,
    which is `search_period_s` if it names none.
    """

    span: Span
    metrics: Mapping[str, Series]
    searches: Mapping[SearchKey, list[Series]] = field(default_factory=dict)
    search_period_s: int = 300


@dataclass(frozen=True, slots=True)
class Spec:
    """A function: what it gives, its signatures, and what computes it from values that fit one."""

    about: str
    signatures: tuple[str, ...]
    compute: Callable[..., Any]
    takes_scope: bool = False

    def result(self, kinds: Kinds) -> Kind | None:
        """The kind of the answer for arguments of these kinds; None if they do not fit."""
        for signature in self.signatures:
            arguments, _, answer = signature.partition("->")
            wanted = [each.strip().split("|") for each in arguments.split(",")]
            if not arguments.strip():
                wanted = []
            if len(wanted) == len(kinds) and all(
                kind in allowed for kind, allowed in zip(kinds, wanted, strict=True)
            ):
                return cast(Kind, answer.strip())
        return None
