"""Policy variables: `${aws:username}`, with a default `${aws:PrincipalTag/team, 'none'}`, and the
characters `${*}`, `${?}` and `${$}`.

"When policy variables reference a condition context key that has no value or is not present ...,
the value is effectively null": in Resource and NotResource it matches nothing, and a condition's
value is equal to nothing (so that an inverted operator holds). A key of several values cannot be a
variable. The source is the IAM User Guide, "Variables and tags". Text that begins like a variable
and is none is kept as it is written (decided here).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shardline.iam.policy import patterns
from shardline.iam.policy.patterns import Pattern

Values = str | tuple[str, ...]
Context = Mapping[str, Values]
"""What conditions ask about: lower-case key → its value, or a tuple for a key of several."""

_VARIABLE = re.compile(r"\$\{(?:(?P<char>[*?$])|\s*(?P<key>[^{},'\s][^{},']*?)\s*"
                       r"(?:,\s*'(?P<default>[^']*)'\s*)?)\}")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Variable:
    """A key of the context, lower-case, and the text to use without it."""

    key: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Template:
    """Text of a policy: patterns and variables in turn. `fixed` is the whole, without variables."""

    parts: tuple[Pattern | Variable, ...]
    fixed: Pattern | None

    def resolve(self, context: Context) -> Pattern | None:
        """The pattern in this context; None when a variable has no value."""
        if self.fixed is not None:
            return self.fixed
        whole: Pattern = ()
        for part in self.parts:
            if isinstance(part, Variable):
                value = context.get(part.key) or part.default
                if not isinstance(value, str):
                    return None
                whole += (value,)
            else:
                whole += part
        return whole


def template(text: str, *, variables: bool, wildcards: bool = True) -> Template:
    """Read a text of a policy. Variables are known since version 2012-10-17 of the language."""
    parts: list[Pattern | Variable] = []
    start = 0
    for found in _VARIABLE.finditer(text) if variables else ():
        parts.append(_plain(text[start : found.start()], wildcards))
        if found["char"]:
            parts.append((found["char"],))
        else:
            parts.append(Variable(found["key"].lower(), found["default"]))
        start = found.end()
    parts.append(_plain(text[start:], wildcards))
    return Template(tuple(parts), _fixed(parts))


def names_in(text: str) -> list[str]:
    """The keys that the variables of a text ask about, as they are written."""
    return [found["key"] for found in _VARIABLE.finditer(text) if found["key"]]


def _plain(text: str, wildcards: bool) -> Pattern:
    if not text:
        return ()
    return patterns.read(text) if wildcards else (text,)


def _fixed(parts: list[Pattern | Variable]) -> Pattern | None:
    whole: Pattern = ()
    for part in parts:
        if isinstance(part, Variable):
            return None
        whole += part
    return whole
