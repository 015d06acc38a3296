"""What a file says: plain values, and the line of each."""

from dataclasses import dataclass, field
from typing import Any

from shardline.module.spec.problems import Path, Problem, written_path


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


def no_value(path: Path, line: int | None) -> Problem:
    """That a field has no value."""
    if not path:
        return Problem((), "there is nothing in it", "write at least name: NAME", line)
    return Problem(path, "has no value", "give it one, or leave the field out", line)


def twice(path: Path, line: int | None) -> Problem:
    """That a field is given twice."""
    return Problem(path, "is there twice", f"leave one {written_path(path[-1:])} out", line)
