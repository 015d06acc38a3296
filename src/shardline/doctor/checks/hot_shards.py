"""Hot shards and hot keys: how evenly the load is spread."""

from collections.abc import Iterator

from shardline.doctor.capacity import used
from shardline.doctor.checks.metric_commands import statistics
from shardline.doctor.facts import Facts, Failed, Metrics, Shard, Stream
from shardline.doctor.findings import Finding, Fix, Verdict
from shardline.doctor.words import aws, number, plural, share

BUSY = 0.5
"""A shard that never uses this much of its capacity is not hot, however uneven the load is."""
UNEVEN = 2.0
"""A hot shard takes so many times the average of all."""
HOT_KEY, LEAST_SAMPLE = 0.3, 50
"""A key is hot from this share of a sample on, if the sample has so many records."""
WATCHED = ("IncomingBytes", "IncomingRecords", "WriteProvisionedThroughputExceeded")
"""The shard-level metrics that show a hot shard."""


def findings(facts: Facts, stream: Stream, metrics: Metrics, peak: float) -> Iterator[Finding]:
    """What is uneven. `peak` is the highest share of the stream's write capacity."""
    refused = metrics.total("WriteProvisionedThroughputExceeded")
    if isinstance(facts.shard_metrics, Metrics):
        yield from _hot(facts, stream, facts.shard_metrics)
    elif isinstance(facts.shard_metrics, Failed):
        line = f"shard-level metrics cannot be read: {facts.shard_metrics}"
        yield Finding("unknown", Verdict.UNKNOWN, line)
    elif refused and stream.open_shards > 1 and peak < BUSY * UNEVEN:
        yield _unseen(facts, stream, peak)
    yield from _keys(facts, stream)


def _hot(facts: Facts, stream: Stream, metrics: Metrics) -> Iterator[Finding]:
    shards = facts.open_shards
    if len(shards) < 2:
        return
    peaks = {
        shard: max(
            used(
                metrics.of("IncomingBytes", owner=shard.id),
                metrics.of("IncomingRecords", owner=shard.id),
                1,
                metrics.step_s,
            ),
            default=0.0,
        )
        for shard in shards
    }
    loads = {shard: _load(metrics, shard) for shard in shards}
    all_loads = sum(loads.values())
    average = all_loads / len(shards)
    hot = [
        shard
        for shard in shards
        if loads[shard] >= UNEVEN * average and (peaks[shard] >= BUSY or _refused(metrics, shard))
    ]
    hot.sort(key=lambda shard: -loads[shard])
    for shard in hot[:3]:
        refused = _refused(metrics, shard)
        yield Finding(
            "hot-shard",
            Verdict.ILL if refused or peaks[shard] >= 1 else Verdict.WARNING,
            f"{shard.id} is hot: {share(loads[shard] / all_loads)} of the load on "
            f"{share(shard.share)} of the hash keys",
            (
                f"its peak is {share(peaks[shard])} of what one shard can take",
                f"{number(refused)} of its records were throttled",
                f"an even share of {plural(len(shards), 'shard')} is {share(1 / len(shards))}",
            ),
            "If many keys fall into it, split it. If it is one key, a split does not help: make "
            "the key finer (append a number, and put the parts together when reading), or use "
            "an explicit hash key. --sample shows the keys.",
            (
                statistics(facts, "IncomingRecords", "Sum", ("ShardId", shard.id)),
                aws(
                    "kinesis",
                    "split-shard",
                    "--stream-name",
                    facts.name,
                    "--shard-to-split",
                    shard.id,
                    "--new-starting-hash-key",
                    str((shard.start + shard.end + 1) // 2),
                ),
            )
            if stream.mode == "PROVISIONED"
            else (statistics(facts, "IncomingRecords", "Sum", ("ShardId", shard.id)),),
        )


def _refused(metrics: Metrics, shard: Shard) -> float:
    return metrics.total("WriteProvisionedThroughputExceeded", shard.id)


def _load(metrics: Metrics, shard: Shard) -> float:
    """What was sent to a shard, the throttled records too, in shard-seconds of records or bytes."""
    steps = used(
        metrics.of("IncomingBytes", owner=shard.id),
        metrics.of("IncomingRecords", owner=shard.id),
        1,
        metrics.step_s,
    )
    refused = _refused(metrics, shard) / (1000 * metrics.step_s)
    return sum(steps) + refused


def _unseen(facts: Facts, stream: Stream, peak: float) -> Finding:
    ranges = sorted((shard.share for shard in facts.open_shards), reverse=True)
    named = ("--stream-name", facts.name, "--shard-level-metrics", *WATCHED)
    command = aws("kinesis", "enable-enhanced-monitoring", *named)
    return Finding(
        "hot-shard-unseen",
        Verdict.WARNING,
        f"throttled at {share(peak)} of the capacity: which shard is hot is not seen",
        (
            "shard-level metrics are off",
            *((f"the widest shard has {share(ranges[0])} of the hash keys",) if ranges else ()),
        ),
        "Switch on shard-level metrics (--fix does), and look again in a few minutes; or look at "
        "the keys now with --sample.",
        (command,),
        Fix(
            "shard-metrics",
            f"switch on the shard-level metrics {', '.join(WATCHED)}",
            "kinesis",
            "EnableEnhancedMonitoring",
            {"StreamName": facts.name, "ShardLevelMetrics": list(WATCHED)},
            aws("kinesis", "disable-enhanced-monitoring", *named),
            f"on AWS, {len(WATCHED)} custom metrics a month for each of "
            f"{plural(stream.open_shards, 'shard')}",
        ),
    )


def _keys(facts: Facts, stream: Stream) -> Iterator[Finding]:
    sample = facts.sample
    if sample is None:
        return
    if isinstance(sample, Failed):
        yield Finding("unknown", Verdict.UNKNOWN, f"no sample could be read: {sample}")
        return
    for failed in sample.refused[:1]:
        line = f"a shard's sample could not be read: {failed}"
        yield Finding("unknown", Verdict.UNKNOWN, line)
    if not sample.keys:
        return
    key, count = sample.keys[0]
    evidence = (
        f"{number(sample.records)} records of {plural(sample.shards, 'shard')} were read",
        *(f"{each!r}: {number(times)}" for each, times in sample.keys[:5]),
    )
    enough = sample.records >= LEAST_SAMPLE and stream.open_shards > 1
    if not enough or count / sample.records < HOT_KEY:
        line = f"the most frequent key has {share(count / sample.records)} of the sampled records"
        yield Finding("hot-key", Verdict.WELL, line, evidence)
        return
    yield Finding(
        "hot-key",
        Verdict.WARNING,
        f"the key {key!r} has {share(count / sample.records)} of the sampled records",
        evidence,
        "All records of a key go to one shard, whose 1 MiB/s and 1,000 records/s are the most "
        "that it gets. Make the key finer.",
    )
