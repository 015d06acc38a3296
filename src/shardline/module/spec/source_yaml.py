"""From YAML to plain values, and the line of each.

It is read as YAML 1.2 has it: `yes`, `no`, `on` and `off` are texts, and so is a number that
begins with 0, so that nothing turns into something else unseen. Left out of YAML is what a few
lines do not need and what can hide something: anchors, types, several documents, a key that is
given twice.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from shardline.module.spec.problems import ConfigErrors, Path, Problem
from shardline.module.spec.source import Source, no_value, twice

MAX_DEPTH = 20

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+")
_MAX_DIGITS = 40


def read_yaml(text: str) -> Source:
    """Read YAML. Raises ConfigErrors for what is none, and for what is left out of it."""
    try:
        document = _compose(text)
    except yaml.MarkedYAMLError as error:
        raise ConfigErrors([_syntax(error)]) from None
    except yaml.YAMLError as error:
        raise ConfigErrors([Problem((), f"this is not YAML: {error}", "")]) from None
    source = Source()
    source.values = None if document is None else _Builder(source).value(document, ())
    return source


def _compose(text: str) -> Node | None:
    loader = _Loader(text)
    try:
        node: Node | None = loader.get_single_node()
    finally:
        loader.dispose()
    return node


class _Loader(yaml.SafeLoader):
    """Composes nodes, bounded in depth, and refuses what is left out of YAML."""

    depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) is not None:
            raise _refusal(event, "anchors (&) and aliases (*) are not read here", _OR_QUOTES)
        if getattr(event, "tag", None) is not None:
            raise _refusal(event, f"types of YAML ({event.tag}) are not read here", _OR_QUOTES)
        if self.depth > MAX_DEPTH:
            raise _refusal(event, f"this is nested more than {MAX_DEPTH} deep", "write less")
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


_OR_QUOTES = "write the plain value, in quotes if it begins with a sign"


def _refusal(event: Any, wrong: str, right: str) -> ConfigErrors:
    return ConfigErrors([Problem((), wrong, right, event.start_mark.line + 1)])


def _syntax(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else None
    if "'\\t'" in str(error.problem):
        wrong = "there is a tab where YAML wants spaces"
        return Problem((), wrong, "write spaces instead", line)
    said = ": ".join(part for part in (error.context, error.problem) if part)
    if "expected a single document" in said:
        right = "put what follows --- in a file of its own"
        return Problem((), "one file holds one stream", right, line)
    return Problem((), f"this is not YAML: {said}", "", line)


class _Builder:
    """Makes plain values of nodes, and notes where they are."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def value(self, node: Node, path: Path) -> Any:
        """The value of a node. What is wrong with it goes to the source's problems."""
        line = node.start_mark.line + 1
        self._source.lines.setdefault(path, line)
        if isinstance(node, MappingNode):
            return dict(self._members(node, path))
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, place)) for place, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        if node.style is not None:
            return node.value
        if node.value in ("", "~", "null"):
            self._source.problems.append(no_value(path, line))
            return None
        return plain(node.value)

    def _members(self, node: MappingNode, path: Path) -> Iterator[tuple[str, Any]]:
        seen = set()
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                wrong = "the name of a field cannot be a list or a group of fields"
                self._source.problems.append(Problem(path, wrong, "write NAME: value", line))
                continue
            key = key_node.value
            if key in seen:
                self._source.problems.append(twice((*path, key), line))
                continue
            seen.add(key)
            self._source.lines[(*path, key)] = line
            yield key, self.value(value_node, (*path, key))


def plain(text: str) -> bool | int | float | str:
    """What a word without quotes is: true or false, a number, or a text."""
    if text in ("true", "false"):
        return text == "true"
    if len(text) <= _MAX_DIGITS:
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text
