"""Draws docs/images/on-demand.svg from the simulation:  .venv/bin/python docs/on_demand_picture.py

A picture is a pure function of the simulation, which is one of its shapes; a test compares. The
SVG is written by hand: four lines in a frame need no library.
"""

from collections.abc import Sequence
from pathlib import Path

from on_demand_simulation import DAY, DAYS, Run, shapes, simulate

IMAGE = Path(__file__).parent / "images" / "on-demand.svg"
WIDTH, PANEL, LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT = 860, 190, 48, 34, 780, 120
HOUR = 60
TITLES = {
    "flights": "Flights: departures from New York, hour by hour, at 20 an hour per MiB/s",
    "step": "A step: 1 MiB/s, and 6 from day 10 to day 15",
    "spike": "A spike: 2 MiB/s, and 20 for ten minutes on day 20",
    "hot key": "A hot key: 1 MiB/s spread evenly; one key: 0.9 from day 5, 1.5 from day 20 to 35",
}
STYLE = """\
<style>
text { font: 12px system-ui, sans-serif; fill: #333 }
.title { font-weight: 600 }
.grid { stroke: #ddd; stroke-width: 1 }
.load { fill: #7aa6d8 }
.refused { fill: #d33 }
.capacity { fill: none; stroke: #222; stroke-width: 1.5 }
</style>
"""


def picture(runs: Sequence[Run]) -> str:
    """The whole picture."""
    height = PANEL * len(runs) + 40
    legend = (
        f'<rect class="load" x="{LEFT}" y="12" width="12" height="12"/>'
        f'<text x="{LEFT + 18}" y="22">load, MiB/s</text>'
        f'<rect class="refused" x="{LEFT + 120}" y="12" width="12" height="12"/>'
        f'<text x="{LEFT + 138}" y="22">refused by a full shard</text>'
        f'<path class="capacity" d="M{LEFT + 300} 18h24"/>'
        f'<text x="{LEFT + 330}" y="22">shards: room for as many MiB/s</text>\n'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}">\n{STYLE}'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n{legend}'
        + "".join(
            f'<g transform="translate(0 {30 + PANEL * index})">\n{panel(run)}</g>\n'
            for index, run in enumerate(runs)
        )
        + "</svg>\n"
    )


def panel(run: Run) -> str:
    """One shape of load: the highest minute of each hour."""
    offered, refused, shards = (
        [max(values[hour : hour + HOUR]) for hour in range(0, DAYS * DAY, HOUR)]
        for values in (run.offered, run.refused, run.shards)
    )
    top = max(*offered, *shards)
    taken = [load - lost for load, lost in zip(offered, refused, strict=True)]
    lines = [f'<text class="title" x="{LEFT}" y="24">{TITLES[run.name]}</text>']
    for value in (0, top // 2, top):
        y = _y(value, top)
        lines.append(f'<path class="grid" d="M{LEFT} {y}h{PLOT_WIDTH}"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for day in range(0, DAYS + 1, 10):
        x = _x(day * 24)
        y = TOP + PLOT_HEIGHT + 16
        lines.append(f'<text x="{x}" y="{y}" text-anchor="middle">day {day}</text>')
    lines.append(f'<path class="load" d="{_area(offered, top)}"/>')
    lines.append(f'<path class="capacity" d="{_steps(shards, top)}"/>')
    if any(refused):
        lines.append(f'<path class="refused" d="{_between(taken, offered, top)}"/>')
    return "".join(line + "\n" for line in lines)


def _x(hour: int) -> float:
    return round(LEFT + PLOT_WIDTH * hour / (DAYS * 24), 1)


def _y(value: float, top: float) -> float:
    return round(TOP + PLOT_HEIGHT * (1 - value / top), 1)


def _steps(values: Sequence[float], top: float) -> str:
    """A line that goes level through each hour, and straight up or down between two."""
    path, before = [f"M{_x(0)} {_y(values[0], top)}"], values[0]
    for hour, value in enumerate(values):
        if value != before:
            path.append(f"H{_x(hour)}V{_y(value, top)}")
            before = value
    return "".join(path) + f"H{_x(len(values))}"


def _area(values: Sequence[float], top: float) -> str:
    floor = _y(0, top)
    return f"{_steps(values, top)}V{floor}H{_x(0)}Z"


def _between(low: Sequence[float], high: Sequence[float], top: float) -> str:
    """The hours in which one is above the other, each as a bar wide enough to be seen."""
    bars = []
    for hour, (below, above) in enumerate(zip(low, high, strict=True)):
        if above > below:
            y, x = _y(above, top), _x(hour)
            bars.append(f"M{x} {y}h3V{_y(below, top)}h-3Z")
    return "".join(bars)


if __name__ == "__main__":
    IMAGE.write_text(picture([simulate(shape) for shape in shapes()]))
