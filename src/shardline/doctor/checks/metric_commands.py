"""The `aws cloudwatch` commands that show what the checks looked at."""

from shardline.doctor.facts import Facts
from shardline.doctor.words import aws


def statistics(
    facts: Facts, metric: str, statistic: str = "Sum", *more: tuple[str, str], minutes: int = 15
) -> str:
    """A metric of the stream minute by minute, as runbooks write it: the shell finds the time.

    `more` are further dimensions; a statistic that begins with `p` is a percentile.
    """
    dimensions = " ".join(
        f"Name={name},Value={value}" for name, value in (("StreamName", facts.name), *more)
    )
    kind = "--extended-statistics" if statistic.startswith("p") else "--statistics"
    return (
        aws("cloudwatch", "get-metric-statistics", "--namespace", "AWS/Kinesis")
        + f" --metric-name {metric} --dimensions {dimensions}"
        f" --start-time $(date -u -d '{minutes} minutes ago' +%FT%TZ)"
        f" --end-time $(date -u +%FT%TZ) --period 60 {kind} {statistic}"
    )
