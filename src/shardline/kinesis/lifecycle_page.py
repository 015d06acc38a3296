"""The page docs/lifecycle.md, made from the lifecycle's table."""

from collections.abc import Iterator

from shardline.kinesis.adopted import REFUSED
from shardline.kinesis.lifecycle import STATUSES, TABLE, Gone, Outcome, Refusal

_HEAD = """\
# The life of a stream

This page is made from the table in `src/shardline/kinesis/lifecycle.py` by
`scripts/lifecycle-diagram`; a test compares the two. Change the table, then run the script.

A stream is `CREATING`, then `ACTIVE`; a change takes it through `UPDATING` back to `ACTIVE`;
`DELETING` ends it. `created`, `updated` and `deleted` complete what a call began: at once, or
after `--transition-ms`. A stream keeps taking records, and giving them, while it is `UPDATING`.

"""

_LEGEND = """
`EXISTS` and `NOT_ACTIVE` are answered as `ResourceInUseException`, `NOT_FOUND` as
`ResourceNotFoundException`, with AWS's texts. An empty cell cannot happen. The calls:

* `reshard`: SplitShard, MergeShards, UpdateShardCount; the server itself, for on-demand streams
* `change_retention`: IncreaseStreamRetentionPeriod, DecreaseStreamRetentionPeriod
* `change_monitoring`: EnableEnhancedMonitoring, DisableEnhancedMonitoring
* `change_mode`: UpdateStreamMode
* `change_max_record_size`: UpdateMaxRecordSize
* `change_encryption`: StartStreamEncryption, StopStreamEncryption
* `change_warm_throughput`: UpdateStreamWarmThroughput
* `change_distribution`: UpdateStreamRecordDistributionStrategy, which takes effect at once
* `change_tags`: AddTagsToStream, RemoveTagsFromStream, TagResource, UntagResource
* `write`: PutRecord, PutRecords; `read`: GetShardIterator, GetRecords
* `list`: ListShards, ListStreamConsumers
* `register_consumer`: RegisterStreamConsumer; `deregister_consumer`: DeregisterStreamConsumer
* `change_policy`: PutResourcePolicy, DeleteResourcePolicy

Describing a stream, listing streams and tags, and getting a policy works in every status.
"""


def page() -> str:
    """The whole page, as Markdown with a Mermaid diagram."""
    return _HEAD + "".join(_diagram()) + "\n" + "".join(_table()) + _LEGEND + _adopted()


def _adopted() -> str:
    """What is refused of an adopted stream, in the table's order."""
    refused = ", ".join(f"`{event}`" for event in TABLE if event in REFUSED)
    return f"""
A stream that is somebody else's topic, [adopted](kafka.md#topics-that-are-there-already), is only
read. Where the table allows these, it refuses them with `InvalidArgumentException`:
{refused}.
"""


def _diagram() -> Iterator[str]:
    """An arrow per pair of statuses, with all events that go that way."""
    arrows: dict[tuple[str, str], list[str]] = {("[*]", "CREATING"): ["create"]}
    for event, row in TABLE.items():
        for before, outcome in row.items():
            if isinstance(outcome, Refusal) or outcome == before:
                continue
            end = "[*]" if isinstance(outcome, Gone) else outcome
            arrows.setdefault((before, end), []).append(event)
    yield "```mermaid\nstateDiagram-v2\n"
    for (left, right), events in arrows.items():
        yield f"    {left} --> {right}: {', '.join(events)}\n"
    yield "```\n"


def _table() -> Iterator[str]:
    yield f"| event | {' | '.join(STATUSES)} |\n"
    yield "|---" * (len(STATUSES) + 1) + "|\n"
    for event, row in TABLE.items():
        cells = " | ".join(_cell(row.get(status)) for status in STATUSES)
        yield f"| `{event}` | {cells} |\n"


def _cell(outcome: Outcome | None) -> str:
    if outcome is None:
        return ""
    if isinstance(outcome, Refusal):
        return f"refused: {outcome.name}"
    return "gone" if isinstance(outcome, Gone) else outcome
