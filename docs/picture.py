"""Makes the README's picture from a real run:  .venv/bin/python docs/picture.py"""

import io
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS = 84
SHARDLINE = Path(sys.executable).with_name("shardline")


def main() -> None:
    """Run the demo, and draw what it printed as a terminal would show it."""
    ran = subprocess.run([SHARDLINE, "demo"], text=True, capture_output=True, check=True)
    shown = ran.stdout.partition("\nTo go on")[0].strip("\n")
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ scripts/demo", style="bold green"))
    for line in [*ran.stderr.splitlines(), *shown.splitlines()]:
        style = "bold" if line.startswith("Every one") else ""
        console.print(Text(line.rstrip(), style=style))
    svg = console.export_svg(title="Shardline", font_aspect_ratio=0.61)
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)  # nothing is to be fetched
    (Path(__file__).parent / "images" / "demo.svg").write_text(svg)


if __name__ == "__main__":
    main()
