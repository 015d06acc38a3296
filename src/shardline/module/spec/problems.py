"""What is wrong with a configuration, all of it at once, in words for whoever wrote it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, what, and what would be right."""

    path: Path
    wrong: str
    right: str
    line: int | None = None
    """The line in the file, from 1."""
    file: str = ""

    def __str__(self) -> str:
        """`FILE:LINE: PATH: what is wrong; what would be right`."""
        place = ":".join(str(part) for part in (self.file, self.line) if part)
        where = [part for part in (place, written_path(self.path)) if part]
        return ": ".join([*where, f"{self.wrong}; {self.right}" if self.right else self.wrong])

    def in_file(self, file: str) -> "Problem":
        """The same problem of that file."""
        return replace(self, file=file)


class ConfigErrors(Exception):
    """A configuration cannot be used. `problems` has everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def written_path(path: Path) -> str:
    """A path as people write it: `access.read[0].role`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
