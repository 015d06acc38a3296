"""The tables of docs/limits.md, made from the constants that the limits are kept by."""

from collections.abc import Iterable
from typing import NamedTuple

from shardline.gateway.bounds import Bounds
from shardline.kinesis import (
    iterators,
    limits,
    meters,
    on_demand,
    page_tokens,
    scaling,
    structs,
    throughput,
)
from shardline.kinesis.buckets import per_second
from shardline.kinesis.call_rates import CALL_RATES, Scope
from shardline.kinesis.fanout import events, subscription
from shardline.kinesis.operations import encryption, gets, puts, settings
from shardline.kinesis.operations import on_demand as modes
from shardline.kinesis.operations.policies import MAX_POLICY_BYTES
from shardline.kinesis.tags import MAX_TAGS
from shardline.kinesis.throughput import MIB

MODEL, QUOTAS, OURS = "model", "quotas page", "ours"
COUNTS, ALWAYS = "counts, aws", "always"
_LIMIT_EXCEEDED = "LimitExceededException"
_INVALID = "InvalidArgumentException"
_VALIDATION = "ValidationException"


class Row(NamedTuple):
    """One limit on a number or a size."""

    what: str
    figure: str
    source: str
    modes: str
    error: str


def _numbers() -> list[Row]:
    account = limits.Limits()
    return [
        Row(
            "open shards of an account in a region",
            f"{account.shards:,} (`off`: {limits.MOST_SHARDS:,}, which is ours)",
            QUOTAS,
            COUNTS,
            _LIMIT_EXCEEDED,
        ),
        Row(
            "on-demand streams of an account in a region",
            f"{account.on_demand_streams}",
            QUOTAS,
            COUNTS,
            _LIMIT_EXCEEDED,
        ),
        Row(
            "streams of an account in CREATING or DELETING",
            f"{account.streams_changing}",
            MODEL,
            COUNTS,
            _LIMIT_EXCEEDED,
        ),
        Row(
            "consumers of a stream",
            f"{account.consumers}, with On-demand Advantage {account.advantage_consumers}",
            MODEL,
            COUNTS,
            _LIMIT_EXCEEDED,
        ),
        Row(
            "consumers of an account in CREATING",
            f"{account.consumers_creating}",
            MODEL,
            COUNTS,
            _LIMIT_EXCEEDED,
        ),
        Row(
            "UpdateShardCount of a stream in 24 hours",
            f"{scaling.UPDATES_PER_DAY}",
            MODEL,
            COUNTS,
            _LIMIT_EXCEEDED,
        ),
        Row(
            "the target of UpdateShardCount",
            f"half to double the open shards, at most {scaling.MAX_SHARDS:,}",
            MODEL,
            COUNTS,
            _LIMIT_EXCEEDED,
        ),
        Row(
            "switches of a stream's mode in 24 hours",
            f"{modes.MODE_SWITCHES_PER_DAY}",
            QUOTAS,
            COUNTS,
            _LIMIT_EXCEEDED,
        ),
        Row(
            "changes of a stream's encryption in 24 hours",
            f"{encryption.CHANGES_PER_DAY}",
            MODEL,
            COUNTS,
            _LIMIT_EXCEEDED,
        ),
        Row(
            "warm throughput of a stream",
            f"{on_demand.MAX_WARM_MIBPS:,} MiB/s",
            MODEL,
            ALWAYS,
            _LIMIT_EXCEEDED,
        ),
        Row("tags of a resource", f"{MAX_TAGS}", MODEL, ALWAYS, _INVALID),
        Row(
            "retention",
            f"{settings.MIN_RETENTION_HOURS} to {settings.MAX_RETENTION_HOURS:,} hours",
            MODEL,
            ALWAYS,
            _INVALID,
        ),
    ]


def _sizes() -> list[Row]:
    token_minutes = page_tokens.LIFETIME_MS // 60_000
    return [
        Row("a partition key", f"{structs.MAX_KEY_CHARS} characters", MODEL, ALWAYS, _VALIDATION),
        Row(
            "a record with its key",
            f"the stream's maximum: 1 MiB, up to {structs.MAX_DATA_BYTES // MIB} MiB",
            MODEL,
            ALWAYS,
            _VALIDATION,
        ),
        Row("records of a PutRecords", f"{structs.MAX_RECORDS}", MODEL, ALWAYS, _VALIDATION),
        Row(
            "bytes of a PutRecords, with keys",
            f"{puts.MAX_REQUEST_BYTES // MIB} MiB",
            MODEL,
            ALWAYS,
            _INVALID,
        ),
        Row(
            "the answer of a GetRecords",
            f"{structs.MAX_READ_RECORDS:,} records, {gets.MAX_READ_BYTES // MIB} MiB",
            MODEL,
            ALWAYS,
            "none: it ends there",
        ),
        Row(
            "the life of an iterator",
            f"{iterators.LIFETIME_MS // 60_000} minutes",
            MODEL,
            ALWAYS,
            "ExpiredIteratorException",
        ),
        Row(
            "the life of a NextToken",
            f"{token_minutes} minutes",
            MODEL,
            ALWAYS,
            "ExpiredNextTokenException",
        ),
        Row(
            "the life of a subscription",
            f"{subscription.LIFE_MS // 60_000} minutes",
            MODEL,
            ALWAYS,
            "none: it ends there",
        ),
        Row(
            "bytes of a resource policy",
            f"{MAX_POLICY_BYTES:,}",
            OURS,
            ALWAYS,
            _INVALID,
        ),
        Row("a request's body", f"{Bounds().body_bytes // MIB} MiB", OURS, ALWAYS, "status 413"),
    ]


def numbers_table() -> str:
    """Limits on numbers and sizes."""
    return _table(("limit", "figure", "source", "modes", "error"), [*_numbers(), *_sizes()])


def throughput_table() -> str:
    """Limits on the throughput of a shard, which only `aws` has."""
    rate, read = _write_rate(), throughput.READ_RATE
    rows = [
        (
            "bytes put, data and keys",
            f"{_mib(rate.bytes.per_s)}/s",
            f"{_mib(rate.bytes.burst)}, or the stream's maximum record size where that is more",
        ),
        ("records put", f"{rate.records.per_s:,}/s", f"{rate.records.burst:,}"),
        (
            "bytes read by GetRecords, data and keys",
            f"{_mib(read.bytes.per_s)}/s",
            f"{_mib(read.bytes.burst)}; a larger answer is given and owed whole",
        ),
        ("GetRecords", f"{read.calls.per_s}/s", f"{read.calls.burst}"),
        (
            "GetShardIterator",
            f"{throughput.ITERATOR_RATE.per_s}/s",
            f"{throughput.ITERATOR_RATE.burst}",
        ),
        (
            "bytes pushed by SubscribeToShard to each consumer, data and keys",
            f"{_mib(subscription.BYTES_PER_S)}/s",
            f"one event: {_mib(events.EVENT_BYTES)}, or one larger record",
        ),
    ]
    return _table(("of one shard", "rate", "burst"), rows)


def _write_rate() -> meters.WriteRate:
    """Of a stream as it is made."""
    bytes_per_s, records_per_s = throughput.WRITE_BYTES_PER_S, throughput.WRITE_RECORDS_PER_S
    return meters.WriteRate(per_second(bytes_per_s), per_second(records_per_s))


def calls_table() -> str:
    """Limits on the rate of calls, which only `aws` has: a row for each rate and scope."""
    rates = sorted({(rate.scope, rate.per_s, rate.source) for rate in CALL_RATES.values()})
    return _table(
        ("for each", "calls/s", "burst", "source", "operations"),
        [
            (
                _scope(scope),
                f"{per_s:,}",
                f"{per_second(per_s).burst:,}",
                source,
                ", ".join(
                    name for name, rate in CALL_RATES.items() if rate == (per_s, scope, source)
                ),
            )
            for scope, per_s, source in rates
        ],
    )


def _scope(scope: Scope) -> str:
    return "account in a region" if scope == "account" else scope


def _mib(size: int) -> str:
    return f"{size // MIB} MiB"


def _table(head: tuple[str, ...], rows: Iterable[Iterable[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
