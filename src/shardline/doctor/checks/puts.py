"""Puts and reads that failed, and times in which nothing came."""

from collections.abc import Iterator, Sequence

from shardline.doctor.capacity import runs
from shardline.doctor.checks.metric_commands import statistics
from shardline.doctor.facts import Facts, Metrics, Stream
from shardline.doctor.findings import Finding, Verdict
from shardline.doctor.words import aws, clock, number, plural, share, span

FAILING = 0.01
"""From this share of failures on, they are ill and no mere warning. Ours."""
GAP_STEPS, STEADY_STEPS, STEADY = 3, 10, 0.9
"""A gap: so many steps without records, after so many of which such a share had some. Ours."""


def findings(facts: Facts, metrics: Metrics) -> Iterator[Finding]:
    """What is wrong with them."""
    yield from _failed_puts(facts, metrics)
    yield from _gaps(facts, metrics)


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
