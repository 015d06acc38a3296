"""Readers against the retention, as CloudWatch tells of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shardline.doctor.checks.metric_commands import statistics
from shardline.doctor.checks.trimming import AT_RISK, NEAR, lag_line
from shardline.doctor.facts import Facts, Failed, Metrics, Stream
from shardline.doctor.findings import Finding, Verdict
from shardline.doctor.words import aws, clock, number, share, span

AGE, LAG = "GetRecords.IteratorAgeMilliseconds", "SubscribeToShardEvent.MillisBehindLatest"
RECENT_S = 900
"""A reader's lag is the greatest of its last minutes: one that polls rarely has few."""
UNREAD_S = 3600
"""A stream that has traffic, and that nobody has read for so long, is told of. Ours."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody whose lag CloudWatch knows; all pollers are one, since AWS does not part them."""

    name: str
    metric: str
    owner: str
    records: str


def findings(
    facts: Facts, stream: Stream, metrics: Metrics, them: Sequence[Reader]
) -> Iterator[Finding]:
    """Readers that are far behind, or stand still."""
    yield from _behind(facts, stream, metrics, them)
    yield from _unread(facts, stream)


def readers(facts: Facts) -> list[Reader]:
    """The pollers, and each consumer with fan-out."""
    found = [Reader("the slowest poller", AGE, "", "GetRecords.Records")]
    if not isinstance(facts.consumers, Failed):
        found += [
            Reader(f"the consumer {each.name}", LAG, each.name, "SubscribeToShardEvent.Records")
            for each in facts.consumers
        ]
    return found


def lag_s(metrics: Metrics, reader: Reader) -> float | None:
    """The greatest lag of the last minutes in which it read at all."""
    values = metrics.of(reader.metric, "Maximum", reader.owner)
    recent = [each for each in values[-max(1, RECENT_S // metrics.step_s) :] if each is not None]
    if not recent:
        recent = [each for each in values if each is not None][-1:]
    return max(recent) / 1000 if recent else None


def _behind(
    facts: Facts, stream: Stream, metrics: Metrics, them: Sequence[Reader]
) -> Iterator[Finding]:
    retention_s = stream.retention_hours * 3600
    for reader in them:
        behind_s = lag_s(metrics, reader)
        if behind_s is None:
            continue
        evidence = (
            f"behind by {span(behind_s)}, {share(behind_s / retention_s)} of the retention of "
            f"{span(retention_s)}"
        )
        if behind_s < AT_RISK * retention_s:
            line = f"{reader.name} is {span(behind_s)} behind"
            yield Finding("behind", Verdict.WELL, line, (evidence,))
            continue
        known = metrics.known(reader.metric, "Maximum", reader.owner)
        grows = len(known) > 1 and known[-1] > known[0]
        more = (("ConsumerName", reader.owner),) if reader.owner else ()
        yield Finding(
            "behind",
            Verdict.ILL if behind_s >= NEAR * retention_s else Verdict.WARNING,
            lag_line(reader.name, behind_s, retention_s),
            (
                evidence,
                f"if it stands still, its next record is trimmed at "
                f"{clock(facts.now_s + max(0, retention_s - behind_s))}",
                "the lag grows" if grows else "the lag does not grow",
            ),
            "Keep the records for longer first: that takes effect at once, and costs money on "
            "AWS. Then mend the reader, or give it more workers: up to one for each shard.",
            (*_longer(facts, stream), statistics(facts, reader.metric, "Maximum", *more)),
        )


def _longer(facts: Facts, stream: Stream) -> tuple[str, ...]:
    hours = min(8760, 2 * stream.retention_hours)
    if hours == stream.retention_hours:
        return ()
    command = ("kinesis", "increase-stream-retention-period", "--stream-name", facts.name)
    return (aws(*command, "--retention-period-hours", str(hours)),)


def _unread(facts: Facts, stream: Stream) -> Iterator[Finding]:
    """Who stands still reads nothing, and no metric of lag is there: hours tell of it."""
    hours = facts.hours
    if isinstance(hours, Failed):
        line = f"who read when is not known: {hours}"
        yield Finding("unknown", Verdict.UNKNOWN, line)
        return
    them = readers(facts)
    idle = {each.name: _idle_s(facts.now_s, hours, each) for each in them}
    for reader in them:
        idle_s = idle[reader.name]
        if idle_s is None or idle_s < UNREAD_S or not (waiting := _waiting(hours, reader)):
            continue
        # Where consumers read, one who polled once, to have a look, is missed by nobody.
        if not reader.owner and any(
            s is not None and s < UNREAD_S for name, s in idle.items() if name != reader.name
        ):
            continue
        yield _stalled(facts, stream, reader, idle_s, waiting)


def _idle_s(now_s: int, hours: Metrics, reader: Reader) -> float | None:
    """How long it has read nothing; None when it never did."""
    last = hours.last_positive(reader.records, reader.owner)
    return None if last is None else max(0, now_s - hours.end_s(last))


def _waiting(hours: Metrics, reader: Reader) -> float:
    """The records that came since it last read."""
    last = hours.last_positive(reader.records, reader.owner)
    assert last is not None
    return sum(each or 0 for each in hours.of("IncomingRecords")[last + 1 :])


def _stalled(
    facts: Facts, stream: Stream, reader: Reader, idle_s: float, waiting: float
) -> Finding:
    retention_s = stream.retention_hours * 3600
    left_s = max(0.0, retention_s - idle_s)
    who = "no poller has read" if not reader.owner else f"{reader.name} has read nothing"
    more = (("ConsumerName", reader.owner),) if reader.owner else ()
    return Finding(
        "stalled",
        Verdict.ILL if idle_s >= NEAR * retention_s else Verdict.WARNING,
        f"{who} for {span(idle_s)}; unread records go in {span(left_s)}",
        (
            f"{number(waiting)} records came in since",
            f"retention {span(retention_s)}: the first of them are trimmed at "
            f"{clock(facts.now_s + left_s)}",
        ),
        "Start the reader again from its checkpoint. Keep the records for longer if that does not "
        "suffice.",
        (
            *_longer(facts, stream),
            statistics(facts, reader.records, "Sum", *more, minutes=round(idle_s / 60) + 60),
        ),
    )
