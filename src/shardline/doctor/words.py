"""Numbers and commands as people read them."""

import shlex
from datetime import UTC, datetime


def clock(at_s: float) -> str:
    """`2026-01-31 12:00Z`."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%MZ")


def stamp(at_s: float) -> str:
    """A time as the `aws` command takes it."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(seconds: float) -> str:
    """A span by its two largest units: `23h 10m`, `4m 2s`, `0.4s`."""
    if 0 < seconds < 10:
        return f"{seconds:.1f}s"
    return two_units(round(seconds)) or "0s"


def two_units(left: int) -> str:
    """Whole seconds by their two largest units; nothing of none."""
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count}{unit}" if count else "")
    return " ".join(part for part in parts[:2] if part)


def size(count: float) -> str:
    """Bytes: `1.5 MiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            break
        count /= 1024
    return f"{count:,.0f} {unit}" if unit == "B" or count >= 100 else f"{count:,.1f} {unit}"


def number(count: float) -> str:
    """A count with thousands apart."""
    return f"{count:,.0f}" if count >= 10 or count == int(count) else f"{count:,.1f}"


def plural(count: float, word: str) -> str:
    """`1 shard`, `2 shards`."""
    return f"{number(count)} {word}{'' if count == 1 else 's'}"


def aws(*words: str) -> str:
    """An `aws` command that runs as it is in a shell."""
    return "aws " + " ".join(shlex.quote(word) for word in words)


def share(part: float) -> str:
    """`83%`, `0.4%`."""
    if 0 < part < 0.001:
        return "<0.1%"
    return f"{part:.1%}" if 0 < part < 0.01 else f"{part:.0%}"


def listed(names: "list[str] | tuple[str, ...]", most: int = 4) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
