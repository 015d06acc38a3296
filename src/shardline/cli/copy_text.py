"""What `shardline copy` says: before it begins, and of what came of it. 80 columns wide."""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shardline.cli.copy_job import Job
from shardline.cli.record_text import shard_number
from shardline.copying.journal import Copied
from shardline.copying.verifying import Verdict

WIDTH = 80
MOST_SHARDS_NAMED = 12


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one stream. `records` are those of this run, in so many `seconds`.

    `complete`: it was copied as far as it was meant to be.
    """

    job: Job
    copied: Mapping[str, Copied]
    records: int
    seconds: float
    complete: bool
    verdict: Verdict | None

    @property
    def lost(self) -> list[str]:
        """Source shards that expired before they were copied to their end."""
        return sorted(name for name, each in self.copied.items() if each.lost)

    def total(self, name: str) -> int:
        """A sum over the source shards."""
        return sum(getattr(each, name) for each in self.copied.values())

    @property
    def counts_agree(self) -> bool:
        """Whether as many records were acknowledged as were read, shard by shard."""
        return all(
            each.records == sum(span.records for span in each.to.values())
            for each in self.copied.values()
        )

    @property
    def is_exact(self) -> bool:
        """Whether nothing is known to be missing, doubled or out of order."""
        wrong = self.lost or self.total("out_of_order") or self.total("in_doubt")
        verified = self.verdict is None or self.verdict.is_well
        return self.counts_agree and verified and not wrong


def plan_lines(job: Job) -> Iterator[str]:
    """What will be done for a stream."""
    if job.terms is not None and job.terms.ready:
        yield f"{job.title}: goes on"
    elif job.there is not None and job.plan.calls == ():
        yield f"{job.title}: into a stream that is there"
    else:
        made = ", ".join(call.operation for call in job.plan.calls)
        yield from _wrapped(f"{job.title}: is made ({made})", "", "  ")
    shards = len(job.source.ranges)
    yield f"  {shards} open shard{'s' if shards != 1 else ''} at the source"
    for title, texts in (
        ("differs", job.plan.differs),
        ("not copied", job.plan.left),
        ("note", job.plan.warnings),
    ):
        for text in texts:
            yield from _wrapped(f"{title}: {text}", "  ", "    ")


def outcome_lines(outcome: Outcome) -> Iterator[str]:
    """What came of a stream."""
    records, size = outcome.total("records"), outcome.total("bytes")
    state = "copied" if outcome.complete else "not all is copied"
    rate = outcome.records / outcome.seconds if outcome.seconds > 0 else 0.0
    yield f"{outcome.job.title}: {state}, {records:,} records ({size:,} bytes)"
    yield f"  {outcome.records:,} of them in this run, {outcome.seconds:.1f} s, {rate:,.0f}/s"
    shown = [(name, each) for name, each in sorted(outcome.copied.items()) if each.records]
    for name, each in shown[:MOST_SHARDS_NAMED]:
        to = ", ".join(f"{shard_number(n)}: {s.records:,}" for n, s in sorted(each.to.items()))
        text = f"shard {shard_number(name)}: {each.records:,} records → {to}"
        yield from _wrapped(text, "  ", "    ")
    if len(shown) > MOST_SHARDS_NAMED:
        yield f"  and {len(shown) - MOST_SHARDS_NAMED} more source shards"
    for text in _notes(outcome):
        yield from _wrapped(text, "  ", "    ")
    if outcome.verdict is not None:
        for text in _verified(outcome.verdict):
            yield from _wrapped(text, "  ", "    ")


def _notes(outcome: Outcome) -> Iterator[str]:
    texts = {
        "resent": "records were refused at first and sent again",
        "found": "records had arrived though no answer said so, and were not sent again",
        "in_doubt": "records MAY BE DOUBLED: their answers were lost, and the destination "
        "may not be read",
        "out_of_order": "records are OUT OF ORDER: behind a later one of their key",
        "keyless": "records had no partition key, and got the id of their shard",
    }
    for name, text in texts.items():
        if count := outcome.total(name):
            yield f"{count:,} {text}"
    for shard in outcome.lost:
        yield f"{shard} EXPIRED at the source before it was copied to its end"
    if not outcome.counts_agree:
        yield "the counts of what was read and of what was acknowledged DIFFER"


def _verified(verdict: Verdict) -> Iterator[str]:
    found = verdict.differences
    what = "verified" if verdict.is_well else "NOT THE SAME"
    yield (
        f"{what}: {verdict.source:,} records read at the source, {verdict.destination:,} at the "
        f"destination: {found.missing:,} missing or changed, {found.doubled:,} doubled, "
        f"{found.reordered:,} out of order, {found.others:,} of others"
    )
    if found.keys:
        yield f"keys, for example: {', '.join(map(repr, found.keys))}"
    if verdict.expired:
        yield (
            f"{verdict.expired:,} records have expired at the source since they were copied, and "
            "were not compared"
        )


def _wrapped(text: str, first: str, next_: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=next_,
        break_long_words=False,
        break_on_hyphens=False,
    )


def plan_object(job: Job) -> dict[str, Any]:
    """What will be done, for JSON."""
    return {
        "stream": job.name,
        "to": job.to,
        "state": str(job.path),
        "resumes": job.terms is not None,
        "calls": [asdict(call) for call in job.plan.calls],
        "differs": job.plan.differs,
        "not_copied": job.plan.left,
        "notes": job.plan.warnings,
    }


def outcome_object(outcome: Outcome) -> dict[str, Any]:
    """What came of a stream, for JSON."""
    names = ("records", "bytes", "resent", "found", "in_doubt", "out_of_order", "keyless")
    verdict = outcome.verdict
    return plan_object(outcome.job) | {
        "complete": outcome.complete,
        "exact": outcome.is_exact,
        **{name: outcome.total(name) for name in names},
        "records_of_this_run": outcome.records,
        "seconds": round(outcome.seconds, 3),
        "expired_shards": outcome.lost,
        "shards": {name: _shard_object(each) for name, each in sorted(outcome.copied.items())},
        "verified": asdict(verdict) | {"well": verdict.is_well} if verdict is not None else None,
    }


def _shard_object(each: Copied) -> dict[str, Any]:
    return {
        "records": each.records,
        "bytes": each.bytes,
        "checksum": f"{each.sum:016x}",
        "from": [each.first, each.last],
        "ended": each.ended,
        "to": {shard: asdict(span) for shard, span in sorted(each.to.items())},
    }
