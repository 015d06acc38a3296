"""Scaling: mode, shards, changes and what is left of them today, what the scaler would do now."""

from collections.abc import Iterator, Sequence

from shardline.doctor.checks import changes
from shardline.doctor.checks.metric_commands import statistics
from shardline.doctor.facts import Facts, Failed, Limits, Load, Stream
from shardline.doctor.findings import Finding, Section, Series, Verdict
from shardline.doctor.words import aws, clock, listed, number, plural
from shardline.module.scaling.decision import Decision
from shardline.module.scaling.history import TAG, History
from shardline.module.scaling.load import Load as Minute
from shardline.module.scaling.rules import CHANGES_A_DAY, RESERVED

NEAR_LIMIT = 0.9
"""From this share of a quota of the account on, it is told of. Ours."""


def check(facts: Facts) -> Section:
    """The section."""
    stream = facts.stream
    assert not isinstance(stream, Failed)
    history, is_known = changes.history(facts, stream)
    left = history.left(facts.now_s)
    decision = changes.decision(facts, stream)
    findings = [
        *_used_up(facts, stream, history, decision, is_known=is_known),
        *(_bounded(facts, stream, decision) if left else ()),
        *_quotas(facts, stream),
        *_alarms(facts),
        *_unread(facts),
        _overview(facts, stream, history, decision, is_known=is_known),
    ]
    closed = 0 if isinstance(facts.shards, Failed) else len(facts.shards) - len(facts.open_shards)
    mode = "on demand" if stream.mode == "ON_DEMAND" else "provisioned"
    summary = f"{mode}, {plural(stream.open_shards, 'shard')} open, {closed} closed"
    if stream.mode == "PROVISIONED":
        summary += f"; {left} of {CHANGES_A_DAY} changes left today"
    commands = (
        aws("kinesis", "describe-stream", "--stream-name", facts.name, "--query")
        + " 'StreamDescription.Shards'",
        aws("kinesis", "describe-limits"),
        aws("cloudwatch", "describe-alarms", "--state-value", "ALARM"),
        statistics(facts, "IncomingBytes"),
    )
    return Section("scaling", tuple(findings), summary, _series(facts), commands)


def _command(facts: Facts, shards: int) -> str:
    target = ("--target-shard-count", str(shards), "--scaling-type", "UNIFORM_SCALING")
    return aws("kinesis", "update-shard-count", "--stream-name", facts.name, *target)


def _used_up(
    facts: Facts, stream: Stream, history: History, decision: Decision | None, *, is_known: bool
) -> Iterator[Finding]:
    if stream.mode != "PROVISIONED" or history.left(facts.now_s):
        return
    today = history.today(facts.now_s)
    needs_more = decision is not None and decision.numbers.recent >= decision.numbers.high
    says = "are used up" if is_known else "seem used up"
    yield Finding(
        "changes-used-up",
        Verdict.ILL if needs_more else Verdict.WARNING,
        f"AWS's {CHANGES_A_DAY} changes of the shard count in 24 hours {says}",
        (
            f"{plural(len(today), 'change')} since {clock(today[0])}"
            + ("" if is_known else ", guessed from when shards were made"),
            f"one more is possible from {clock(history.next_at(facts.now_s))}",
            *(() if decision is None else (f"the scaler: {decision.reason}",)),
        ),
        "Until then UpdateShardCount is refused with LimitExceededException. Splits and merges "
        "are not counted: split the shards that are busy. A lower aim of utilisation, or a higher "
        "least number of shards, makes for fewer changes.",
        (aws("kinesis", "list-shards", "--stream-name", facts.name),),
    )


def _bounded(facts: Facts, stream: Stream, decision: Decision | None) -> Iterator[Finding]:
    """A load that asks for more shards, whoever is to make them."""
    if decision is None or stream.status != "ACTIVE":
        return
    numbers = decision.numbers
    if numbers.recent < numbers.high:
        return
    scales = changes.own_rules(facts) is not None
    if scales and decision.word == "up":
        return  # The scaler is about to do it.
    target = decision.shards if decision.word == "up" else 2 * stream.open_shards
    yield Finding(
        "too-few-shards",
        Verdict.WARNING,
        f"the load asks for more than {plural(stream.open_shards, 'shard')}: {decision.reason}",
        (f"the last five minutes used {numbers.recent:.0%} of the capacity or more",),
        "Raise the most that the file allows." if scales else f"Go to {target} shards.",
        () if scales else (_command(facts, target),),
    )


def _quotas(facts: Facts, stream: Stream) -> Iterator[Finding]:
    limits = facts.limits
    if not isinstance(limits, Limits):
        return
    for used, most, what in (
        (limits.open_shards, limits.shard_limit, "shards"),
        (limits.on_demand_streams, limits.on_demand_limit, "on-demand streams"),
    ):
        if most and used >= NEAR_LIMIT * most:
            yield Finding(
                "account-limit",
                Verdict.WARNING,
                f"the account has {number(used)} of its {number(most)} {what}",
                (),
                "Ask AWS for a higher quota, in Service Quotas; on a server of yours it is a "
                "setting.",
                (aws("kinesis", "describe-limits"),),
            )


def _alarms(facts: Facts) -> Iterator[Finding]:
    if isinstance(facts.alarms, Failed):
        line = f"alarms cannot be read: {facts.alarms}"
        yield Finding("unknown", Verdict.UNKNOWN, line)
        return
    if not facts.alarms:
        return
    names = [each.name for each in facts.alarms]
    yield Finding(
        "alarm",
        Verdict.WARNING,
        f"{plural(len(names), 'alarm')} in ALARM: {listed(names, 2)}",
        tuple(f"{each.name} since {clock(each.since_s)}: {each.reason}" for each in facts.alarms),
        "The other sections say what to do; an alarm ends by itself.",
        (aws("cloudwatch", "describe-alarms", "--alarm-names", *names[:10]),),
    )


def _unread(facts: Facts) -> Iterator[Finding]:
    for what, reading in (
        ("shards", facts.shards), ("the stream's load", facts.load),
        ("tags", facts.tags), ("the account's limits", facts.limits),
    ):  # fmt: skip
        if isinstance(reading, Failed):
            line = f"{what} cannot be read: {reading}"
            yield Finding("unknown", Verdict.UNKNOWN, line)


def _overview(
    facts: Facts, stream: Stream, history: History, decision: Decision | None, *, is_known: bool
) -> Finding:
    lines = []
    last = [clock(at) for at in history.changes[-3:]]
    if stream.mode == "PROVISIONED":
        source = f"noted in the tag {TAG}" if is_known else "guessed from when shards were made"
        shown = ", ".join(last)
        lines.append(f"last changes, {source}: {shown}" if last else "no change is known of")
        lines.append(
            f"{history.left(facts.now_s)} of {CHANGES_A_DAY} UpdateShardCount left in 24 hours; "
            f"the module's scaler keeps {RESERVED} of them for growing"
        )
    lines.append("how many of the two mode switches in 24 hours are used, no API tells")
    limits = facts.limits
    if isinstance(limits, Limits):
        lines.append(
            f"the account has {number(limits.open_shards)} of {number(limits.shard_limit)} shards, "
            f"{number(limits.on_demand_streams)} of {number(limits.on_demand_limit)} on-demand "
            "streams"
        )
    if decision is not None:
        lines.append(_sentence(facts, stream, decision))
    return Finding("overview", Verdict.WELL, "what is known of its scaling", tuple(lines))


def _sentence(facts: Facts, stream: Stream, decision: Decision) -> str:
    aim = changes.rules(facts).target
    who = "the scaler" if changes.own_rules(facts) else f"a scaler that aims at {aim:.0%}"
    way = f"{stream.open_shards} shards"
    if decision.word != "hold":
        way = f"{stream.open_shards} → {decision.shards} shards"
    return f"{who} would now: {decision.word}, {way}: {decision.reason}"


def _series(facts: Facts) -> tuple[Series, ...]:
    """The shards that the load fills, minute by minute, below those that there are."""
    load, stream = facts.load, facts.stream
    if not isinstance(load, Load) or not isinstance(stream, Stream):
        return ()
    minutes: Sequence[Minute] = [
        Minute(size, count) for size, count in zip(load.bytes, load.records, strict=True)
    ]
    values = tuple(each.shards for each in minutes)
    start = facts.now_s // 60 * 60 - 60 * len(values) - 60
    return (Series("Shards filled", "shards", start, 60, values, float(stream.open_shards)),)
