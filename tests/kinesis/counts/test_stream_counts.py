"""The counts of one stream, against lists of samples kept the long way."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinesis_samples import make_stream
from shardline.kinesis.counts import stream as counting
from shardline.kinesis.counts.columns import (
    ConsumerColumns,
    GetRecordsColumns,
    PartialPut,
    PutRecordColumns,
    PutRecordsColumns,
    ShardColumns,
)
from shardline.kinesis.counts.ledger import Place
from shardline.kinesis.counts.metrics import DIMENSIONS, METRICS, Level
from shardline.kinesis.counts.stream import StreamCounts
from shardline.kinesis.operations.settings import ALL_METRICS
from shardline.storage.record_log import Appended, Batch

SHARD = "shardId-000000000000"
sizes = st.integers(0, 10_000)
seconds = st.integers(0, 500).map(lambda hundredths: hundredths / 100_000)
partial = st.tuples(st.integers(1, 500), st.integers(0, 500), st.integers(0, 500)).map(
    lambda three: (max(three), min(three), max(three) - sorted(three)[1])
)
calls = st.one_of(
    st.tuples(st.just("put"), sizes, seconds),
    st.tuples(st.just("put failed"), seconds, st.booleans()),
    st.tuples(st.just("puts"), st.integers(1, 500), sizes, seconds),
    st.tuples(st.just("puts partly"), partial, sizes, seconds),
    st.tuples(st.just("get"), st.integers(0, 10_000), sizes, sizes, seconds),
    st.tuples(st.just("get failed"), seconds, st.booleans()),
    st.tuples(st.just("subscribe"), st.booleans(), st.booleans()),
    st.tuples(st.just("event"), sizes, sizes, sizes),
    st.tuples(st.just("event failed")),
)
Sample = tuple[Level, str, float]


def told(counts: StreamCounts, now_ms: int, call: tuple[Any, ...]) -> Iterable[Sample]:
    """Count a call, and answer its samples as docs/metrics.md has them."""
    match call:
        case "put", size, took:
            counts.put_record(now_ms, size, took)
            return put_samples("PutRecord", size, 1, 0, took)
        case "put failed", took, throttled:
            counts.put_record_failed(now_ms, took, throttled=throttled)
            return put_samples("PutRecord", 0, 0, int(throttled), took)
        case "puts", records, size, took:
            counts.put_records(now_ms, records, size, took)
            return put_samples("PutRecords", size, records, 0, took, records)
        case "puts partly", (records, stored, throttled), size, took:
            put = PartialPut(records, stored, throttled, size if stored else 0, took)
            counts.put_records_partly(now_ms, put)
            return put_samples("PutRecords", size, stored, throttled, took, records)
        case "get", records, size, age, took:
            counts.get_records(now_ms, 0, records, size, age, took)
            return [*get_samples(1, 0, took), *read_samples(records, size, age)]
        case "get failed", took, throttled:
            counts.get_records_failed(now_ms, 0, took, throttled=throttled)
            return get_samples(0, int(throttled), took)
        case "subscribe", ok, too_soon:
            if ok:
                counts.subscribe(now_ms, "reader")
            else:
                counts.subscribe_failed(now_ms, "reader", too_soon=too_soon)
            rate = [("consumer", "SubscribeToShard.RateExceeded", 1)]
            return [
                ("consumer", "SubscribeToShard.Success", int(ok)),
                *(rate if too_soon and not ok else []),  # type: ignore[list-item]
            ]
        case "event", records, size, behind:
            counts.event(now_ms, "reader", 0, records, size, behind)
            return [
                ("consumer", "SubscribeToShardEvent.Records", records),
                ("consumer", "SubscribeToShardEvent.Bytes", size),
                ("consumer", "SubscribeToShardEvent.MillisBehindLatest", behind),
                ("consumer", "SubscribeToShardEvent.Success", 1),
                ("shard", "OutgoingRecords", records),
                ("shard", "OutgoingBytes", size),
            ]
        case _:
            counts.event_failed(now_ms, "reader")
            return [("consumer", "SubscribeToShardEvent.Success", 0)]


def put_samples(
    operation: str, size: int, stored: int, throttled: int, took: float, total: int = 0
) -> list[Sample]:
    samples: list[Sample] = [
        ("stream", f"{operation}.Latency", round(took * 1000, 2)),
        ("stream", f"{operation}.Success", int(stored > 0)),
        ("stream", "WriteProvisionedThroughputExceeded", throttled),
    ]
    if stored:
        samples += [
            ("stream", f"{operation}.Bytes", size),
            ("stream", "IncomingBytes", size),
            ("stream", "IncomingRecords", stored),
        ]
    if total:
        samples += [
            ("stream", "PutRecords.TotalRecords", total),
            ("stream", "PutRecords.SuccessfulRecords", stored),
            ("stream", "PutRecords.Records", stored),
            ("stream", "PutRecords.FailedRecords", total - stored - throttled),
            ("stream", "PutRecords.ThrottledRecords", throttled),
        ]
    return samples


def get_samples(ok: int, throttled: int, took: float) -> list[Sample]:
    return [
        ("stream", "GetRecords.Latency", round(took * 1000, 2)),
        ("stream", "GetRecords.Success", ok),
        ("stream", "ReadProvisionedThroughputExceeded", throttled),
        ("shard", "ReadProvisionedThroughputExceeded", throttled),
    ]


def read_samples(records: int, size: int, age: int) -> list[Sample]:
    return [
        ("stream", "GetRecords.Records", records),
        ("stream", "GetRecords.Bytes", size),
        ("stream", "GetRecords.IteratorAgeMilliseconds", age),
        ("stream", "GetRecords.IteratorAge", age),
        ("shard", "OutgoingRecords", records),
        ("shard", "OutgoingBytes", size),
        ("shard", "IteratorAgeMilliseconds", age),
    ]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 200_000), calls)),
    st.integers(1, 5),
    st.integers(1, 10),
)
def test_what_is_taken_is_what_was_counted(
    history: list[tuple[int, tuple[Any, ...]]], most: int, every: int
) -> None:
    # Given a stream whose calls come in any order of time, and columns of any length
    counts = StreamCounts()
    counts.become(make_stream(shard_metrics=ALL_METRICS))
    expected: dict[tuple[int, Level, str], list[float]] = defaultdict(list)
    found: dict[tuple[int, Level, str], tuple[float, ...]] = {}
    taken = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "MOST", most)
        # When they are counted, and taken now and then
        for number, (now_ms, call) in enumerate(history):
            for level, name, value in told(counts, now_ms, call):
                expected[now_ms - now_ms % 60_000, level, name].append(value)
            if number % every == 0:
                taken.append(counts.take())
        taken.append(counts.take())
    # Then all together they are the samples, by the minute
    together = {}
    for part in taken:
        for key, statistics in part.items():
            there = together.get(key)
            together[key] = statistics if there is None else there.merged(statistics)
    for (minute_ms, place), statistics in together.items():
        assert place.part == {"stream": "", "shard": SHARD, "consumer": "reader"}[place.level]
        key = minute_ms, place.level, place.name
        found[key] = statistics.count, statistics.minimum, statistics.maximum
        assert statistics.sum == pytest.approx(sum(expected[key]))
    assert found == {
        key: (len(values), pytest.approx(min(values)), pytest.approx(max(values)))
        for key, values in expected.items()
    }
    # And the totals since the start are all of them
    for place, total in counts.totals.items():
        every_minute = [s for (_, where), s in together.items() if where == place]
        assert total.count == sum(each.count for each in every_minute)
        assert total.sum == pytest.approx(sum(each.sum for each in every_minute))
    assert counts.take() == {}


def test_every_metric_comes_from_the_columns_and_no_other() -> None:
    put, puts, get = PutRecordColumns(), PutRecordsColumns(), GetRecordsColumns()
    put.failed_seconds.append(0.1)
    puts.partial.append(PartialPut(1, 0, 0, 0, 0.1))
    get.failed_seconds.append(0.1)
    made = {("stream", name) for each in (put, puts, get) for name in each.samples()}
    made |= {("shard", name) for name in ShardColumns().samples()}
    made |= {("consumer", name) for name in ConsumerColumns().samples()}
    assert made == {(metric.level, metric.name) for metric in METRICS}
    assert len(METRICS) == len(made)
    assert {name for level, name in made if level == "shard"} == set(ALL_METRICS)


def test_a_maximum_is_of_the_last_minute_with_samples() -> None:
    counts = StreamCounts()
    for now_ms, age_ms, highest in (
        (0, 5, 5),
        (1, 9, 9),
        (2, 7, 9),
        (60_000, 3, 3),
        (60_001, 4, 4),
    ):
        counts.get_records(now_ms, 0, 1, 1, age_ms, 0.0)
        counts.fold()
        total = counts.totals[Place("stream", "", "GetRecords.IteratorAgeMilliseconds")]
        assert (total.maximum, total.minute_ms) == (highest, now_ms - now_ms % 60_000)


def test_dimensions_are_sorted_as_the_store_wants_them() -> None:
    assert all(list(names) == sorted(names) for names in DIMENSIONS.values())


def test_what_was_counted_by_shard_goes_by_what_was_switched_on_then() -> None:
    # Given a stream with one shard metric
    counts = StreamCounts()
    counts.become(make_stream(shard_metrics=("IncomingBytes",)))
    put = [Batch(0, [b"k"], [b"data"])], [Appended(0, 0, 0)]
    counts.put_in_shards(0, *put, {})
    # When another one is, and then none is
    counts.become(make_stream(shard_metrics=("IncomingRecords",)))
    counts.put_in_shards(0, *put, {})
    counts.become(make_stream())
    counts.put_in_shards(0, *put, {})
    # Then each has the put that came while it was
    assert {place: kept.sum for (_, place), kept in counts.take().items()} == {
        Place("shard", SHARD, "IncomingBytes"): 5,
        Place("shard", SHARD, "IncomingRecords"): 1,
    }
    assert counts.totals == {}  # of shards of which nothing is counted any more
