"""What a record log did since it was opened, in numbers: for who watches the node."""

from dataclasses import dataclass, field

from shardline.histogram import BYTES, SECONDS, Histogram


@dataclass(slots=True)
class LogNumbers:
    """A commit is one transaction, of one or many calls; its size is that of keys and data.

    `waiting` is how many calls wait for their commit now. `failed` commits are in no distribution.
    """

    calls: int = 0
    failed: int = 0
    waiting: int = 0
    seconds: Histogram = field(default_factory=lambda: Histogram(SECONDS))
    sizes: Histogram = field(default_factory=lambda: Histogram(BYTES))

    def add(self, calls: int, size: int, seconds: float) -> None:
        """Count a commit."""
        self.calls += calls
        self.sizes.add(size)
        self.seconds.add(seconds)

    def copy(self, waiting: int) -> "LogNumbers":
        """The same numbers, which change no more."""
        seconds, sizes = self.seconds.copy(), self.sizes.copy()
        return LogNumbers(self.calls, self.failed, waiting, seconds, sizes)
