"""A provisioned stream over weeks of made-up time: a load, the engine, AWS's limits.

The stream takes no more than its shards can, as a real one does: what is above is throttled, and
the metrics show only what was taken. A reshard takes a minute for each shard that it touches, and
the metrics of a minute are there two minutes later.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from shardline.module.scaling.decision import Decision, State, decide
from shardline.module.scaling.history import History
from shardline.module.scaling.load import Load, Window
from shardline.module.scaling.rules import (
    DAY_S,
    MINUTE_S,
    SHARD_BYTES,
    WINDOW_MINUTES,
    Rules,
)

START_S = 1_790_000_000
METRICS_DELAY = 2  # minutes


@dataclass(frozen=True)
class Change:
    """A change of the shard count that was made."""

    minute: int
    before: int
    after: int


@dataclass
class Run:
    """What became of a simulated stream."""

    changes: list[Change] = field(default_factory=list)
    shards: list[int] = field(default_factory=list)  # by minute
    offered: list[float] = field(default_factory=list)  # the shards that the load would fill
    decisions: list[Decision] = field(default_factory=list)

    @property
    def throttled(self) -> list[int]:
        """The minutes in which the load was more than the shards could take."""
        return [at for at, load in enumerate(self.offered) if load > self.shards[at]]

    def shard_minutes(self) -> int:
        """What it cost."""
        return sum(self.shards)


def simulate(
    offered: Callable[[int], float],
    rules: Rules,
    *,
    days: float,
    shards: int,
    lag_s: Callable[[int], float | None] = lambda minute: None,
) -> Run:
    """Run the engine every minute; `offered` is the load by the minute, in shards that it fills."""
    run, seen, history = Run(), deque[Load](maxlen=WINDOW_MINUTES), History()
    arriving: deque[Load] = deque()
    ready_at = 0
    for minute in range(int(days * DAY_S // MINUTE_S)):
        load = offered(minute)
        run.offered.append(load)
        run.shards.append(shards)
        arriving.append(Load(bytes=min(load, shards) * SHARD_BYTES * MINUTE_S))
        if len(arriving) > METRICS_DELAY:
            seen.append(arriving.popleft())
        if minute < ready_at:
            continue
        now_s = START_S + minute * MINUTE_S
        state = State(shards, minute * MINUTE_S, History.of_tags(history.tag()), now_s)
        decision = decide(state, rules, Window(list(seen), lag_s(minute)))
        run.decisions.append(decision)
        if decision.word != "hold":
            run.changes.append(Change(minute, shards, decision.shards))
            ready_at = minute + max(1, abs(decision.shards - shards))
            history = history.after(now_s)
            shards = decision.shards
    return run
