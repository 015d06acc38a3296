"""A stream's shards as an SVG picture: hash keys from left to right, generations downwards.

A shard reaches from its own generation down to that of its children, an open one to the bottom: the
last row is what records go to now. Colours as in `chart`.
"""

from collections.abc import Sequence
from html import escape

from shardline.doctor.drawing.shard_map import HASH_KEYS, MappedShard, number

WIDTH, ROW, GAP = 1060, 30, 2
MOST_ROWS = 12
MOST_SHARDS = 2_000
_DIGIT = 8  # about what a digit takes


def shards_svg(shards: Sequence[MappedShard], ident: str) -> str:
    """The picture, or nothing where there are no shards. `ident` is an id, the page's only one.

    Of more than `MOST_SHARDS` shards the open ones alone are drawn, and of more than `MOST_ROWS`
    generations the last ones.
    """
    opened = [shard for shard in shards if shard.is_open]
    drawn = shards if len(shards) <= MOST_SHARDS else opened
    if not drawn:
        return ""
    rows = _rows(drawn)
    last = max(end for _, end in rows.values())
    first = max(0, last - MOST_ROWS)
    told = f"{len(opened)} open, {len(shards) - len(opened)} closed"
    boxes = (
        _box(shard, max(start, first) - first, end - first)
        for shard in drawn
        for start, end in [rows[shard.id]]
        if end > first
    )
    return (
        f'<svg class="shards" role="img" viewBox="0 0 {WIDTH} {(last - first) * ROW}" '
        f'aria-labelledby="{ident}-title {ident}-desc">'
        f'<title id="{ident}-title">Shards by their hash keys</title>'
        f'<desc id="{ident}-desc">{told}.</desc>{"".join(boxes)}</svg>'
    )


def _rows(shards: Sequence[MappedShard]) -> dict[str, tuple[int, int]]:
    """The first row of each shard, and the one after its last."""
    starts: dict[str, int] = {}
    # Ids grow, so that parents come before their children.
    for shard in sorted(shards, key=lambda shard: shard.id):
        starts[shard.id] = 1 + max((starts.get(name, -1) for name in shard.parents), default=-1)
    bottom = 1 + max(starts.values())
    ends = {shard.id: bottom if shard.is_open else starts[shard.id] + 1 for shard in shards}
    children: dict[str, list[int]] = {}
    for shard in shards:
        for name in shard.parents:
            children.setdefault(name, []).append(starts[shard.id])
    return {
        name: (start, max(start + 1, min(children.get(name, [ends[name]]))))
        for name, start in starts.items()
    }


def _box(shard: MappedShard, start: int, end: int) -> str:
    x = shard.start / HASH_KEYS * WIDTH
    width = shard.share * WIDTH
    y, height = start * ROW, (end - start) * ROW
    name = number(shard.id)
    state = "open" if shard.is_open else "closed"
    fill = "var(--accent, #1f6feb)" if shard.is_open else "var(--soft, #5a6675)"
    label = (
        f'<text x="{x + width / 2:.1f}" y="{y + height / 2 + 5:.1f}" text-anchor="middle" '
        f'font-size="13" fill="var(--ink, #1b2430)">{escape(name)}</text>'
        if width > _DIGIT * len(name) + 6
        else ""
    )
    return (
        f"<g><title>{escape(shard.id)}, {state}, {shard.share:.2%} of the hash keys</title>"
        f'<rect x="{x + GAP / 2:.2f}" y="{y + GAP / 2}" width="{max(0.5, width - GAP):.2f}" '
        f'height="{height - GAP}" rx="4" fill="{fill}" '
        f'fill-opacity="{0.3 if shard.is_open else 0.14}"/>{label}</g>'
    )
