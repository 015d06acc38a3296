"""Where consumers say that they are: KCL's leases, and checkpoints that were given.

AWS shows neither for readers that poll. A checkpoint's age comes out of its sequence number, not
out of a read: reading an old record would show as a lag of its own in CloudWatch.
"""

from collections.abc import Iterator

from shardline.doctor.checks.trimming import AT_RISK, NEAR, lag_line
from shardline.doctor.facts import Facts, Failed, Position, Shard, Stream
from shardline.doctor.findings import Finding, Verdict
from shardline.doctor.sequence import shard_number, told
from shardline.doctor.words import aws, clock, listed, plural, share, span

_HORIZON, _END = "TRIM_HORIZON", "SHARD_END"
_MOVING = ("LATEST", "AT_TIMESTAMP")
MOST = 5
"""So many shards are told of one by one, the ones furthest behind."""


def findings(facts: Facts, stream: Stream) -> Iterator[Finding]:
    """What is wrong with the consumers' positions."""
    if facts.positions is None:
        return
    if isinstance(facts.positions, Failed):
        yield Finding("unknown", Verdict.UNKNOWN, f"no positions could be read: {facts.positions}")
        return
    shards = {} if isinstance(facts.shards, Failed) else {each.id: each for each in facts.shards}
    late: list[tuple[float, Position]] = []
    for position in facts.positions:
        shard = shards.get(position.shard)
        if position.checkpoint in (_END, *_MOVING) or (shard is None and shards):
            continue
        age_s = _age_s(facts, stream, position, shard)
        if age_s is None:
            yield _unreadable(facts, position)
        elif age_s >= AT_RISK * stream.retention_hours * 3600 and _has_more(facts, shard, age_s):
            late.append((age_s, position))
    late.sort(key=lambda each: -each[0])
    for age_s, position in late[:MOST]:
        yield _late(facts, stream, position, age_s, len(late))
    yield from _leases(facts, facts.positions)


def _age_s(facts: Facts, stream: Stream, position: Position, shard: Shard | None) -> float | None:
    """How long ago the record at a position was put; None when its number does not tell."""
    if position.checkpoint == _HORIZON:
        created = shard.created_s if shard is not None else None
        since = stream.created_s if created is None else created
        return max(0, min(facts.now_s - since, stream.retention_hours * 3600))
    number = told(position.checkpoint)
    if number is None or number.put_s > facts.now_s + 60:
        return None
    if number.shard != shard_number(position.shard):
        return None
    return max(0, facts.now_s - number.put_s)


def _has_more(facts: Facts, shard: Shard | None, age_s: float) -> bool:
    """Whether records came after it, as far as metrics tell: a quiet stream is nobody's lag."""
    hours = facts.hours
    if isinstance(hours, Failed) or age_s > facts.now_s - hours.start_s:
        return True
    if shard is not None and not shard.is_open and shard.closed_s is not None:
        age_s = max(age_s, facts.now_s - shard.closed_s)
    first = int((facts.now_s - age_s - hours.start_s) // hours.step_s)
    # The position's own hour holds the record itself, so more than one must have come in it.
    own, later = hours.of("IncomingRecords")[first], hours.of("IncomingRecords")[first + 1 :]
    return (own or 0) > 1 or any(later)


def _late(facts: Facts, stream: Stream, position: Position, age_s: float, late: int) -> Finding:
    retention_s = stream.retention_hours * 3600
    hours = str(min(8760, 2 * stream.retention_hours))
    who = f"{position.shard} ({position.source})"
    return Finding(
        "checkpoint",
        Verdict.ILL if age_s >= NEAR * retention_s else Verdict.WARNING,
        lag_line(who, age_s, retention_s),
        (
            f"its checkpoint is {position.checkpoint}"
            + (f", of {position.owner}" if position.owner else ""),
            f"that is {span(age_s)} ago, {share(age_s / retention_s)} of the retention of "
            f"{span(retention_s)}",
            f"if it stands still, the next record goes at "
            f"{clock(facts.now_s + max(0, retention_s - age_s))}",
            f"{plural(late, 'shard')} so far behind",
        ),
        "Keep the records for longer first, then mend the consumer of that shard.",
        (
            aws(
                "kinesis", "increase-stream-retention-period", "--stream-name", facts.name,
                "--retention-period-hours", hours,
            ),
            *_read_at(facts, position),
        ),
    )  # fmt: skip


def _read_at(facts: Facts, position: Position) -> tuple[str, ...]:
    if not position.checkpoint.isdigit():
        return ()
    return (
        aws(
            "kinesis", "get-shard-iterator", "--stream-name", facts.name,
            "--shard-id", position.shard, "--shard-iterator-type", "AT_SEQUENCE_NUMBER",
            "--starting-sequence-number", position.checkpoint,
        ),
    )  # fmt: skip


def _unreadable(facts: Facts, position: Position) -> Finding:
    return Finding(
        "unknown",
        Verdict.UNKNOWN,
        f"the checkpoint of {position.shard} ({position.source}) tells no time",
        (position.checkpoint,),
        "It is no sequence number of that shard in the known layout. Read the record itself.",
        _read_at(facts, position),
    )


def _leases(facts: Facts, positions: tuple[Position, ...]) -> Iterator[Finding]:
    leases = {each.shard: each for each in positions if each.source.startswith("lease table")}
    if not leases:
        return
    source = next(iter(leases.values())).source
    missing = [shard.id for shard in facts.open_shards if shard.id not in leases]
    # A child has no lease before its parents were read to their ends.
    open_ids = {shard.id for shard in facts.open_shards}
    reads_parents = any(
        each.shard not in open_ids and each.checkpoint != _END for each in leases.values()
    )
    if missing and not reads_parents:
        yield Finding(
            "lease",
            Verdict.WARNING,
            f"{plural(len(missing), 'open shard')} without a lease in {source}",
            tuple(missing[:MOST]),
            "KCL looks for new shards every two minutes, and when it comes to a parent's end. "
            "Without a lease nobody reads a shard.",
        )
    unowned = [
        each.shard for each in leases.values() if not each.has_owner and each.checkpoint != _END
    ]
    if unowned:
        yield Finding(
            "lease",
            Verdict.WARNING,
            f"{plural(len(unowned), 'lease')} in {source} without an owner",
            (listed(unowned, MOST),),
            "No worker reads these shards: start workers, or look at their logs for errors.",
        )
