"""Appends, reshards and deletions that race in one process, in an order that a seed decides.

Every call of the stores gives way to the others a random number of times, before it begins and
after it has ended, so that hundreds of interleavings can be tried in a few seconds. What was
acknowledged is then compared by the same audit as after a kill.
"""

import asyncio
import functools
import inspect
import math
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from durability.audit import Audit, Found
from durability.ledger import Attempt, Fate, Ledger
from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Caller
from shardline.kinesis import lineage, sequence
from shardline.kinesis.api import kinesis_api
from shardline.kinesis.book import StreamBook
from shardline.kinesis.encryption.kms import Kms
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.kinesis.structs import PutRecordInput, PutRecordsInput, PutRecordsRequestEntry
from shardline.kinesis.upkeep import Upkeep
from shardline.masterkey import MasterKey
from shardline.storage.catalog_port import Catalog
from shardline.storage.record_log import RecordLog
from shardline.testing import ManualClock

CALLER = Caller("000000000000", "us-east-1", "AKIA", "arn:aws:iam::000000000000:root", True)
_OWNER = (CALLER.account, CALLER.region)
TOKEN_KEY = bytes(32)
TRANSITION_MS = 10
MOST_TURNS = 6


class Jittery:
    """A store whose calls take a random number of turns of the event loop.

    An append is answered at once when it is done, as it is what a race is judged by: what was
    written before a DeleteStream was carried out is also acknowledged before.
    """

    def __init__(self, store: Any, order: random.Random) -> None:
        self._store = store
        self._order = order

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._store, name)
        if not inspect.iscoroutinefunction(member):
            return member

        @functools.wraps(member)
        async def jittery(*arguments: Any, **named: Any) -> Any:
            await give_way(self._order)
            try:
                return await member(*arguments, **named)
            finally:
                if name != "append":
                    await give_way(self._order)

        return jittery


async def give_way(order: random.Random) -> None:
    """Let other tasks run for a random number of turns."""
    for _ in range(order.randrange(MOST_TURNS)):
        await asyncio.sleep(0)


class Race:
    """One stream, and the tasks that race for it."""

    def __init__(self, name: str, seed: int, catalog: Catalog, log: RecordLog, *, slow: bool):
        self.name = name
        self.random = random.Random(seed)
        self.clock = ManualClock()
        self.ledger = Ledger()
        self.log = log
        self.catalog = catalog
        self.book = StreamBook(
            Jittery(catalog, self.random),
            Jittery(log, self.random),
            self.clock,
            transition_ms=TRANSITION_MS if slow else 0,
        )
        upkeep = Upkeep(self.book, log, self.clock)
        kms = Kms(catalog, MasterKey.random(), self.clock)
        on_demand = OnDemand(self.book, catalog, self.clock)
        jittery = Jittery(log, self.random)
        self.api = kinesis_api(
            self.book, jittery, upkeep, self.clock, TOKEN_KEY, kms, on_demand, lambda _: None
        )
        self._serial = 0
        self._moment = 0
        self.acknowledged_at: dict[str, int] = {}  # attempt id → deletions that came before
        self._deleted_at: float = -1

    async def call(self, operation: str, call: Any) -> Any:
        """Call an operation as a client would, after its signature was verified."""
        return await self.api.handlers[operation](CALLER, call)

    async def put(self, key: str, calls: int) -> None:
        """Put records of one key, one call after the other."""
        counter = 0
        for _ in range(calls):
            await give_way(self.random)
            count = self.random.choice((1, 1, 3))
            attempts = [self._attempt(key, counter + ahead) for ahead in range(count)]
            try:
                answers = await self._put(attempts)
            except ServiceError as error:
                self.ledger.count_error(error.code)
                for attempt in attempts:
                    attempt.fate = Fate.REFUSED if error.status < 500 else Fate.UNKNOWN
                continue
            for attempt, answer in zip(attempts, answers, strict=True):
                attempt.acknowledge(answer.ShardId or "", answer.SequenceNumber or "")
                self.acknowledged_at[attempt.id] = self._moment
            counter += count

    def _attempt(self, key: str, counter: int) -> Attempt:
        self._serial += 1
        attempt = Attempt(f"r{self._serial}", self._serial, key, None, counter, size=40)
        self.ledger.enter(attempt)
        return attempt

    async def _put(self, attempts: Sequence[Attempt]) -> Sequence[Any]:
        if len(attempts) == 1:
            (attempt,) = attempts
            return [
                await self.call("PutRecord", PutRecordInput(attempt.data, self.name, attempt.key))
            ]
        entries = [PutRecordsRequestEntry(attempt.data, attempt.key) for attempt in attempts]
        answer = await self.call("PutRecords", PutRecordsInput(entries, self.name))
        records: Sequence[Any] = answer.Records
        return records

    async def reshard(self, times: int) -> None:
        """Split, merge and scale at random."""
        for _ in range(times):
            await give_way(self.random)
            operation, call = self._any_reshard()
            await self.tolerate(operation, {"StreamName": self.name, **call})

    def _any_reshard(self) -> tuple[str, dict[str, Any]]:
        live = next((each for each in self.book.all() if each.stream.name == self.name), None)
        shards = lineage.open_shards(live.stream.shards) if live else []
        kind = self.random.choice(("split", "split", "merge", "scale"))
        if kind == "scale" or len(shards) < 2:
            target = self.random.randint(1, 5)
            return "UpdateShardCount", {
                "TargetShardCount": target,
                "ScalingType": "UNIFORM_SCALING",
            }
        at = self.random.randrange(len(shards) - 1)
        left, right = shards[at], shards[at + 1]
        if kind == "merge":
            return "MergeShards", {
                "ShardToMerge": lineage.shard_id(left.number),
                "AdjacentShardToMerge": lineage.shard_id(right.number),
            }
        middle = (left.hash_start + left.hash_end) // 2
        return "SplitShard", {
            "ShardToSplit": lineage.shard_id(left.number),
            "NewStartingHashKey": str(middle),
        }

    async def tolerate(self, operation: str, call: dict[str, Any]) -> bool:
        """Call an operation that others may have made impossible; whether it was accepted."""
        try:
            await self.call(operation, call)
        except ServiceError as error:
            if error.status >= 500:
                raise
            self.ledger.count_error(error.code)
            return False
        return True

    async def delete_and_make_again(self) -> None:
        """Delete the stream; then, perhaps, make one of its name."""
        await give_way(self.random)
        before, self._deleted_at = self._deleted_at, math.inf  # if it is cancelled: some time
        accepted = await self.tolerate("DeleteStream", {"StreamName": self.name})
        self._moment += accepted
        self._deleted_at = max(self._moment, before) if accepted else before
        if self.random.random() < 0.7:
            await give_way(self.random)
            await self.make()

    async def make(self) -> None:
        """Make the stream."""
        await self.tolerate("CreateStream", {"StreamName": self.name, "ShardCount": 2})

    async def let_time_pass(self, steps: int) -> None:
        """Let transitions become due, at moments that the seed decides."""
        for _ in range(steps):
            for _ in range(self.random.randrange(4)):
                await give_way(self.random)
            self.clock.advance(milliseconds=TRANSITION_MS / 2)

    async def problems(self) -> list[str]:
        """What was promised and does not hold, after all tasks have ended."""
        self.clock.advance(milliseconds=2 * TRANSITION_MS)
        streams = {stream.name: stream for stream in await self.book.of(*_OWNER)}
        stored = {stream.id: stream for stream in await self.catalog.streams()}
        audit = Audit(self.ledger)
        known = {live.stream.id: live.stream for live in self.book.all()}
        if known != stored:
            audit.problems.append(f"the book says {known} and the catalog {stored}")
        audit.problems += [f"{s.name} is {s.status}" for s in known.values() if s.pending]
        if self.name in streams:
            shards = streams[self.name].shards
            audit.note_shards([lineage.describe(shard) for shard in shards])
            for shard in shards:
                audit.note(await self._read(streams[self.name].id, shard))
        self._excuse_the_deleted(audit)
        return audit.settle()

    async def _read(self, stream: str, shard: Any) -> list[Found]:
        """What readers get: everything below the end of a closed shard."""
        if shard.end == 0:
            return []
        found: list[Found] = []
        page = await self.log.read(
            stream, shard.number, 0, max_records=10_000, max_bytes=1 << 30, since_ms=0
        )
        for run in page.runs:
            numbers = sequence.numbers(shard, run.first, len(run.keys), run.arrived_ms)
            for ahead, (number, key, data) in enumerate(
                zip(numbers, run.keys, run.datas, strict=True)
            ):
                if shard.end is None or run.first + ahead < shard.end:
                    name = lineage.shard_id(shard.number)
                    found.append(Found(name, int(number), key.decode(), data))
        return found

    def _excuse_the_deleted(self, audit: Audit) -> None:
        """What was acknowledged before a DeleteStream was may be gone with the stream."""
        for attempt in self.ledger.with_fate(Fate.ACKNOWLEDGED):
            was_before = self.acknowledged_at[attempt.id] < self._deleted_at
            if attempt.id not in audit.places and was_before:
                attempt.fate = Fate.UNKNOWN


Actor = Callable[[Race], Awaitable[None]]


async def run_race(race: Race, actors: Sequence[Actor], *, cancel: int = 0) -> list[str]:
    """Let the actors race, cancel some of them on the way, and answer the problems."""
    await race.make()
    race.clock.advance(milliseconds=TRANSITION_MS)
    tasks = [asyncio.ensure_future(actor(race)) for actor in actors]
    for victim in race.random.sample(tasks, cancel):
        await give_way(race.random)
        await give_way(race.random)
        victim.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
            raise result
    await race.book.finish()
    return await race.problems()
