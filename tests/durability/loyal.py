"""Producers who stay with one gateway, whatever it answers."""

import contextlib
import threading
import time
from collections.abc import Iterator

from durability.gateways import Gateways
from durability.ledger import Ledger
from durability.producers import Crew, Producer
from durability.trial import PRODUCERS, STREAM

_COUNT = 2
_ANSWERED_WITHIN_S = 60.0


class Loyal:
    """They have keys of their own, and keep them over many faults."""

    def __init__(self, gateways: Gateways, at: int, ledger: Ledger, seed: int) -> None:
        self._gateways = gateways
        self._at = at
        self._producers = [
            Producer(PRODUCERS + number, STREAM, ledger, seed) for number in range(_COUNT)
        ]

    @contextlib.contextmanager
    def producing(self) -> Iterator[None]:
        """They write for as long as the block lasts."""
        clients = [self._gateways.client_of(self._at) for _ in self._producers]
        with Crew(self._producers, clients):
            yield

    def acknowledged(self) -> int:
        """How many records of theirs have been acknowledged."""
        return sum(producer.acknowledged for producer in self._producers)

    def until_answered(self, records: int = 10) -> float:
        """Wait for acknowledgements to each; how long the first one took, in seconds."""
        began, first = time.monotonic(), None
        before = [producer.acknowledged for producer in self._producers]
        while True:
            more = [p.acknowledged - at for p, at in zip(self._producers, before, strict=True)]
            if first is None and any(more):
                first = time.monotonic() - began
            if first is not None and min(more) >= records:
                return first
            assert time.monotonic() < began + _ANSWERED_WITHIN_S, self._gateways.last_words()
            threading.Event().wait(0.02)
