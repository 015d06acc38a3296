"""What the families are now: taken from the parts of a node, on its event loop."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from shardline import __version__
from shardline.clock import Clock
from shardline.gateway.app import Application
from shardline.gateway.memory import STATM, private_bytes
from shardline.gateway.pipeline import Pipeline
from shardline.kinesis.book import StreamBook
from shardline.prometheus import families
from shardline.prometheus.families import Reading, Sample
from shardline.prometheus.kinesis_families import kinesis_readings
from shardline.storage.datadir import DataDir
from shardline.storage.log_numbers import LogNumbers
from shardline.storage.record_log import RecordLog


class Numbers:
    """The parts of a node that have numbers to tell."""

    def __init__(
        self, book: StreamBook, records: RecordLog, clock: Clock, data_dir: Path | None
    ) -> None:
        self._book = book
        self._records = records
        self._clock = clock
        self._data_dir = data_dir

    def read(self, app: Application, pipeline: Pipeline) -> list[Reading]:
        """Everything that is in memory, copied."""
        return [
            (families.BUILD, [Sample((__version__,), 1)]),
            (families.SERVING, _one(int(self._serves(pipeline)))),
            *_requests(pipeline),
            (families.REQUEST_BYTES, _one(app.bodies.size - app.bodies.free)),
            (families.ANSWER_BYTES, _one(app.answers.size - app.answers.free)),
            *_log(self._records.numbers()),
            *self._streams(),
            *kinesis_readings(self._book.all(), self._clock.now_ms()),
        ]

    def read_slowly(self) -> list[Reading]:
        """What has to be looked up in files; for a thread."""
        readings: list[Reading] = []
        if STATM.exists():
            readings.append((families.MEMORY_BYTES, _one(private_bytes())))
        if self._data_dir is not None:
            readings.append((families.STORE_BYTES, list(_store_sizes(DataDir(self._data_dir)))))
        return readings

    def _serves(self, pipeline: Pipeline) -> bool:
        return pipeline.may_serve() and self._records.trouble() is None

    def _streams(self) -> Iterator[Reading]:
        statuses = Counter[str]()
        shards: list[Sample] = []
        subscriptions: list[Sample] = []
        for live in self._book.all():
            stream = live.stream
            names = stream.account, stream.region, stream.name
            statuses[stream.status] += 1
            shards.append(Sample(names, len(live.routes.shards)))
            for consumer, count in live.counts.subscriptions.items():
                subscriptions.append(Sample((*names, consumer), count))
        yield families.STREAMS, [Sample((status,), count) for status, count in statuses.items()]
        yield families.OPEN_SHARDS, shards
        yield families.SUBSCRIPTIONS, subscriptions


def _one(value: float) -> list[Sample]:
    return [Sample((), value)]


def _requests(pipeline: Pipeline) -> Iterator[Reading]:
    answered = list(pipeline.counts)
    yield (
        families.REQUESTS,
        [
            Sample((each.service, each.operation, code), count)
            for each in answered
            for code, count in each.codes.items()
        ],
    )
    seconds = [Sample((each.service, each.operation), each.seconds) for each in answered]
    yield families.REQUEST_SECONDS, seconds


def _log(log: LogNumbers) -> Iterator[Reading]:
    yield families.COMMITS, _one(sum(log.seconds.counts))
    yield families.FAILED_COMMITS, _one(log.failed)
    yield families.COMMITTED_CALLS, _one(log.calls)
    yield families.COMMIT_SECONDS, [Sample((), log.seconds)]
    yield families.COMMIT_BYTES, [Sample((), log.sizes)]
    yield families.WAITING_CALLS, _one(log.waiting)


def _store_sizes(data_dir: DataDir) -> Iterator[Sample]:
    """The sizes of the files, with the write-ahead logs beside them."""
    for part, paths in (
        ("records", data_dir.streams.rglob("*")),
        ("catalog", data_dir.path.glob(f"{data_dir.catalog.name}*")),
        ("metrics", data_dir.path.glob(f"{data_dir.metrics.name}*")),
    ):
        yield Sample((part,), sum(map(_size, paths)))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:  # a stream's file, which was deleted meanwhile
        return 0
