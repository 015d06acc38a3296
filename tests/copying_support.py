"""Two streams and a copy between them, in this process; a destination that behaves as AWS may."""

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock
from typing import Any

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from shardline.copying import making
from shardline.copying.copier import Copier, StreamCopy
from shardline.copying.cursor import Pace, shards_of
from shardline.copying.lane import Way
from shardline.copying.plan import plan
from shardline.copying.requests import Shape
from shardline.copying.sender import Destination, Sender
from shardline.copying.settings import Settings, read_settings
from shardline.copying.store import Store
from shardline.copying.tail import Tail
from shardline.copying.verifying import Side, Verdict, verify

THROTTLED = {
    "ErrorCode": "ProvisionedThroughputExceededException",
    "ErrorMessage": "Rate exceeded",
}
_names = itertools.count()


class ImaginaryTime:
    """Time that passes only where somebody sleeps; `also` is told of it."""

    def __init__(self, also: Callable[[float], object] = lambda seconds: None) -> None:
        self.now_s = 0.0
        self._also = also

    def sleep(self, seconds: float) -> None:
        """Pass the time."""
        self.now_s += seconds
        if seconds > 0:
            self._also(seconds)

    @property
    def pace(self) -> Pace:
        """The time as copying takes it."""
        return Pace(lambda: self.now_s, self.sleep)


class Killed(BaseException):
    """The process dies here."""


@dataclass(slots=True)
class Fickle:
    """A client in whose place a chance decides what becomes of each put, as it does on AWS.

    `refuse` is the chance of each record to be refused, `lose` that of an answer to get lost when
    all, some or none of the request was carried out, `kill` that of the process to die before or
    after it.
    """

    client: Any
    chance: random.Random
    refuse: float = 0.0
    lose: float = 0.0
    kill: float = 0.0
    on_kill: Callable[[], None] = lambda: None
    requests: list[int] = field(default_factory=list)
    _lock: Any = field(default_factory=Lock)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def put_records(self, *, Records: list[dict[str, Any]], **stream: str) -> Any:  # noqa: N803
        """A put."""
        with self._lock:
            self.requests.append(len(Records))
            self._die()
            taken = [n for n in range(len(Records)) if self.chance.random() >= self.refuse]
            is_lost = self.chance.random() < self.lose
            if is_lost:
                taken = self.chance.choice([taken, taken[: len(taken) // 2], []])
            placed = self._put([Records[n] for n in taken], stream)
            self._die()
        if is_lost:
            error = self.chance.choice([ReadTimeoutError, ConnectionClosedError])
            raise error(endpoint_url="http://destination")
        answers: list[dict[str, str]] = [THROTTLED] * len(Records)
        for position, answer in zip(taken, placed, strict=True):
            answers[position] = answer
        return {"Records": answers}

    def _put(self, records: list[dict[str, Any]], stream: dict[str, str]) -> Any:
        return self.client.put_records(Records=records, **stream)["Records"] if records else []

    def _die(self) -> None:
        if self.chance.random() < self.kill:
            self.on_kill()
            raise Killed


@dataclass(slots=True)
class Rig:
    """A stream at a source, the name of its copy, and where the state is."""

    source: Any
    destination: Any
    path: Path
    name: str = ""
    writer: Any = None
    one_of_a_key: bool = False
    workers: int = 2
    time: ImaginaryTime = field(default_factory=ImaginaryTime)
    stop: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.name = self.name or f"copied-{next(_names)}"

    def create(self, shards: int = 2) -> None:
        """Make the source."""
        self.source.create_stream(StreamName=self.name, ShardCount=shards)

    def put(self, records: Sequence[tuple[str, bytes, str | None]]) -> None:
        """Put records (key, data, explicit hash key) into the source, in order."""
        for start in range(0, len(records), 500):
            self.source.put_records(
                StreamName=self.name,
                Records=[entry(*each) for each in records[start : start + 500]],
            )

    def reshard(self, shards: int) -> None:
        """Change the number of the source's shards."""
        self.source.update_shard_count(
            StreamName=self.name, TargetShardCount=shards, ScalingType="UNIFORM_SCALING"
        )

    @contextmanager
    def prepared(self) -> Iterator[StreamCopy]:
        """The copy, ready to run."""
        source = settings(self.source, self.name)
        there = read_settings(self.destination, self.name)
        with Store(self.path) as store:
            terms = store.terms()
            unmade = terms is not None and terms.makes and not terms.ready
            wanted = plan(source, None if unmade else there, same_keys=False)
            assert not wanted.refusals
            make = making.Making(self.destination, self.name, "there", self.time.sleep)
            terms = making.agreed(make, store, source, there, wanted)
            stream = {"StreamName": self.name}
            tail = Tail(self.destination, stream, terms.starts)
            to = Destination(
                self.writer or self.destination, stream, tail, is_stopped=self.stop.is_set
            )
            size = making.settled(make).max_record_kib * 1024
            sender = Sender(to, self.time.pace)
            way = Way(self.source, stream, sender, Shape(size, self.one_of_a_key), self.stop)
            yield StreamCopy(self.name, way, store)

    def run(self, until_s: float | None = 1e12) -> StreamCopy:
        """Copy, up to now."""
        self.stop = Event()
        with self.prepared() as copy:
            copier = Copier([copy], self.stop, until_s, self.workers, self.time.pace)
            assert copier.run()
            return copy

    def verified(self) -> Verdict:
        """What reading both sides again finds."""
        store = Store(self.path)
        terms = store.terms()
        assert terms is not None
        copied = {name: journal.copied for name, journal in store.journals().items()}
        stream = {"StreamName": self.name}
        pace = self.time.pace
        here, there = Side(self.source, stream, pace), Side(self.destination, stream, pace)
        return verify(here, there, copied, terms.starts)

    def keys_at(self, client: Any) -> dict[str, list[bytes]]:
        """The data of each key in the order of shards and their numbers, parents first."""
        found: dict[str, list[bytes]] = {}
        for shard in shards_of(client, {"StreamName": self.name}):
            for record in records_of(client, self.name, shard["ShardId"]):
                found.setdefault(record["PartitionKey"], []).append(record["Data"])
        return found


def entry(key: str, data: bytes, explicit: str | None = None) -> dict[str, Any]:
    """A record for PutRecords."""
    made: dict[str, Any] = {"PartitionKey": key, "Data": data}
    return made if explicit is None else made | {"ExplicitHashKey": explicit}


def records_of(client: Any, stream: str, shard: str) -> list[dict[str, Any]]:
    """All records of a shard."""
    iterator = client.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found: list[dict[str, Any]] = []
    while iterator:
        answer = client.get_records(ShardIterator=iterator)
        found += answer["Records"]
        iterator = None if answer["MillisBehindLatest"] == 0 else answer["NextShardIterator"]
    return found


def settings(client: Any, name: str) -> Settings:
    """The settings of a stream that is there."""
    found = read_settings(client, name)
    assert found is not None
    return found


def numbered(
    count: int, keys: int, start: int = 0, size: int = 0
) -> list[tuple[str, bytes, str | None]]:
    """Records of some keys in turn, each with its number in its data."""
    return [
        (f"key-{number % keys}", b"%d " % number + b"x" * size, None)
        for number in range(start, start + count)
    ]


def total(copy: StreamCopy, name: str) -> int:
    return sum(getattr(each, name) for each in copy.copied().values())


def assert_same(rig: Rig) -> None:
    """Every key has the same records at the destination, in the same order; `verify` says so."""
    assert rig.keys_at(rig.destination) == rig.keys_at(rig.source)
    verdict = rig.verified()
    assert verdict.is_well
    assert verdict.expired == verdict.differences.others == verdict.differences.doubled == 0
    assert verdict.source == verdict.destination > 0
