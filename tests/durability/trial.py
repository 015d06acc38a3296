"""One stream and its producers over many lives of a server, and what must hold after each."""

import contextlib
import random
import threading
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from durability.audit import Audit
from durability.churn import Bystanders, Resharder, repeated
from durability.gateways import Gateways
from durability.ledger import Fate, Ledger, attempt_id
from durability.producers import Crew, Producer, error_text
from durability.reading import Follower, list_shards
from durability.server_process import ANSWERED_S, ServerProcess

STREAM = "events"
SHARDS = 4
PRODUCERS = 4
RETRYABLE = "500 InternalFailure"
SETTLE_S = 10.0
CALLS_S = 30.0  # to make the calls before a kill, on a machine that is very busy


@dataclass
class Trial:
    """Producers, the ledger they keep, and readers that follow, on one server."""

    server: ServerProcess | Gateways
    seed: int
    with_churn: bool = False
    encrypted: bool = False
    ledger: Ledger = field(default_factory=Ledger)
    calls_s: float = CALLS_S

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self._switched_on = False
        self.producers = [
            Producer(number, STREAM, self.ledger, self.seed) for number in range(PRODUCERS)
        ]
        self.resharder = Resharder(STREAM, self.ledger, self.seed)
        self.bystanders = Bystanders("bystander", self.ledger, self.seed)
        self._audit = Audit(self.ledger)
        self._follower = Follower(STREAM)
        self._watcher = Follower(STREAM)

    def encrypt_if_wanted(self) -> None:
        """Switch encryption on, unless an earlier life of the server has."""
        if not self.encrypted:
            return
        client = self.server.client()
        self._active_streams(client)  # it may have been killed while it made the stream
        summary = client.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
        if summary["EncryptionType"] == "NONE":
            assert not self._switched_on, "the switch was acknowledged, and is gone"
            key = {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
            client.start_stream_encryption(StreamName=STREAM, **key)
            self._switched_on = True

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Producers write, a reader watches, and with churn shards and streams change."""
        server = self.server
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._watching(server.client()))
            if self.with_churn:
                steps = [self.resharder.step, self.bystanders.step]
                stack.enter_context(repeated(steps, server.client(), self.ledger, 0.02))
            stack.enter_context(Crew(self.producers, [server.client() for _ in self.producers]))
            yield

    def write_until(self, calls: int) -> None:
        """Let the producers get so many calls acknowledged. Used within `writing`."""
        assert self.ledger.wait_for_calls(calls, self.calls_s), (
            f"{calls} calls were not acknowledged within {self.calls_s} s: {self.ledger.errors}\n"
            f"{self.server.last_words()}"
        )

    def write_until_refused(self, answers: int) -> None:
        """Let the producers get so many 500s. Used within `writing`, while the disk fails."""
        assert self.ledger.wait_for_errors(RETRYABLE, answers, CALLS_S), (
            f"there were not {answers} of {RETRYABLE} within {CALLS_S} s: {self.ledger.errors}\n"
            f"{self.server.last_words()}"
        )

    @contextlib.contextmanager
    def _watching(self, client: Any) -> Iterator[None]:
        """Note what a reader is given meanwhile: that must be there later on, too."""
        stop = threading.Event()

        def run() -> None:
            while not stop.wait(0.05):
                try:
                    for record in self._watcher.read_new(client, list_shards(client, STREAM)):
                        self.ledger.read.add(attempt_id(record.data))
                except ClientError as error:
                    self.ledger.count_error(f"read {error_text(error)}")
                except BotoCoreError:
                    return

        thread = threading.Thread(target=run, name="watcher")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=ANSWERED_S)
            assert not thread.is_alive(), "a read was never answered"

    @property
    def acknowledged(self) -> int:
        """How many records have been acknowledged."""
        return sum(1 for _ in self.ledger.with_fate(Fate.ACKNOWLEDGED))

    @property
    def found(self) -> Collection[str]:
        """The ids of the attempts whose records are there, as of the last check."""
        return self._audit.places

    def check(self) -> None:
        """Read what is new since the last check, and compare all that is known."""
        client = self.server.patient_client()
        names = self._active_streams(client)
        self._read_new(client)
        self._audit.problems += self.bystanders.problems(client, names)
        self._report(self._audit.settle())

    def check_reads(self) -> None:
        """Read what is new, and make sure that it can be read; comparing comes later."""
        self._read_new(self.server.patient_client())
        self._report(self._audit.problems)

    def _read_new(self, client: Any) -> None:
        shards = list_shards(client, STREAM)
        self._audit.note_shards(shards)
        self._read(self._audit, self._follower, shards)

    def check_whole(self) -> None:
        """Read everything from the beginning, as a new consumer, and compare again."""
        client = self.server.patient_client()
        shards = list_shards(client, STREAM)
        audit = Audit(self.ledger)
        audit.note_shards(shards)
        self._read(audit, Follower(STREAM), shards)
        audit.settle()
        if audit.places != self._audit.places:
            audit.problems.append("a second reading gave other records than the readings before")
        self._report(audit.problems)

    def _read(self, audit: Audit, follower: Follower, shards: list[dict[str, Any]]) -> None:
        try:
            audit.note(follower.read_new(self.server.patient_client(), shards))
        except ClientError as error:
            audit.problems.append(f"LOST: a shard cannot be read: {error}")

    def _active_streams(self, client: Any) -> set[str]:
        """The names of all streams, once every one of them is ACTIVE."""
        deadline = time.monotonic() + SETTLE_S
        while True:
            summaries = client.list_streams()["StreamSummaries"]
            stuck = {
                summary["StreamName"]: summary["StreamStatus"]
                for summary in summaries
                if summary["StreamStatus"] != "ACTIVE"
            }
            if not stuck:
                return {summary["StreamName"] for summary in summaries}
            assert time.monotonic() < deadline, f"streams are stuck: {stuck}; seed {self.seed}"
            threading.Event().wait(0.02)

    def _report(self, problems: list[str]) -> None:
        shown = "\n".join(problems[:20])
        assert not problems, (
            f"{len(problems)} problems, seed {self.seed}; {self.ledger.summary()}\n{shown}\n"
            f"errors: {dict(self.ledger.errors)}\n{self.server.last_words()}"
        )
