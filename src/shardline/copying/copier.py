"""Copies all shards of some streams at the same time, parents before their children."""

import heapq
import itertools
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from shardline.copying.cursor import READ_INTERVAL_S, Pace, shards_of
from shardline.copying.errors import CopyError, GaveUp
from shardline.copying.journal import Copied
from shardline.copying.lane import Lane, Way
from shardline.copying.lineage import Lineage
from shardline.copying.store import Store

WORKERS = 8
LONGEST_WAIT_S = 0.5


@dataclass(slots=True)
class StreamCopy:
    """One stream on its way. `lanes` are the shards that are begun, by their names."""

    name: str
    way: Way
    store: Store
    lanes: dict[str, Lane] = field(default_factory=dict)
    _lineage: Lineage = field(default_factory=Lineage)
    _finished: set[str] = field(default_factory=set)

    def begin(self) -> list[Lane]:
        """The shards to begin with. Raises what boto3 raises."""
        begun = self.store.journals()
        listed = {shard["ShardId"] for shard in shards_of(self.way.client, self.way.stream)}
        for name, journal in begun.items():
            if journal.copied.ended:
                self._lineage.finish(name)
            elif name not in listed:
                journal.ends(lost=True)
                journal.close()
        return self.learn()

    def learn(self) -> list[Lane]:
        """Ask for the shards; those that may be copied now, and were not begun."""
        listed = shards_of(self.way.client, self.way.stream)
        self._lineage.learn(listed)
        shards = {shard["ShardId"]: shard for shard in listed}
        new = [self._lane(shards[name]) for name in self._lineage.ready()]
        return [lane for lane in new if not lane.copied.ended]

    def _lane(self, shard: Mapping[str, Any]) -> Lane:
        lane = Lane(self.way, shard, self.store.journal(shard["ShardId"]))
        self.lanes[lane.name] = lane
        return lane

    def ended(self, lane: Lane) -> list[Lane]:
        """A shard was copied to its end; those that may be copied now."""
        lane.close()
        self._finished.add(lane.name)
        self._lineage.finish(lane.name)
        return self.learn()

    def has_reached(self, lane: Lane, until_s: float) -> bool:
        """Whether a shard has been copied up to a time, in seconds since 1970."""
        is_open = not self._lineage.is_closed(lane.name)
        return (lane.at_tip and is_open) or lane.arrived > until_s

    @property
    def is_caught_up(self) -> bool:
        """Whether nothing was left to read when each shard was read last."""
        running = [lane for lane in self.lanes.values() if lane.name not in self._finished]
        return all(lane.at_tip or lane.copied.ended for lane in running)

    def copied(self) -> dict[str, Copied]:
        """What has been copied of each source shard, in this run and in those before."""
        before = {name: journal.copied for name, journal in self.store.journals().items()}
        return before | {name: lane.copied for name, lane in self.lanes.items()}

    def close(self) -> None:
        """Give up the files."""
        for lane in self.lanes.values():
            lane.close()


@dataclass(order=True, slots=True)
class _Due:
    """A shard that is to be read at a time."""

    at: float
    number: int
    copy: StreamCopy = field(compare=False)
    lane: Lane = field(compare=False)


@dataclass(frozen=True, slots=True)
class Copier:
    """Runs copies. `until_s` is the time up to which all is copied; None: until it is stopped.

    `watch` is called several times a second.
    """

    copies: list[StreamCopy]
    stop: Event
    until_s: float | None
    workers: int = WORKERS
    pace: Pace = field(default_factory=Pace)
    watch: Callable[[], None] = lambda: None

    def run(self) -> bool:
        """Whether everything is copied: not when it was stopped.

        Raises `CopyError` and what boto3 raises, when all that was under way has been written down.
        """
        failures: list[BaseException] = []
        is_done = False
        try:
            with ThreadPoolExecutor(self.workers, thread_name_prefix="copy") as pool:
                try:
                    is_done = self._run(pool, failures)
                finally:
                    self.stop.set()  # what is under way in the pool ends behind its request
        finally:
            for copy in self.copies:
                copy.close()
        if failures:
            raise failures[0]
        return is_done

    def _run(self, pool: ThreadPoolExecutor, failures: list[BaseException]) -> bool:
        numbers = itertools.count()
        due: list[_Due] = []

        def add(copy: StreamCopy, lanes: list[Lane], at: float = 0.0) -> None:
            for lane in lanes:
                heapq.heappush(due, _Due(at, next(numbers), copy, lane))

        for copy in self.copies:
            add(copy, copy.begin())
        running: dict[Future[None], _Due] = {}
        while running or (due and not self.stop.is_set()):
            for each in self._next(due, self.workers - len(running)):
                each.at = self.pace.now() + READ_INTERVAL_S
                running[pool.submit(_step, each)] = each
            self._wait(running, due)
            for future in [future for future in running if future.done()]:
                each = running.pop(future)
                if error := future.exception():
                    self._fail(error, failures)
                elif each.lane.copied.ended:
                    add(each.copy, each.copy.ended(each.lane))
                elif self.until_s is None or not each.copy.has_reached(each.lane, self.until_s):
                    add(each.copy, [each.lane], each.at)
            self.watch()
        return not due

    def _next(self, due: list[_Due], most: int) -> Iterator[_Due]:
        while most > 0 and due and due[0].at <= self.pace.now() and not self.stop.is_set():
            yield heapq.heappop(due)
            most -= 1

    def _wait(self, running: dict[Future[None], _Due], due: list[_Due]) -> None:
        pause = LONGEST_WAIT_S
        if due and len(running) < self.workers:
            pause = min(pause, max(0.0, due[0].at - self.pace.now()))
        if running:
            wait(running, timeout=pause, return_when=FIRST_COMPLETED)
        elif due:
            self.pace.sleep(pause)

    def _fail(self, error: BaseException, failures: list[BaseException]) -> None:
        # A request that waited for the destination is given up when somebody stops the copy.
        if not (self.stop.is_set() and isinstance(error, GaveUp)):
            failures.append(error)
        self.stop.set()


def _step(due: _Due) -> None:
    try:
        due.lane.step()
    except CopyError as error:
        raise type(error)(f"{due.copy.name}, {due.lane.name}: {error}") from error
