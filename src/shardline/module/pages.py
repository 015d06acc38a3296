"""The tables of docs/stream-module.md, made from the code that they are about."""

from collections.abc import Iterable

from shardline.module import policies
from shardline.module.alarms import RULES
from shardline.module.spec.alarms import KINDS, UTILIZATIONS, AlarmName

_ON = (
    ("the stream", policies.ON_STREAM),
    ("its consumers", policies.ON_CONSUMERS),
    ("`*`", policies.ON_ALL),
    ("keys of the account and region", policies.ON_ANY_KEY),
    ("the stream's own key", policies.ON_KEY),
)
_OF = {
    AlarmName.FAILED_RECORDS: " of `PutRecords.TotalRecords`",
    **dict.fromkeys(UTILIZATIONS, " of what the shards take"),
}


def policies_table() -> str:
    """What each of the three policies allows on what."""
    rows = [
        (f"`{access}`", on, ", ".join(f"`{action}`" for action in actions[access]))
        for access in policies.ACCESSES
        for on, actions in _ON
        if actions[access]
    ]
    return _table(("policy", "on", "actions"), rows)


def alarms_table() -> str:
    """Every alarm with its metric, when it fires, and what it makes of missing data."""
    rows = []
    for kind in KINDS:
        rule = RULES[kind.name]
        minutes = f"{rule.minutes} of {rule.of}"
        when = f"{rule.statistic} {rule.compare} {kind.default}{_OF.get(kind.name, '')}"
        rows.append((f"`{kind.name}`", f"`{kind.metric}`", when, minutes, rule.missing))
    return _table(("alarm", "metric", "fires at", "minutes", "missing data"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
