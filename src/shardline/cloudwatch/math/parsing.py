"""Reads an expression of metric math. Pure.

The grammar, from what binds weakest to what binds strongest:

    disjunction = conjunction { ("OR" | "||") conjunction }
    conjunction = comparison { ("AND" | "&&") comparison }
    comparison  = sum { ("==" | "!=" | "<=" | ">=" | "<" | ">") sum }
    sum         = product { ("+" | "-") product }
    product     = unary { ("*" | "/") unary }
    unary       = "-" unary | power
    power       = atom [ "^" unary ]
    atom        = number | text | Id | WORD | WORD "(" [ list ] ")" | "[" [ list ] "]"
                | "(" disjunction ")"
    list        = disjunction { "," disjunction }

AWS names the operators but not their precedence; this is the customary one, `^` from the right.
Ids begin with a lower-case letter, functions and words are in capitals.
"""

import re

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
from shardline.cloudwatch.math.values import MathError

MOST_NESTED = 50
"""How deep brackets and signs may be nested."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<text>"[^"]*"|'[^']*'|“[^”]*”)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<sign>==|!=|<=|>=|&&|\|\||[-+*/^<>()\[\],])
    )""",
    re.VERBOSE | re.ASCII,
)
_LEVELS = (("||", "OR"), ("&&", "AND"), ("==", "!=", "<=", ">=", "<", ">"), ("+", "-"), ("*", "/"))
_LEVEL = {sign: level for level, signs in enumerate(_LEVELS) for sign in signs}
_SIGN = {"OR": "||", "AND": "&&"}
_END = ("end", "")


def parse(text: str) -> Node:
    """The expression. Raises `MathError` with what is wrong, and where."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = iter(_tokens(text))
        self._token = next(self._tokens)
        self._depth = 0

    def whole(self) -> Node:
        node = self._binary(0)
        if self._token != _END:
            raise self._unexpected()
        return node

    def _next(self) -> None:
        self._token = next(self._tokens, _END)

    def _unexpected(self) -> MathError:
        if self._token == _END:
            return MathError("Unexpected end of expression")
        return MathError(f"Unexpected '{self._token[1]}'")

    def _take(self, sign: str) -> bool:
        if self._token != ("sign", sign):
            return False
        self._next()
        return True

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._unexpected()

    def _binary(self, weakest: int) -> Node:
        """What operators from a level on bind: by precedence climbing, a call for each operand."""
        node = self._unary()
        while (level := self._level()) >= weakest:
            rest: list[tuple[str, Node]] = []
            while self._level() == level:
                sign = self._token[1]
                self._next()
                rest.append((_SIGN.get(sign, sign), self._binary(level + 1)))
            node = Chain(node, tuple(rest))
        return node

    def _level(self) -> int:
        kind, text = self._token
        return -1 if kind == "text" else _LEVEL.get(text, -1)

    def _unary(self) -> Node:
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise MathError(f"nested more than {MOST_NESTED} deep")
        node = Negated(self._unary()) if self._take("-") else self._power()
        self._depth -= 1
        return node

    def _power(self) -> Node:
        base = self._atom()
        return Chain(base, (("^", self._unary()),)) if self._take("^") else base

    def _atom(self) -> Node:
        kind, text = self._token
        if kind == "number":
            self._next()
            return Number(float(text))
        if kind == "text":
            self._next()
            return Text(text[1:-1])
        if kind == "word" and text not in ("AND", "OR"):
            self._next()
            return self._named(text)
        if self._take("["):
            return Array(self._list("]"))
        if self._take("("):
            node = self._binary(0)
            self._expect(")")
            return node
        raise self._unexpected()

    def _named(self, word: str) -> Node:
        if self._take("("):
            return Function(word, self._list(")"))
        return Name(word) if word[0].islower() else Word(word)

    def _list(self, end: str) -> tuple[Node, ...]:
        if self._take(end):
            return ()
        members = [self._binary(0)]
        while self._take(","):
            members.append(self._binary(0))
        self._expect(end)
        return tuple(members)


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise MathError(f"Unexpected character '{text[at:].lstrip()[0]}'")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return [*tokens, _END]
