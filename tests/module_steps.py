"""What tests of the module do: read, plan, make; without waiting."""

from typing import Any

from shardline.module.actual import Actual
from shardline.module.apply import make, ready
from shardline.module.plan import Plan, grantees, plan, removal
from shardline.module.read import read
from shardline.module.spec import WantedStream, loads, resolve
from shardline.module.target import Target

NOW_S = 1_790_000_000
TRUST = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
  "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"""


def no_sleep(seconds: float) -> None:
    """Time does not pass in tests, unless the server's clock is moved."""


def wanted(yaml: str) -> WantedStream:
    """What a configuration means."""
    return resolve(loads(yaml))


def actual(target: Target, want: WantedStream) -> Actual:
    """What is there of a stream."""
    return read(target, want.name, grantees(want))


def planned(target: Target, yaml: str, **settings: Any) -> Plan:
    """The plan of a configuration for what is there."""
    want = wanted(yaml)
    return plan(want, actual(target, want), now_s=NOW_S, **settings)


def apply(target: Target, yaml: str, **settings: Any) -> Plan:
    """Apply a configuration. Answers the plan that was made."""
    want = wanted(yaml)
    ready(target, want.name, no_sleep, print_nothing)
    made = planned(target, yaml, **settings)
    make(target, made, sleep=no_sleep)
    return made


def destroy(target: Target, yaml: str) -> Plan:
    """Remove all that was made for a configuration."""
    want = wanted(yaml)
    made = removal(actual(target, want))
    make(target, made, sleep=no_sleep)
    return made


def print_nothing(text: str) -> None:
    """Nobody listens."""


def lines(made: Plan) -> list[str]:
    """The changes in short: `create stream`, `scale shards 4 -> 8`."""
    return [
        f"{each.word} {each.what}"
        + (f" {each.before} -> {each.after}" if each.word in ("change", "scale") else "")
        for each in made.changes
    ]
