"""Reports to draw."""

import math
from dataclasses import replace

from shardline.doctor.drawing.shard_map import HASH_KEYS, MappedShard
from shardline.doctor.findings import Finding, Report, Section, Series, Verdict

AT_S = 1_769_594_400
SINCE_S = AT_S - 3600
MIB = 1024.0**2


def shard(number: int, start: int, after: int, *parents: int, closed: bool = False) -> MappedShard:
    """A shard with the hash keys from `start` to before `after`."""
    names = tuple(f"shardId-{parent:012d}" for parent in parents)
    return MappedShard(f"shardId-{number:012d}", start, after - 1, not closed, names)


def split_and_merged() -> tuple[MappedShard, ...]:
    """Two shards, which became four, of which two were merged."""
    quarter = HASH_KEYS // 4
    return (
        shard(0, 0, 2 * quarter, closed=True),
        shard(1, 2 * quarter, HASH_KEYS, closed=True),
        shard(2, 0, quarter, 0),
        shard(3, quarter, 2 * quarter, 0, closed=True),
        shard(4, 2 * quarter, 3 * quarter, 1, closed=True),
        shard(5, 3 * quarter, HASH_KEYS, 1),
        shard(6, quarter, 3 * quarter, 3, 4),
    )


def wave(low: float, high: float) -> tuple[float | None, ...]:
    """An hour by the minute, with a gap."""
    values = (low + (high - low) * (1 - math.cos(at / 9)) / 2 for at in range(60))
    return tuple(None if 20 <= at < 24 else value for at, value in enumerate(values))


def ill() -> Report:
    """A report with every verdict, charts and a map."""
    command = "aws kinesis describe-stream-summary --stream-name orders"
    series = (
        Series("IncomingBytes", "bytes", SINCE_S, 60, wave(60 * MIB, 215 * MIB), 180 * MIB),
        Series("IncomingRecords", "records", SINCE_S, 60, wave(6e3, 3e4), 180_000),
        Series("PutRecords.Latency", "milliseconds", SINCE_S, 60, wave(8, 140)),
        Series("GetRecords.Success", "share", SINCE_S, 60, (None,) * 60),
    )
    return Report(
        "orders",
        "arn:aws:kinesis:eu-central-1:000000000000:stream/orders",
        "eu-central-1",
        "http://127.0.0.1:4567",
        AT_S,
        SINCE_S,
        (
            Section("status", (), "ACTIVE for 12d 3h, 3 open shards", commands=(command,)),
            Section(
                "latency",
                (
                    Finding(
                        "write-capacity",
                        Verdict.ILL,
                        "writes use 119% of what 3 shards can take",
                        (
                            "peak 3.6 MiB/s of 3.0 MiB/s",
                            "peak 500 records/s of 3,000/s",
                            "14 of 60 steps at 80% or more",
                        ),
                        "Double the shards, to 6: AWS allows that ten times in 24 hours.",
                        (
                            "aws kinesis update-shard-count --stream-name orders "
                            "--target-shard-count 6 --scaling-type UNIFORM_SCALING",
                        ),
                    ),
                    Finding("slow", Verdict.WARNING, "PutRecords took 140 ms at most"),
                ),
                "",
                series,
                (command, command.replace("describe-stream-summary", "list-shards")),
            ),
            Section(
                "access",
                (
                    Finding(
                        "unknown",
                        Verdict.UNKNOWN,
                        "policies cannot be read: the caller lacks "
                        "iam:GetAccountAuthorizationDetails",
                        remedy="Give the caller iam:GetAccountAuthorizationDetails.",
                    ),
                ),
                "",
            ),
            Section("scaling", (), "the shards belong to people; 10 changes are left today"),
        ),
        ("did switch on shard-level metrics. To take it back: aws kinesis …",),
        {"mode": "provisioned", "shards": "3 open shards", "retention": "1d"},
        split_and_merged(),
    )


def named(text: str) -> Report:
    """The same shape of report, with `text` wherever a text may come from outside."""
    report = ill()

    def finding(each: Finding) -> Finding:
        return replace(
            each,
            line=text,
            evidence=(text,) * len(each.evidence),
            remedy=text if each.remedy else "",
            commands=(text,) * len(each.commands),
            check=text,
        )

    def section(each: Section) -> Section:
        return replace(
            each,
            findings=tuple(map(finding, each.findings)),
            summary=text,
            series=tuple(replace(one, name=text) for one in each.series),
            commands=(text,) * len(each.commands),
        )

    return replace(
        report,
        stream=text,
        arn=text,
        region=text,
        endpoint=text,
        sections=tuple(map(section, report.sections)),
        fixed=(text,),
        heading={"mode": text, "shards": text, "retention": text},
        shards=tuple(replace(each, id=f"{each.id}{text}") for each in report.shards[:2]),
    )
