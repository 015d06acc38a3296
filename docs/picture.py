"""Makes the README's picture from a real run:  .venv/bin/python docs/picture.py"""

import tempfile
from dataclasses import replace
from pathlib import Path

from walk_through import Terminal
from walk_through_pictures import drawn, environment

IMAGE = Path(__file__).parent / "images" / "demo.svg"


def main() -> None:
    """Run the demo, and draw what it showed."""
    with tempfile.TemporaryDirectory() as home:
        ran = Terminal(Path(home), environment(home)).run("shardline demo")
    if ran.code != 0:
        raise SystemExit(ran.text)
    shown = ran.text.partition("\nTo go on")[0].rstrip("\n")
    IMAGE.write_text(drawn([replace(ran, command="scripts/demo", text=shown)]), "utf-8")


if __name__ == "__main__":
    main()
