"""Lost or missing records: failed puts, gaps, readers against the retention.

What consumers say of themselves (leases, checkpoints) is in `positions`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shardline.doctor.capacity import runs
from shardline.doctor.checks import positions
from shardline.doctor.checks.metric_commands import statistics
from shardline.doctor.checks.trimming import AT_RISK, NEAR, lag_line
from shardline.doctor.facts import Facts, Failed, Metrics, Stream
from shardline.doctor.findings import Finding, Section, Verdict
from shardline.doctor.words import aws, clock, number, plural, share, span

AGE, LAG = "GetRecords.IteratorAgeMilliseconds", "SubscribeToShardEvent.MillisBehindLatest"
RECENT_S = 900
"""A reader's lag is the greatest of its last minutes: one that polls rarely has few."""
FAILING = 0.01
"""From this share of failures on, they are ill and no mere warning. Ours."""
GAP_STEPS, STEADY_STEPS, STEADY = 3, 10, 0.9
"""A gap: so many steps without records, after so many of which such a share had some. Ours."""
UNREAD_S = 3600
"""A stream that has traffic, and that nobody has read for so long, is told of. Ours."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """Somebody whose lag CloudWatch knows; all pollers are one, since AWS does not part them."""

    name: str
    metric: str
    owner: str
    records: str


def check(facts: Facts) -> Section:
    """The section."""
    stream, metrics = facts.stream, facts.metrics
    assert not isinstance(stream, Failed)
    found = list(positions.findings(facts, stream))
    retention = f"kept for {span(stream.retention_hours * 3600)}"
    if isinstance(metrics, Failed):
        line = f"metrics cannot be read: {metrics}"
        unknown = Finding("unknown", Verdict.UNKNOWN, line)
        return Section("records", (unknown, *found), line)
    readers = _readers(facts)
    lags = {each.name: lag for each in readers if (lag := _lag_s(metrics, each)) is not None}
    found += [
        *_behind(facts, stream, metrics, readers),
        *_unread(facts, stream),
        *_failed_puts(facts, metrics),
        *_gaps(facts, metrics),
    ]
    worst = max(lags.values(), default=None)
    summary = retention + (
        ", no readers in this time" if worst is None else f", readers at most {span(worst)} behind"
    )
    series = [
        metrics.series(AGE, "milliseconds", "Maximum", limit=stream.retention_hours * 3_600_000),
        *(
            metrics.series(
                LAG, "milliseconds", "Maximum", each.owner, stream.retention_hours * 3_600_000
            )
            for each in readers
            if each.owner
        ),
        metrics.series("IncomingRecords", "records"),
        metrics.series("GetRecords.Records", "records"),
    ]
    commands = (
        aws("kinesis", "describe-stream", "--stream-name", facts.name, "--query")
        + " 'StreamDescription.RetentionPeriodHours'",
        statistics(facts, AGE, "Maximum"),
        statistics(facts, "PutRecords.FailedRecords"),
        *(
            statistics(facts, LAG, "Maximum", ("ConsumerName", each.owner))
            for each in readers
            if each.owner
        ),
    )
    kept = tuple(each for each in series if each.known) or (series[0],)
    return Section("records", tuple(found), summary, kept, commands)


def _readers(facts: Facts) -> list[_Reader]:
    readers = [_Reader("the slowest poller", AGE, "", "GetRecords.Records")]
    if not isinstance(facts.consumers, Failed):
        readers += [
            _Reader(f"the consumer {each.name}", LAG, each.name, "SubscribeToShardEvent.Records")
            for each in facts.consumers
        ]
    return readers


def _lag_s(metrics: Metrics, reader: _Reader) -> float | None:
    """The greatest lag of the last minutes in which it read at all."""
    values = metrics.of(reader.metric, "Maximum", reader.owner)
    recent = [each for each in values[-max(1, RECENT_S // metrics.step_s) :] if each is not None]
    if not recent:
        recent = [each for each in values if each is not None][-1:]
    return max(recent) / 1000 if recent else None


def _behind(
    facts: Facts, stream: Stream, metrics: Metrics, readers: Sequence[_Reader]
) -> Iterator[Finding]:
    retention_s = stream.retention_hours * 3600
    for reader in readers:
        lag_s = _lag_s(metrics, reader)
        if lag_s is None or lag_s < AT_RISK * retention_s:
            continue
        known = metrics.known(reader.metric, "Maximum", reader.owner)
        grows = len(known) > 1 and known[-1] > known[0]
        more = (("ConsumerName", reader.owner),) if reader.owner else ()
        yield Finding(
            "behind",
            Verdict.ILL if lag_s >= NEAR * retention_s else Verdict.WARNING,
            lag_line(reader.name, lag_s, retention_s),
            (
                f"behind by {span(lag_s)}, {share(lag_s / retention_s)} of the retention of "
                f"{span(retention_s)}",
                f"if it stands still, its next record is trimmed at "
                f"{clock(facts.now_s + max(0, retention_s - lag_s))}",
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
        return
    written = hours.total("IncomingRecords")
    if not written:
        return
    for reader in _readers(facts):
        last = hours.last_positive(reader.records, reader.owner)
        # A stream that has no pollers at all may have consumers alone, or no readers by intent.
        if last is None:
            continue
        waiting = sum(each or 0 for each in hours.of("IncomingRecords")[last + 1 :])
        idle_s = facts.now_s - hours.end_s(last)
        if idle_s >= UNREAD_S and waiting:
            yield _stalled(facts, stream, reader, idle_s, waiting)


def _stalled(
    facts: Facts, stream: Stream, reader: _Reader, idle_s: float, waiting: float
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


def _failed_puts(facts: Facts, metrics: Metrics) -> Iterator[Finding]:
    failed, total = (
        metrics.total("PutRecords.FailedRecords"),
        metrics.total("PutRecords.TotalRecords"),
    )
    if failed:
        part = failed / max(total, failed)
        yield Finding(
            "failed-puts",
            Verdict.ILL if part >= FAILING else Verdict.WARNING,
            f"{number(failed)} records of PutRecords failed, {share(part)} of all",
            (f"PutRecords.FailedRecords: {number(failed)} of {number(total)}",),
            "A call of PutRecords that succeeds may hold records that failed: look at "
            "FailedRecordCount, and send again those that have an ErrorCode.",
            (statistics(facts, "PutRecords.FailedRecords"),),
        )
    for call in ("PutRecord", "PutRecords", "GetRecords"):
        yield from _failed_calls(facts, metrics, call)


def _failed_calls(facts: Facts, metrics: Metrics, call: str) -> Iterator[Finding]:
    """Calls that failed, those apart that were over the rates: they are the latency's business."""
    name = f"{call}.Success"
    calls = sum(metrics.known(name, "SampleCount"))
    failed = calls - metrics.total(name)
    way = "Read" if call == "GetRecords" else "Write"
    throttled = metrics.total(f"{way}ProvisionedThroughputExceeded")
    # Of PutRecords all records must be refused for the call to fail, and of a shard's rates there
    # are more records than calls: throttles explain at most that many failures.
    unexplained = failed - throttled
    if calls and unexplained > 0:
        part = unexplained / calls
        yield Finding(
            "failed-calls",
            Verdict.ILL if part >= FAILING else Verdict.WARNING,
            f"{share(part)} of the calls of {call} failed",
            (f"{number(failed)} of {number(calls)} failed, at most {number(throttled)} throttled",),
            _why_calls_fail(facts),
            (statistics(facts, name, "Average"), *_try_key(facts)),
        )


def _why_calls_fail(facts: Facts) -> str:
    if isinstance(facts.stream, Stream) and facts.stream.key:
        return (
            "The stream is encrypted: a KMS key that is disabled, or that callers may not use, "
            "fails every call. The dry run below, which puts nothing, says whether that is it. "
            "Else the service failed: send again what was not acknowledged."
        )
    return "The service failed: send again what was not acknowledged, after a growing pause."


def _try_key(facts: Facts) -> tuple[str, ...]:
    if not (isinstance(facts.stream, Stream) and facts.stream.key):
        return ()
    put = ("kinesis", "put-record", "--stream-name", facts.name, "--partition-key", "doctor")
    return (aws(*put, "--data", "eA==", "--dry-run"),)


def _gaps(facts: Facts, metrics: Metrics) -> Iterator[Finding]:
    values = [bool(each) for each in metrics.of("IncomingRecords")]
    gaps = [(start, end) for start, end in runs([not each for each in values])]
    found = [
        (start, end)
        for start, end in gaps
        if end - start >= GAP_STEPS and _is_steady(values[max(0, start - STEADY_STEPS) : start])
    ]
    if not found:
        return
    start, end = found[-1]
    lasts = end == len(values)
    from_s, to_s = metrics.end_s(start - 1), metrics.end_s(end - 1)
    line = f"no records for {span(to_s - from_s)} after steady traffic"
    yield Finding(
        "gap",
        Verdict.WARNING,
        f"{line}, and still none" if lasts else f"{line}, from {clock(from_s)}",
        tuple(
            f"{clock(metrics.end_s(first - 1))} to {clock(metrics.end_s(after - 1))}"
            for first, after in found[-5:]
        ),
        f"{plural(len(found), 'gap')} in which producers sent nothing, or nothing arrived: look at "
        "the producers' logs of that time, and at failed and throttled puts above.",
        (statistics(facts, "IncomingRecords", minutes=(facts.now_s - from_s) // 60 + 15),),
    )


def _is_steady(before: Sequence[bool]) -> bool:
    return len(before) == STEADY_STEPS and sum(before) >= STEADY * STEADY_STEPS
