"""What docs/walk-through.md says to do, read from the page and done in a terminal of 80 columns.

The page is Markdown with a little more that readers do not see:

    ```sh                                   each line is a command
    <!-- typed: orders | | production -->   before a block: what its command is answered
    <!-- stays -->                          before a block: its command is left running
    <!-- edit stream.yaml: `24h` to `7d` -->  what the reader does in a text editor
    ![…](images/walk-through/NAME.svg)      after a block: a picture of what it showed
"""

import contextlib
import os
import pty
import re
import subprocess
import termios
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parent
PAGE = DOCS / "walk-through.md"
COLUMNS, LINES = 80, 200
READY = "is ready at"

_STEP = re.compile(
    r"<!-- edit (?P<file>\S+): `(?P<old>[^`]+)` to `(?P<new>[^`]+)` -->"
    r"|(?:<!-- (?P<note>[^>]+) -->\n)?```sh\n(?P<commands>.+?)```"
    r"(?:\n\n!\[[^\]]*\]\((?P<picture>images/walk-through/[^)]+)\))?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of a file."""

    file: str
    old: str
    new: str

    def make(self, folder: Path) -> None:
        """Change the file. Raises ValueError when what is to be changed is not in it."""
        path = folder / self.file
        before, found, after = path.read_text("utf-8").partition(self.old)
        if not found:
            raise ValueError(f"{self.old!r} is not in {self.file}")
        path.write_text(before + self.new + after, "utf-8")


@dataclass(frozen=True, slots=True)
class Block:
    """Commands of the page, what is typed when they ask, and the picture of them."""

    commands: tuple[str, ...]
    typed: tuple[str, ...]
    stays: bool
    picture: Path | None


def steps() -> list[Edit | Block]:
    """All that the page says to do, in order."""
    return [_step(found) for found in _STEP.finditer(PAGE.read_text("utf-8"))]


def _step(found: re.Match[str]) -> Edit | Block:
    if found["file"]:
        return Edit(found["file"], found["old"], found["new"])
    note, answers = found["note"] or "", ()
    if note.startswith("typed:"):
        answers = tuple(answer.strip() for answer in note.removeprefix("typed:").split("|"))
    picture = DOCS / found["picture"] if found["picture"] else None
    return Block(tuple(found["commands"].splitlines()), answers, note == "stays", picture)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a command showed in the terminal, and its exit code (None: it still runs)."""

    command: str
    text: str
    code: int | None
    typed: tuple[str, ...] = ()

    @property
    def plain(self) -> str:
        """The text without colours."""
        return re.sub(r"\x1b\[[\d;]*m", "", self.text)


class Terminal:
    """Runs commands as in a terminal: both outputs in one, and what is typed is seen."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        # A dumb terminal gets no moving lines, which no picture could show.
        self._environment = {**environment, "TERM": "dumb"}

    def run(self, command: str, typed: tuple[str, ...] = ()) -> Shown:
        """Run a command to its end. Raises ValueError when not all is asked that is to be typed."""
        with self._started(command) as (process, screen):
            left, text = list(typed), ""
            while piece := _read(screen):
                text += piece
                if left and text.endswith(": "):
                    os.write(screen, f"{left.pop(0)}\n".encode())
            code = process.wait()
        if left:
            raise ValueError(f"{command} did not ask for {left}: {text}")
        return Shown(command, _lines(text), code, typed)

    @contextlib.contextmanager
    def running(self, command: str) -> Iterator[Shown]:
        """Run a server; once it is ready, what it showed. It is stopped at the end."""
        with self._started(command) as (process, screen):
            try:
                text = ""
                while READY not in text or not text.endswith("\n"):
                    piece = _read(screen)
                    if not piece:
                        raise ValueError(f"{command} ended: {text}")
                    text += piece
                yield Shown(command, _lines(text), None)
            finally:
                process.terminate()
                process.wait()

    @contextlib.contextmanager
    def _started(self, command: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
        screen, terminal = pty.openpty()
        try:
            termios.tcsetwinsize(terminal, (LINES, COLUMNS))
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command}" if "|" not in command else command],
                cwd=self.folder,
                env=self._environment,
                stdin=terminal,
                stdout=terminal,
                stderr=terminal,
                start_new_session=True,
            )
            os.close(terminal)
            yield process, screen
        finally:
            os.close(screen)


def _read(screen: int) -> str:
    """The next piece of what is shown; nothing once the last program has let go of the terminal."""
    try:
        return os.read(screen, 65536).decode()
    except OSError:  # EIO, as Linux says it
        return ""


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").strip("\n")
