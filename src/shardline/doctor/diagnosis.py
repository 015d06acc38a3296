"""Puts doctor together: reads the facts, has them checked, and makes safe remedies if asked."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from shardline.doctor.checks import check
from shardline.doctor.drawing.shard_map import MappedShard
from shardline.doctor.facts import Facts, Failed, Shard
from shardline.doctor.findings import Fix, Report
from shardline.doctor.gather import Wish, gather
from shardline.doctor.words import plural, span


def diagnose(clients: Callable[[str], Any], wish: Wish) -> Report:
    """What is wrong with a stream. Raises what boto3 raises for an endpoint or keys that are
    none."""
    facts = gather(clients, wish)
    return report_of(facts, wish)


def report_of(facts: Facts, wish: Wish) -> Report:
    """The report of facts that were read."""
    stream = facts.stream
    region, arn, heading = "", "", dict[str, str]()
    if not isinstance(stream, Failed):
        region, arn = stream.place.region, stream.arn
        heading = {
            "mode": stream.mode.lower().replace("_", " "),
            "shards": plural(stream.open_shards, "open shard"),
            "retention": span(stream.retention_hours * 3600),
            "encryption": stream.key or "none",
        }
    return Report(
        stream=facts.name,
        arn=arn,
        region=region,
        endpoint=facts.endpoint,
        at_s=facts.now_s,
        since_s=facts.since_s,
        sections=check(facts, wish.sections),
        heading=heading,
        shards=() if isinstance(facts.shards, Failed) else tuple(map(_mapped, facts.shards)),
    )


def _mapped(shard: Shard) -> MappedShard:
    return MappedShard(shard.id, shard.start, shard.end, shard.is_open, shard.parents)


def fixed(clients: Callable[[str], Any], report: Report) -> Report:
    """The report, with its safe remedies made: what each did, or why it failed."""
    fixes = [
        finding.fix
        for section in report.sections
        for finding in section.findings
        if finding.fix is not None
    ]
    return replace(report, fixed=tuple(_made(clients, fix) for fix in fixes))


def _made(clients: Callable[[str], Any], fix: Fix) -> str:
    try:
        _call(clients(fix.service), fix.operation, fix.params)
    except ClientError as error:
        said = error.response.get("Error", {})
        return f"could not {fix.what}: {said.get('Code')}: {said.get('Message')}"
    costs = f" This costs: {fix.costs}." if fix.costs else ""
    return f"did {fix.what}.{costs} To take it back: {fix.undo}"


def _call(client: Any, operation: str, params: Mapping[str, Any]) -> None:
    getattr(client, xform_name(operation))(**params)
