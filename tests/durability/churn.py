"""What happens beside the producers: resharding, and other streams that come and go."""

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from durability.audit import hash_range
from durability.ledger import Ledger
from durability.producers import error_text
from durability.reading import Follower, list_shards, whole

FEWEST_SHARDS, MOST_SHARDS = 2, 9


class Resharder:
    """Splits, merges and scales a stream at random. What it meets is counted in the ledger."""

    def __init__(self, stream: str, ledger: Ledger, seed: int) -> None:
        self._stream = stream
        self._ledger = ledger
        self._random = random.Random(f"{seed}/resharder")
        self.done = 0

    def step(self, client: Any) -> None:
        """Ask for one reshard. Raises what boto3 raises."""
        shards = [
            shard
            for shard in list_shards(client, self._stream)
            if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
        ]
        shards.sort(key=hash_range)
        # UpdateShardCount is allowed ten times a day only.
        steps = [self._split] * 4 + [self._merge] * 4 + [self._scale]
        if len(shards) <= FEWEST_SHARDS:
            steps = [self._split]
        elif len(shards) >= MOST_SHARDS:
            steps = [self._merge]
        self._random.choice(steps)(client, shards)
        self.done += 1

    def _split(self, client: Any, shards: list[dict[str, Any]]) -> None:
        shard = self._random.choice(shards)
        start, end = hash_range(shard)
        client.split_shard(
            StreamName=self._stream,
            ShardToSplit=shard["ShardId"],
            NewStartingHashKey=str(self._random.randrange(start + 2, end)),
        )

    def _merge(self, client: Any, shards: list[dict[str, Any]]) -> None:
        left = self._random.randrange(len(shards) - 1)
        client.merge_shards(
            StreamName=self._stream,
            ShardToMerge=shards[left]["ShardId"],
            AdjacentShardToMerge=shards[left + 1]["ShardId"],
        )

    def _scale(self, client: Any, shards: list[dict[str, Any]]) -> None:
        client.update_shard_count(
            StreamName=self._stream,
            TargetShardCount=self._random.randint(FEWEST_SHARDS, MOST_SHARDS),
            ScalingType="UNIFORM_SCALING",
        )


@dataclass(slots=True)
class Bystander:
    """Another stream, and what is known of it: None is a call that was not answered."""

    name: str
    created: bool | None = None
    deleted: bool | None = False
    is_filled: bool = False  # or was tried to be
    record: tuple[str, int] | None = None  # shard, sequence number


class Bystanders:
    """Makes and deletes streams at random, with one record in each."""

    def __init__(self, prefix: str, ledger: Ledger, seed: int) -> None:
        self._prefix = prefix
        self._ledger = ledger
        self._random = random.Random(f"{seed}/bystanders")
        self.streams: dict[str, Bystander] = {}

    def step(self, client: Any) -> None:
        """Make, fill or delete one stream. Raises what boto3 raises."""
        alive = [each for each in self.streams.values() if each.created and each.deleted is False]
        empty = [each for each in alive if not each.is_filled]
        if empty:
            self._fill(client, empty[0])
        elif len(alive) < 2 or (self._random.random() < 0.5 and len(alive) < 6):
            self._create(client)
        else:
            self._delete(client, self._random.choice(alive))

    def _create(self, client: Any) -> None:
        name = f"{self._prefix}{len(self.streams)}"
        stream = self.streams[name] = Bystander(name)
        client.create_stream(StreamName=name, ShardCount=self._random.randint(1, 3))
        stream.created = True

    def _fill(self, client: Any, stream: Bystander) -> None:
        stream.is_filled = True
        try:
            answer = client.put_record(
                StreamName=stream.name, PartitionKey="key", Data=stream.name.encode()
            )
        except client.exceptions.ResourceNotFoundException:
            if client.describe_stream_summary(StreamName=stream.name) is not None:
                stream.is_filled = False  # still in CREATING
                return
        whole(answer, "SequenceNumber")
        stream.record = (answer["ShardId"], int(answer["SequenceNumber"]))

    def _delete(self, client: Any, stream: Bystander) -> None:
        stream.deleted = None
        client.delete_stream(StreamName=stream.name)
        stream.deleted = True

    def problems(self, client: Any, names: set[str]) -> Iterator[str]:
        """What is wrong with the other streams, given the names of all streams that are ACTIVE."""
        for stream in self.streams.values():
            there = stream.name in names
            if there and stream.deleted:
                yield f"stream {stream.name} was deleted and is there"
            elif not there and stream.created and stream.deleted is False:
                yield f"LOST: stream {stream.name} was created and is not there"
            elif there and stream.record is not None:
                yield from self._record_problems(client, stream)
            # From now on it is known what became of a call that was not answered.
            stream.created = there or stream.created
            stream.deleted = False if there else stream.deleted
        for name in names - set(self.streams):
            if name.startswith(self._prefix):
                yield f"stream {name} was never made"

    def _record_problems(self, client: Any, stream: Bystander) -> Iterator[str]:
        shards = list_shards(client, stream.name)
        found = list(Follower(stream.name).read_new(client, shards))
        places = [(record.shard, record.sequence) for record in found]
        if places != [stream.record] or found[0].data != stream.name.encode():
            yield f"LOST: stream {stream.name} should hold {stream.record} and holds {places}"


@contextlib.contextmanager
def repeated(
    steps: list[Callable[[Any], None]], client: Any, ledger: Ledger, pause_s: float
) -> Iterator[None]:
    """Repeat steps in turn, in a thread, until the block ends or the server is gone."""
    stop = threading.Event()

    def run() -> None:
        while True:
            for step in steps:
                if stop.wait(pause_s):
                    return
                try:
                    step(client)
                except ClientError as error:
                    ledger.count_error(error_text(error))
                except BotoCoreError:
                    return

    thread = threading.Thread(target=run, name="churn")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=60)
        assert not thread.is_alive(), "a call was never answered"
