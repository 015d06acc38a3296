"""Producers that keep a ledger: threads with boto3 and no retries of the SDK's own."""

import random
import threading
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from durability.ledger import HASH_KEYS, Attempt, Fate, Ledger
from durability.reading import whole
from durability.server_process import ANSWERED_S

KEYS = 5
MOST_RECORDS = 40
# Mostly small; now and then one that fills many pages of the database.
SIZES = (40, 120, 400, 400, 1_000, 3_000, 60_000)


class Producer:
    """One producer: it owns its keys, and sends the records of each in the order of its counter.

    A record that was not acknowledged is sent again in another attempt before anything after it.
    """

    def __init__(self, number: int, stream: str, ledger: Ledger, seed: int) -> None:
        self.number = number
        self.acknowledged = 0
        self._stream = stream
        self._ledger = ledger
        self._random = random.Random(f"{seed}/{number}")
        self._serial = 0
        self._counters = {f"producer{number}-key{index}": 0 for index in range(KEYS)}
        # One key of each producer goes by an explicit hash key, always the same.
        self._hash_keys = {
            f"producer{number}-key0": str(self._random.randrange(HASH_KEYS)),
        }

    def run(self, client: Any, stop: threading.Event) -> None:
        """Put records until told to stop, or until the server cannot be reached."""
        while not stop.is_set():
            try:
                self.put_something(client)
            except ClientError as error:
                self._ledger.count_error(error_text(error))
            except BotoCoreError as error:
                self._ledger.count_error(type(error).__name__)
                return

    def put_something(self, client: Any) -> None:
        """Make one call, PutRecord or PutRecords. Raises what boto3 raises."""
        if self._random.random() < 0.5:
            self._put_record(client)
        else:
            self._put_records(client, self._random.randint(2, MOST_RECORDS))

    def _put_record(self, client: Any) -> None:
        (attempt,) = self._attempts(1)
        try:
            answer = client.put_record(StreamName=self._stream, **_entry(attempt))
        except ClientError as error:
            _refuse([attempt], error)
            raise
        # A kill may cut an answer off behind its head. The status 200 is a promise all the same.
        attempt.fate = Fate.ACKNOWLEDGED
        self._acknowledge(attempt, whole(answer, "SequenceNumber"))
        self._ledger.count_call()

    def _put_records(self, client: Any, count: int) -> None:
        attempts = self._attempts(count)
        entries = [_entry(attempt) for attempt in attempts]
        try:
            answer = client.put_records(StreamName=self._stream, Records=entries)
        except ClientError as error:
            _refuse(attempts, error)
            raise
        assert len(whole(answer, "Records")["Records"]) == count
        for attempt, result in zip(attempts, answer["Records"], strict=True):
            if "SequenceNumber" in result:
                self._acknowledge(attempt, result)
            else:
                # InternalFailure of one record is as a 500 of the call: nobody knows.
                self._ledger.count_error(f"record {result['ErrorCode']}")
        self._ledger.count_call()

    def _attempts(self, count: int) -> list[Attempt]:
        ahead = dict(self._counters)
        attempts = []
        for _ in range(count):
            key = self._random.choice(list(ahead))
            self._serial += 1
            attempt = Attempt(
                id=f"p{self.number}a{self._serial}",
                serial=self._serial,
                key=key,
                hash_key=self._hash_keys.get(key),
                counter=ahead[key],
                size=self._random.choice(SIZES),
            )
            ahead[key] += 1
            self._ledger.enter(attempt)
            attempts.append(attempt)
        return attempts

    def _acknowledge(self, attempt: Attempt, answer: dict[str, Any]) -> None:
        attempt.acknowledge(answer["ShardId"], answer["SequenceNumber"])
        self._counters[attempt.key] = attempt.counter + 1
        self.acknowledged += 1


def _entry(attempt: Attempt) -> dict[str, Any]:
    entry: dict[str, Any] = {"PartitionKey": attempt.key, "Data": attempt.data}
    if attempt.hash_key is not None:
        entry["ExplicitHashKey"] = attempt.hash_key
    return entry


def _refuse(attempts: list[Attempt], error: ClientError) -> None:
    """A 4xx says that nothing was written; after a 5xx nobody knows."""
    if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
        for attempt in attempts:
            attempt.fate = Fate.REFUSED


def error_text(error: ClientError) -> str:
    """An error answer's status and code."""
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return f"{status} {error.response['Error']['Code']}"


class Crew:
    """Producers, each in a thread of its own for as long as the block lasts."""

    def __init__(self, producers: list[Producer], clients: list[Any]) -> None:
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=producer.run, args=(client, self._stop), name=f"{producer}")
            for producer, client in zip(producers, clients, strict=True)
        ]

    def __enter__(self) -> "Crew":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=ANSWERED_S)
            assert not thread.is_alive(), "a producer hangs: a call was never answered"
