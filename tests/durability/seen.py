"""What clients saw while something was broken: when calls were acknowledged, and when not."""

import contextlib
import itertools
import time
from collections.abc import Iterator

from durability.ledger import Ledger


class TimedLedger(Ledger):
    """A ledger that knows when calls were acknowledged, and when they were not."""

    def __init__(self) -> None:
        super().__init__()
        self.acknowledged_at: list[float] = []
        self.failed_at: list[tuple[float, str]] = []

    def count_call(self) -> None:
        """Note that a call was acknowledged."""
        self.acknowledged_at.append(time.monotonic())
        super().count_call()

    def count_error(self, text: str) -> None:
        """Note that a call was not."""
        self.failed_at.append((time.monotonic(), text))
        super().count_error(text)


class Seen:
    """What clients saw during a fault."""

    def __init__(self, ledger: TimedLedger, began: float) -> None:
        times = [at for at in ledger.acknowledged_at if at >= began]
        pairs = itertools.pairwise([began, *times])
        self.silent_s = max((after - before for before, after in pairs), default=0.0)
        failed = [(at, text) for at, text in ledger.failed_at if at >= began]
        self.errors = dict[str, int]()
        for _, text in failed:
            self.errors[text] = self.errors.get(text, 0) + 1
        self.failing_s = failed[-1][0] - failed[0][0] if failed else 0.0
        self.notes = list[str]()

    def __str__(self) -> str:
        errors = (
            ", ".join(f"{n} of {text}" for text, n in sorted(self.errors.items())) or "no error"
        )
        return "; ".join([f"nothing acknowledged for {self.silent_s:.1f} s", errors, *self.notes])


@contextlib.contextmanager
def seen(ledger: TimedLedger) -> Iterator[list[Seen]]:
    """What clients see within the block: in the list, once it is left."""
    began, found = time.monotonic(), list[Seen]()
    yield found
    found.append(Seen(ledger, began))
