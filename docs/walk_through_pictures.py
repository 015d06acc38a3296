"""Makes the walk-through's pictures, by hand:  .venv/bin/python docs/walk_through_pictures.py

It does what docs/walk-through.md says, on a server of its own at the usual port, in an empty home.
"""

import contextlib
import io
import os
import re
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text
from walk_through import COLUMNS, Edit, Shown, Terminal, steps


def main() -> None:
    """Go through the page, and draw what each block shows that has a picture."""
    with tempfile.TemporaryDirectory() as home, contextlib.ExitStack() as servers:
        terminal = Terminal(Path(home), environment(home))
        for step in steps():
            if isinstance(step, Edit):
                step.make(terminal.folder)
                continue
            if step.stays:
                shown = [servers.enter_context(terminal.running(step.commands[0]))]
            else:
                shown = [terminal.run(command, step.typed) for command in step.commands]
            if step.picture is not None:
                step.picture.write_text(drawn(shown), "utf-8")


def drawn(shown: list[Shown]) -> str:
    """A terminal with some commands and what they showed, as SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    for each in shown:
        console.print(Text(f"$ {each.command}", style="bold green"))
        text = Text.from_ansi(each.text)
        for answer in filter(None, each.typed):
            text.highlight_regex(rf"(?m)(?<=: ){re.escape(answer)}$", "bold yellow")
        console.print(text)
    svg = console.export_svg(title="Terminal", font_aspect_ratio=0.61)
    return re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)  # nothing is to be fetched


def environment(home: str) -> dict[str, str]:
    """What programs see of the machine: their own folder, and a home."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": programs, "HOME": home, "LANG": "C.UTF-8"}


if __name__ == "__main__":
    main()
