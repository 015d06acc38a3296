"""Where the statements of a document stand in its text, as the policy simulator tells it.

Lines and columns count from 1. As recorded from AWS, a statement begins behind what comes before it
(the bracket of the list, or the statement before it), and one that stands without a list behind its
own brace; it ends behind its brace.
"""

import json
import re
from typing import NamedTuple

# Strings are one token, so that braces inside of them are none.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_STATEMENT = "Statement"
_TOP, _LIST = 1, 2  # how deep it is inside of the document, and inside of its list


class Position(NamedTuple):
    """A place in a text."""

    line: int
    column: int


class Span(NamedTuple):
    """From where to where a statement goes."""

    start: Position
    end: Position


def statement_spans(text: str) -> list[Span]:
    """The spans of the statements of a document that is a policy, in their order."""
    spans: list[Span] = []
    depth = 0
    key = ""  # the last string right inside of the document's own brace: a key, or a value
    start: int | None = None
    closed_at = _TOP  # how deep it is behind a statement
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in ("{", "["):
            if depth == _TOP and key == _STATEMENT:
                start = token.end()
                closed_at = _TOP if mark == "{" else _LIST
            depth += 1
        elif mark in ("}", "]"):
            depth -= 1
            if start is not None and mark == "}" and depth == closed_at:
                spans.append(Span(_position(text, start), _position(text, token.end())))
                start = token.end()
            if depth == _TOP:
                key, start = "", None
        elif depth == _TOP:
            key = json.loads(mark, strict=False)
    return spans


def _position(text: str, offset: int) -> Position:
    line_start = text.rfind("\n", 0, offset) + 1
    return Position(text.count("\n", 0, offset) + 1, offset - line_start + 1)
