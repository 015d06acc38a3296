"""Wildcards: `*` for any run of characters and `?` for any one of them.

A pattern is a tuple of pieces, so that text which came out of a policy variable (or `${*}`) is
never taken for a wildcard. A pattern is compiled once; matching takes time linear in the text for
each piece, whatever the pattern: no run of `*` can make it slow.

Three rules of AWS's are here:

- free text (actions, StringLike): a wildcard matches anything;
- the ARN operators: the six components of an ARN are matched one by one;
- the Resource element: a wildcard stays within its segment (the parts between colons), "if the *
  wildcard is the last character of a resource ARN segment, it can expand to match beyond the colon
  boundaries" (IAM User Guide, "Resource"). What comes after the fifth colon is the service's own,
  and is one segment too: there a wildcard matches colons (decided here).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from functools import lru_cache


class Wild(Enum):
    """The two wildcards."""

    MANY = "*"
    ONE = "?"


Piece = str | Wild
Pattern = tuple[Piece, ...]
Matcher = Callable[[str], bool]

ARN_COLONS = 5
MOST_COLONS = 32  # what comes after so many is one segment: a bound on the work, no ARN has more
_WILDCARDS = re.compile(r"[*?]")


def read(text: str) -> Pattern:
    """The pattern that a policy's text is, without variables."""
    pieces: list[Piece] = []
    start = 0
    for found in _WILDCARDS.finditer(text):
        if found.start() > start:
            pieces.append(text[start : found.start()])
        pieces.append(Wild(found[0]))
        start = found.end()
    if start < len(text):
        pieces.append(text[start:])
    return tuple(pieces)


@lru_cache(maxsize=4096)
def text_matcher(pattern: Pattern, *, ignore_case: bool = False) -> Matcher:
    """Whether the whole of a text fits the pattern."""
    if not ignore_case and not any(isinstance(piece, Wild) for piece in pattern):
        return "".join(str(piece) for piece in pattern).__eq__
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return _full(_expression(pattern, "."), flags)


@lru_cache(maxsize=4096)
def arn_matcher(pattern: Pattern) -> Matcher:
    """ArnLike and ArnEquals: component by component. What has fewer than six fits no ARN, not even
    `*` alone."""
    components = _split(pattern, ARN_COLONS)
    if len(components) <= ARN_COLONS:
        return _nothing
    return _full(_by_component(components), re.DOTALL)


@lru_cache(maxsize=4096)
def resource_matcher(*alternatives: Pattern) -> Matcher:
    """The Resource element, of which one must fit: as `arn_matcher`, and a segment's last `*` may
    go past its colon. All that is matched component by component is one regular expression."""
    if (Wild.MANY,) in alternatives:
        return _anything
    segments = [_split(each) for each in alternatives]
    spanning = [each for each in segments if _may_span(each)]
    components = [_split(each, ARN_COLONS) for each in alternatives]
    whole = [_by_component(each) for each in components if len(each) > ARN_COLONS]
    within = _full("|".join(whole), re.DOTALL) if whole else _nothing
    if not spanning:
        return within

    def spans(text: str) -> bool:
        parts = text.split(":", MOST_COLONS)
        return any(_spans(segments, parts) for segments in spanning)

    return lambda text: within(text) or spans(text)


def any_text_matcher(alternatives: Sequence[Pattern]) -> Matcher:
    """Whether the whole of a text fits one of the patterns: one regular expression for all."""
    if not alternatives:
        return _nothing
    return _full("|".join(_expression(each, ".") for each in alternatives), re.DOTALL)


def _may_span(segments: list[Pattern]) -> bool:
    """Whether a pattern is short of components, or has one before the last that ends in `*`."""
    if len(segments) <= ARN_COLONS:
        return True
    return any(each[-1:] == (Wild.MANY,) for each in segments[:ARN_COLONS])


def _full(expression: str, flags: int) -> Matcher:
    fullmatch = re.compile(expression, flags).fullmatch
    return lambda text: fullmatch(text) is not None


def _anything(text: str) -> bool:
    return True


def _nothing(text: str) -> bool:
    return False


def _by_component(components: list[Pattern]) -> str:
    head = [_expression(each, "[^:]") for each in components[:-1]]
    return ":".join([*head, _expression(components[-1], ".")])


def _expression(pattern: Pattern, any_one: str) -> str:
    """A regular expression for a pattern. Each run up to a `*` is found at its first place and
    never sought again (an atomic group), which is right for wildcards and keeps time linear."""
    runs = [""]
    for piece in pattern:
        if piece is Wild.MANY:
            runs.append("")
        else:
            runs[-1] += any_one if piece is Wild.ONE else re.escape(str(piece))
    if len(runs) == 1:
        return runs[0]
    first, *middle, last = runs
    return first + "".join(f"(?>{any_one}*?{run})" for run in middle if run) + f"{any_one}*{last}"


def _split(pattern: Pattern, most: int = -1) -> list[Pattern]:
    """The pattern between its colons, of which at most `most` count."""
    parts: list[list[Piece]] = [[]]
    for piece in pattern:
        if isinstance(piece, Wild):
            parts[-1].append(piece)
            continue
        left = most - len(parts) + 1 if most >= 0 else -1
        texts = piece.split(":", left) if left else [piece]
        for number, text in enumerate(texts):
            if number:
                parts.append([])
            if text:
                parts[-1].append(text)
    return [tuple(part) for part in parts]


def _spans(segments: list[Pattern], parts: list[str]) -> bool:
    """Whether segments fit parts one by one, where one that ends in `*` may take more parts."""
    reached = {0}  # how many parts the segments so far may have taken
    for segment in segments:
        reached = set(_next(segment, parts, reached))
        if not reached:
            return False
    return len(parts) in reached


def _next(segment: Pattern, parts: list[str], reached: set[int]) -> Iterator[int]:
    fits = text_matcher(segment)
    expands = segment[-1:] == (Wild.MANY,)
    for taken in sorted(reached):
        if taken < len(parts) and fits(parts[taken]):
            if expands:
                yield from range(taken + 1, len(parts) + 1)
                return
            yield taken + 1
