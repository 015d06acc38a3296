"""Lines and texts of SVG, in the page's colours; where a page has none, dark on light."""

from html import escape

_COLOURS = {
    "ink": "var(--ink, #1b2430)",
    "soft": "var(--soft, #5a6675)",
    "line": "var(--line, #d9dee5)",
    "warn": "var(--warn, #9a5b00)",
}


def line(x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> str:
    """A line; `more` are further attributes."""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{_COLOURS[colour]}"{" " + more if more else ""}/>'
    )


def text(
    x: float, y: float, words: str, anchor: str, *, fill: str = "soft", weight: int = 400
) -> str:
    """Words that begin, end or have their middle at x (`anchor`), standing on y."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="12" '
        f'font-weight="{weight}" fill="{_COLOURS[fill]}">{escape(words)}</text>'
    )
