"""A plan as people read it, 80 columns wide, and as a JSON object."""

import textwrap
from collections import Counter
from dataclasses import asdict
from typing import Any

from shardline.module.plan import Change, Plan, Word

WIDTH = 80
_WHAT = 29
_INDENT = " " * (2 + 7 + 1 + _WHAT + 1)
_WORDS: tuple[Word, ...] = ("create", "change", "scale", "remove", "leave")


def text_of(plan: Plan, heading: str) -> str:
    """The changes with what they are from and to, what is lost, and the price."""
    lines = [heading, *(line for change in plan.changes for line in _lines(change))]
    lines += [f"  refused: {reason}" for reason in plan.refusals]
    lines.append(f"  {summary(plan)}")
    if plan.price is not None:
        before = "" if plan.price.before is None else f"${plan.price.before:,.2f} → "
        lines += _wrapped(
            f"On AWS {before}${plan.price.after:,.2f} a month. {plan.price.note}", "  "
        )
    return "\n".join(lines)


def line_of_scaler(sentence: str) -> str:
    """What the scaler would do now."""
    return "\n".join(_wrapped(f"The scaler now: {sentence}", "  "))


def summary(plan: Plan) -> str:
    """`12 to create, 1 to scale`, or that there is nothing to change."""
    if plan.refusals:
        return "Nothing can be done."
    if plan.is_empty:
        return "Nothing to change."
    counts = Counter(change.word for change in plan.to_make)
    return ", ".join(f"{counts[word]} to {word}" for word in _WORDS if counts[word]) + "."


def object_of(plan: Plan, region: str, endpoint: str | None) -> dict[str, Any]:
    """The plan as JSON; its calls are those that would be made, by AWS's names."""
    return {
        "name": plan.name,
        "region": region,
        "endpoint": endpoint,
        "changes": [asdict(change) for change in plan.changes],
        "refusals": list(plan.refusals),
        "price": None if plan.price is None else asdict(plan.price),
    }


def _lines(change: Change) -> list[str]:
    value = _value(change)
    if change.note:
        value += f" ({change.note})"
    first = f"  {change.word:<7} "
    if len(change.what) > _WHAT:
        lines = [first + change.what, *_wrapped(value, _INDENT)]
    else:
        lines = _wrapped(value, _INDENT, f"{first}{change.what:<{_WHAT}} ")
    if change.loses:
        lines += _wrapped(f"loses {change.loses}", _INDENT + "  ", f"{_INDENT}! ")
    return lines


def _value(change: Change) -> str:
    if change.before is None:
        return change.after or ""
    if change.after is None:
        return change.before
    return f"{change.before} → {change.after}"


def _wrapped(text: str, indent: str, first: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_on_hyphens=False,
    ) or [(first or "").rstrip()]
