"""The changes of a stream's shard count, and what the engine of scaling makes of them now."""

from shardline.doctor.checks import readers
from shardline.doctor.facts import Facts, Failed, Stream
from shardline.module.scaling import rules_tag
from shardline.module.scaling.decision import Decision, State, decide
from shardline.module.scaling.history import History
from shardline.module.scaling.load import Load as Minute
from shardline.module.scaling.load import Window
from shardline.module.scaling.rules import Rules
from shardline.module.scaling.steps import MAX_SHARDS

APART_S = 120
"""Shards that were made nearer than this to each other are taken for one change."""


def history(facts: Facts, stream: Stream) -> tuple[History, bool]:
    """The changes, and whether they are known: the scaler notes its own in a tag. Without one,
    they are guessed from when shards were made, which their sequence numbers tell."""
    noted = _noted(facts)
    guessed = _guessed(facts, stream)
    if len(noted.today(facts.now_s)) >= len(guessed.today(facts.now_s)):
        return noted, True
    return guessed, False


def _guessed(facts: Facts, stream: Stream) -> History:
    if isinstance(facts.shards, Failed) or stream.mode != "PROVISIONED":
        return History()
    made = sorted({each.created_s for each in facts.shards if each.created_s is not None})
    changes: list[int] = []
    previous = stream.created_s
    for at in made:
        if at - previous > APART_S:
            changes.append(at)
        previous = max(previous, at)
    return History(tuple(changes))


def own_rules(facts: Facts) -> Rules | None:
    """The file's, or else those in the stream's tag; None where its shards are not the scaler's."""
    if facts.config is not None and facts.config.rules is not None:
        return facts.config.rules
    if isinstance(facts.tags, Failed):
        return None
    return rules_tag.rules_of(facts.tags.get(rules_tag.TAG, ""))


def rules(facts: Facts) -> Rules:
    """The stream's own, or the usual aim without bounds."""
    return own_rules(facts) or Rules(1, MAX_SHARDS)


def decision(facts: Facts, stream: Stream) -> Decision | None:
    """What the engine of scaling would do now; None where it has nothing to decide.

    It knows the changes that it noted itself, as the scaler does.
    """
    if stream.mode != "PROVISIONED" or isinstance(facts.load, Failed) or not stream.open_shards:
        return None
    noted = _noted(facts)
    state = State(stream.open_shards, facts.now_s - stream.created_s, noted, facts.now_s)
    minutes = [
        Minute(size, count)
        for size, count in zip(facts.load.bytes, facts.load.records, strict=True)
    ]
    return decide(state, rules(facts), Window(minutes, _lag_s(facts)))


def _noted(facts: Facts) -> History:
    return History() if isinstance(facts.tags, Failed) else History.of_tags(facts.tags)


def _lag_s(facts: Facts) -> float | None:
    """The furthest that a reader was behind: the engine does not shrink a stream that is read
    late."""
    if isinstance(facts.metrics, Failed):
        return None
    lags = [readers.lag_s(facts.metrics, each) for each in readers.readers(facts)]
    return max((lag for lag in lags if lag is not None), default=None)
