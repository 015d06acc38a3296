"""From the text of a file to plain values, and the line of each.

YAML is read as its version 1.2 has it: `yes`, `no`, `on` and `off` are texts, and so is a number
that begins with 0, so that nothing turns into something else unseen. Left out of YAML is what a few
lines do not need and what can hide something: anchors, tags, several documents, a key given twice.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from shardline.module.spec.problems import ConfigErrors, Path, Problem, written_path

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+")
_MAX_DIGITS = 40


@dataclass(slots=True)
class Source:
    """What a file says: its values, where each begins, and what is wrong with it as YAML."""

    values: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Path) -> int | None:
        """The line of what is at `path`, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def read_source(text: str, *, is_json: bool = False) -> Source:
    """Read YAML, or JSON. Raises ConfigErrors for what is neither."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise ConfigErrors(
            [Problem((), "the file is larger than 256 KiB", "a configuration is a few lines")]
        )
    return _read_json(text) if is_json else _read_yaml(text)


def _read_json(text: str) -> Source:
    source = Source()

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in pairs:
            if key in values:
                source.problems.append(_twice((key,), None))
            values[key] = value
        return values

    try:
        source.values = json.loads(text, object_pairs_hook=members)
    except (json.JSONDecodeError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        said = getattr(error, "msg", "too many brackets")
        raise ConfigErrors([Problem((), f"this is not JSON: {said}", "", line)]) from None
    _refuse_nothing(source, source.values, ())
    return source


def _refuse_nothing(source: Source, value: Any, path: Path) -> None:
    if value is None:
        source.problems.append(_no_value(path, None))
    elif isinstance(value, dict):
        for key, member in value.items():
            _refuse_nothing(source, member, (*path, key))
    elif isinstance(value, list):
        for place, member in enumerate(value):
            _refuse_nothing(source, member, (*path, place))


def _read_yaml(text: str) -> Source:
    if (place := text.find("\t")) >= 0 and text[:place].rpartition("\n")[2].strip(" ") == "":
        line = text.count("\n", 0, place) + 1
        wrong = "there is a tab where YAML wants spaces"
        raise ConfigErrors([Problem((), wrong, "indent with two spaces", line)])
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
            self._source.problems.append(_no_value(path, line))
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
                self._source.problems.append(_twice((*path, key), line))
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


def _no_value(path: Path, line: int | None) -> Problem:
    if not path:
        return Problem((), "there is nothing in it", "write at least name: NAME", line)
    return Problem(path, "has no value", "give it one, or leave the field out", line)


def _twice(path: Path, line: int | None) -> Problem:
    return Problem(path, "is there twice", f"leave one {written_path(path[-1:])} out", line)
