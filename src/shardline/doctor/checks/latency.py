"""High latency: load against capacity, throttles, latencies. Hot shards are in `hot_shards`."""

from collections.abc import Iterator

from shardline.doctor.capacity import SHARD_BYTES_OUT, used
from shardline.doctor.checks import hot_shards
from shardline.doctor.checks.metric_commands import statistics
from shardline.doctor.facts import Facts, Failed, Metrics, Stream
from shardline.doctor.findings import Finding, Section, Verdict
from shardline.doctor.words import aws, number, plural, share, size
from shardline.module.scaling.rules import SHARD_BYTES, SHARD_RECORDS

FULL, NEARLY_FULL = 1.0, 0.8
"""Of the capacity, in a whole minute. AWS throttles by the second, and so before FULL."""
NEARLY_STEPS = 3
"""So many steps must be nearly full."""
THROTTLED = 0.01
"""From this share of the records, or calls, on, throttles are ill and no mere warning. Ours."""
SLOW_MS = {"Average": 500.0, "p99": 2000.0}
"""Ours: AWS's usual latencies are tens of milliseconds."""
_CALLS = ("PutRecord", "PutRecords", "GetRecords")


def check(facts: Facts) -> Section:
    """The section."""
    stream, metrics = facts.stream, facts.metrics
    assert not isinstance(stream, Failed)
    if isinstance(metrics, Failed):
        line = f"metrics cannot be read: {metrics}"
        return Section("latency", (Finding("unknown", Verdict.UNKNOWN, line),), line)
    share_in = used(
        metrics.of("IncomingBytes"), metrics.of("IncomingRecords"), stream.open_shards, _step(facts)
    )
    findings = [
        _full(facts, stream, metrics, share_in),
        *_read_full(facts, stream, metrics),
        *_throttled_writes(facts, stream, metrics, max(share_in, default=0.0)),
        *_throttled_reads(facts, metrics),
        *_slow(facts, metrics),
        *hot_shards.findings(facts, stream, metrics, max(share_in, default=0.0)),
    ]
    room = stream.open_shards * metrics.step_s
    series = (
        metrics.series("IncomingBytes", "bytes", limit=room * SHARD_BYTES),
        metrics.series("IncomingRecords", "records", limit=room * SHARD_RECORDS),
        metrics.series("GetRecords.Bytes", "bytes", limit=room * SHARD_BYTES_OUT),
        metrics.series("WriteProvisionedThroughputExceeded", "records"),
        metrics.series("PutRecords.Latency", "milliseconds", "Average"),
        metrics.series("PutRecord.Latency", "milliseconds", "Average"),
        metrics.series("GetRecords.Latency", "milliseconds", "Average"),
    )
    summary = f"{share(max(share_in, default=0.0))} of the write capacity at the peak, no throttles"
    commands = (
        statistics(facts, "IncomingBytes"),
        statistics(facts, "IncomingRecords"),
        statistics(facts, "WriteProvisionedThroughputExceeded"),
        statistics(facts, "ReadProvisionedThroughputExceeded"),
        statistics(facts, "PutRecords.Latency", "Average"),
        statistics(facts, "GetRecords.Latency", "Average"),
    )
    kept = (series[0], *(each for each in series[1:] if each.known))
    return Section("latency", tuple(findings), summary, kept, commands)


def _step(facts: Facts) -> int:
    assert isinstance(facts.metrics, Metrics)
    return facts.metrics.step_s


def _per_second(metrics: Metrics, name: str) -> float:
    return max(metrics.known(name), default=0.0) / metrics.step_s


def _grow(facts: Facts, stream: Stream) -> tuple[str, tuple[str, ...]]:
    """How to have more room."""
    if stream.mode == "ON_DEMAND":
        return (
            "AWS makes room for twice the peak of the last 30 days, within 15 minutes. A jump "
            "beyond that waits; ask for warm throughput before one that is known.",
            (aws("kinesis", "describe-limits"),),
        )
    target = str(2 * stream.open_shards)
    command = ("kinesis", "update-shard-count", "--stream-name", facts.name)
    return (
        f"Double the shards, to {target}: AWS allows that ten times in 24 hours.",
        (aws(*command, "--target-shard-count", target, "--scaling-type", "UNIFORM_SCALING"),),
    )


def _full(facts: Facts, stream: Stream, metrics: Metrics, share_in: list[float]) -> Finding:
    peak = max(share_in, default=0.0)
    nearly = sum(each >= NEARLY_FULL for each in share_in)
    verdict = Verdict.WELL
    if peak >= FULL or nearly >= NEARLY_STEPS:
        verdict = Verdict.ILL if peak >= FULL else Verdict.WARNING
    remedy, commands = _grow(facts, stream) if verdict else ("", ())
    room = stream.open_shards
    widest = max((shard.share for shard in facts.open_shards), default=0.0)
    return Finding(
        "write-capacity",
        verdict,
        f"writes use {share(peak)} of what {plural(room, 'shard')} can take",
        (
            f"peak {size(_per_second(metrics, 'IncomingBytes'))}/s of {size(room * SHARD_BYTES)}/s",
            f"peak {number(_per_second(metrics, 'IncomingRecords'))} records/s of "
            f"{number(room * SHARD_RECORDS)}/s",
            f"{nearly} of {len(share_in)} steps at {share(NEARLY_FULL)} or more",
            f"the widest shard has {share(widest)} of the hash keys",
        ),
        remedy,
        (statistics(facts, "IncomingBytes"), *commands) if verdict else (),
    )


def _read_full(facts: Facts, stream: Stream, metrics: Metrics) -> Iterator[Finding]:
    per_second = _per_second(metrics, "GetRecords.Bytes")
    part = per_second / (max(stream.open_shards, 1) * SHARD_BYTES_OUT)
    if part >= NEARLY_FULL:
        yield Finding(
            "read-capacity",
            Verdict.ILL if part >= FULL else Verdict.WARNING,
            f"GetRecords uses {share(part)} of what the shards can give",
            (f"peak {size(per_second)}/s of {size(stream.open_shards * SHARD_BYTES_OUT)}/s",),
            "All readers that poll share 2 MiB/s of a shard. Register a consumer for those that "
            "must be quick: enhanced fan-out gives each of them 2 MiB/s of every shard.",
            (
                statistics(facts, "GetRecords.Bytes"),
                aws("kinesis", "list-stream-consumers", "--stream-arn", stream.arn),
            ),
        )


def _throttled_writes(
    facts: Facts, stream: Stream, metrics: Metrics, peak: float
) -> Iterator[Finding]:
    refused = metrics.total("WriteProvisionedThroughputExceeded")
    if not refused:
        return
    part = refused / (refused + metrics.total("IncomingRecords"))
    remedy, commands = _grow(facts, stream)
    if peak < NEARLY_FULL:
        remedy = (
            f"The stream as a whole is at {share(peak)} of its capacity, so more shards alone may "
            "not help: a hot shard, or bursts within a second. Spread the partition keys, and "
            "send a batch's failed records again after a pause. If that is not it: " + remedy
        )
    yield Finding(
        "write-throttles",
        Verdict.ILL if part >= THROTTLED else Verdict.WARNING,
        f"{number(refused)} records were throttled, {share(part)} of all that were put",
        (
            f"WriteProvisionedThroughputExceeded: {number(refused)}",
            f"PutRecords.ThrottledRecords: {number(metrics.total('PutRecords.ThrottledRecords'))}",
        ),
        remedy,
        (statistics(facts, "WriteProvisionedThroughputExceeded"), *commands),
    )


def _throttled_reads(facts: Facts, metrics: Metrics) -> Iterator[Finding]:
    refused = metrics.total("ReadProvisionedThroughputExceeded")
    if not refused:
        return
    calls = sum(metrics.known("GetRecords.Success", "SampleCount")) or refused
    part = min(1.0, refused / calls)
    yield Finding(
        "read-throttles",
        Verdict.ILL if part >= THROTTLED else Verdict.WARNING,
        f"{number(refused)} calls of GetRecords were throttled, {share(part)} of all",
        (f"ReadProvisionedThroughputExceeded: {number(refused)}, of {number(calls)} calls",),
        "A shard gives 5 GetRecords and 2 MiB in a second to all pollers together. Poll once a "
        "second, take whole pages, or let readers that must be quick use enhanced fan-out.",
        (statistics(facts, "ReadProvisionedThroughputExceeded"),),
    )


def _slow(facts: Facts, metrics: Metrics) -> Iterator[Finding]:
    for call in _CALLS:
        name = f"{call}.Latency"
        worst = {each: max(metrics.known(name, each), default=0.0) for each in SLOW_MS}
        if any(worst[each] >= limit for each, limit in SLOW_MS.items()):
            yield Finding(
                "slow-calls",
                Verdict.WARNING,
                f"{call} takes {number(worst['Average'])} ms on average at the worst",
                tuple(f"{each}: {number(value)} ms" for each, value in worst.items() if value),
                "This is the service's own time, without the network. Throttles and large batches "
                "are the usual reasons; if there are neither, see the health of the service.",
                tuple(statistics(facts, name, each) for each in SLOW_MS),
            )
