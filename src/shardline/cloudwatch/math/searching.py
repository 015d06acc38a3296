"""What SEARCH looks for: a schema, and terms that a metric's names have to fit. Pure.

    search  = [ "{" name { "," name } "}" [","] ] [ either ]
    either  = all { "OR" all }
    all     = one { [ "AND" ] one }
    one     = "NOT" one | "(" either ")" | [ property "=" ] term
    term    = word | text in double quotes
    name, property = the same

The first name of the schema is the namespace; the others are all the dimensions that a metric has.
A term looks at namespace, name, and dimensions' names and values, or only at its `property`:
`MetricName`, `Namespace`, or a dimension. In quotes it has to be the whole, with a backslash before
quotes, brackets and backslashes. A word fits by its *tokens*: `CustomCount1` has `Custom`, `Count`
and `1`. One token fits in any case, several that follow each other in their own case, or in any
if a sign parts them in the word.

Source: AWS's page "CloudWatch search expression syntax".
"""

import re
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from shardline.cloudwatch.math.values import MathError
from shardline.storage.metric_store import Metric

MOST_CHARACTERS, MOST_NESTED = 1024, 30

Fits = Callable[[Metric], bool]

_LEXEME = re.compile(
    r"""[\s,]*(?:
        (?P<text>"(?:[^"\\]|\\.)*")
      | (?P<sign>[{}()=])
      | (?P<word>[^\s,"{}()=]+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_END = ("end", "")


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. `namespace` and `dimensions` are the schema's; None if there is none."""

    namespace: str | None
    dimensions: frozenset[str] | None
    fits_terms: Fits

    def fits(self, metric: Metric) -> bool:
        """Whether a metric is what is looked for."""
        if self.namespace is not None and metric.namespace != self.namespace:
            return False
        if self.dimensions is not None and self.dimensions != {
            name for name, _ in metric.dimensions
        }:
            return False
        return self.fits_terms(metric)


def parse_search(text: str) -> Search:
    """The search. Raises `MathError` with what is wrong."""
    if len(text) > MOST_CHARACTERS:
        raise MathError(f"a search must not have more than {MOST_CHARACTERS} characters")
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._lexemes = _lexemes(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Search:
        schema = self._schema() if self._take("sign", "{") else None
        has_terms = self._next != _END
        if schema is None and not has_terms:
            raise MathError("a search needs a schema or a term")
        fits = self._either() if has_terms else _anything
        if self._next != _END:
            raise self._unexpected()
        if schema is None:
            return Search(None, None, fits)
        return Search(schema[0], frozenset(schema[1:]), fits)

    @property
    def _next(self) -> tuple[str, str]:
        return self._lexemes[self._at]

    def _take(self, *lexeme: str) -> bool:
        if self._next != lexeme:
            return False
        self._at += 1
        return True

    def _unexpected(self) -> MathError:
        if self._next == _END:
            return MathError("Unexpected end of search")
        return MathError(f"Unexpected '{self._next[1]}' in search")

    def _name(self) -> str:
        kind, text = self._next
        if kind not in ("word", "text"):
            raise self._unexpected()
        self._at += 1
        return _unquoted(text) if kind == "text" else text

    def _schema(self) -> list[str]:
        names = [self._name()]
        while not self._take("sign", "}"):
            names.append(self._name())
        return names

    def _either(self) -> Fits:
        parts = [self._all()]
        while self._take("word", "OR"):
            parts.append(self._all())
        return _any_of(parts)

    def _all(self) -> Fits:
        parts = [self._one()]
        while self._take("word", "AND") or self._begins_one():
            parts.append(self._one())
        return _all_of(parts)

    def _begins_one(self) -> bool:
        kind, text = self._next
        return kind == "text" or (kind == "word" and text != "OR") or (kind, text) == ("sign", "(")

    def _one(self) -> Fits:
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise MathError(f"a search is nested more than {MOST_NESTED} deep")
        if self._take("word", "NOT"):
            fits = _none_of(self._one())
        elif self._take("sign", "("):
            fits = self._either()
            if not self._take("sign", ")"):
                raise self._unexpected()
        else:
            fits = self._term()
        self._depth -= 1
        return fits

    def _term(self) -> Fits:
        is_whole = self._next[0] == "text"
        text = self._name()
        property_name = None
        if self._take("sign", "="):
            property_name, is_whole = text, self._next[0] == "text"
            text = self._name()
        says = text.__eq__ if is_whole else _says(text)
        return lambda metric: any(says(name) for name in _names(metric, property_name))


def _lexemes(text: str) -> list[tuple[str, str]]:
    lexemes: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip(string.whitespace + ","))
    while at < end:
        found = _LEXEME.match(text, at)
        if found is None or found.lastgroup is None:
            raise MathError(f"Unexpected '{text[at:].strip()[:1]}' in search")
        lexemes.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return [*lexemes, _END]


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def _names(metric: Metric, property_name: str | None) -> Iterator[str]:
    if property_name in (None, "Namespace"):
        yield metric.namespace
    if property_name in (None, "MetricName"):
        yield metric.name
    for name, value in metric.dimensions:
        if property_name is None:
            yield name
        if property_name in (None, name):
            yield value


def _says(word: str) -> Callable[[str], bool]:
    """Whether a name has the tokens of a word."""
    wanted = _TOKEN.findall(word)
    folded = [token.lower() for token in wanted]
    in_any_case = len(wanted) == 1 or not word.isalnum()

    def says(name: str) -> bool:
        tokens = _TOKEN.findall(name)
        lower = [token.lower() for token in tokens]
        if in_any_case:
            return _has(lower, folded) or "".join(folded) == "".join(lower)
        return _has(tokens, wanted)

    return says


def _has(tokens: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether some tokens, of which there is one at least, follow each other among others."""
    count = len(wanted)
    return count > 0 and any(
        tokens[at : at + count] == wanted for at in range(len(tokens) - count + 1)
    )


def _anything(_: Metric) -> bool:
    return True


def _any_of(parts: Sequence[Fits]) -> Fits:
    return lambda metric: any(fits(metric) for fits in parts)


def _all_of(parts: Sequence[Fits]) -> Fits:
    return lambda metric: all(fits(metric) for fits in parts)


def _none_of(fits: Fits) -> Fits:
    return lambda metric: not fits(metric)
