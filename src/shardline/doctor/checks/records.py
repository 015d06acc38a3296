"""Lost or missing records.

Readers against the retention are in `readers`, what consumers say of themselves in `positions`,
failures and gaps in `puts`.
"""

from shardline.doctor.checks import positions, puts, readers
from shardline.doctor.checks.metric_commands import statistics
from shardline.doctor.checks.readers import AGE, LAG
from shardline.doctor.facts import Facts, Failed
from shardline.doctor.findings import Finding, Section, Verdict
from shardline.doctor.words import aws, span


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
    them = readers.readers(facts)
    lags = {each.name: lag for each in them if (lag := readers.lag_s(metrics, each)) is not None}
    found += [
        *readers.findings(facts, stream, metrics, them),
        *puts.findings(facts, metrics),
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
            for each in them
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
            for each in them
            if each.owner
        ),
    )
    kept = tuple(each for each in series if each.known) or (series[0],)
    return Section("records", tuple(found), summary, kept, commands)
