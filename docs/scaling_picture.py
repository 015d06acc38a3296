"""Draws docs/images/scaling.svg from the simulation:  .venv/bin/python docs/scaling_picture.py

The loads and the drawing are those of docs/images/on-demand.svg; what is simulated here is a
provisioned stream that `shardline autoscale` runs. A hot key is left out: more shards do not help.
"""

from collections.abc import Iterator
from pathlib import Path

from on_demand_picture import picture
from on_demand_simulation import DAYS, Run, shapes
from scaling_simulation import simulate

from shardline.module.scaling.rules import Rules

IMAGE = Path(__file__).parent / "images" / "scaling.svg"
RULES = Rules(least=2, most=32)


def runs() -> Iterator[Run]:
    """Each load through a stream that begins with four shards."""
    for shape in shapes():
        if shape.name == "hot key":
            continue
        made = simulate(shape.even, RULES, days=DAYS, shards=4)
        refused = [max(0.0, load - made.shards[at]) for at, load in enumerate(made.offered)]
        changes = [change.minute for change in made.changes]
        yield Run(shape.name, made.offered, refused, made.shards, changes)


if __name__ == "__main__":
    IMAGE.write_text(picture(list(runs())))
