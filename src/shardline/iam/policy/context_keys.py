"""The context keys that a document asks about, in its conditions and by its variables.

As they are written; the first spelling counts, as keys are the same whatever their case.
"""

from collections.abc import Iterable, Iterator

from shardline.iam.policy.grammar import Kind, RawStatement, read
from shardline.iam.policy.variables import names_in


def context_keys(texts: Iterable[tuple[str, Kind]]) -> list[str]:
    """The keys that any of some documents asks about, in order. The texts must be policies."""
    found: dict[str, str] = {}
    for text, kind in texts:
        for statement in read(text, kind).statements:
            for key in _keys_of(statement):
                found.setdefault(key.lower(), key)
    return list(found.values())


def _keys_of(statement: RawStatement) -> Iterator[str]:
    for element in ("Resource", "NotResource"):
        for resource in statement.lists.get(element, ()):
            yield from names_in(resource)
    for _, key, values in statement.conditions:
        yield key
        for value in values:
            yield from names_in(value)
