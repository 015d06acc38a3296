"""Token buckets: how much of something there may be per second, and at once.

A bucket holds a burst and fills at a rate. What it counts is what has been used of the burst, so
that an empty count is a bucket nobody needs to remember, and a burst that is raised is there at
once. It counts in thousandths, of which a millisecond brings back exactly `per_s`: no fraction is
ever lost.

Over any time a full bucket gives at most its burst and what the rate brings in that time: with a
burst of one second's worth, up to twice the rate in the first second, and the rate from then on.
"""

from typing import NamedTuple


class Rate(NamedTuple):
    """So many tokens a second, and at most `burst` at once."""

    per_s: int
    burst: int


def per_second(count: int) -> Rate:
    """A rate whose burst is one second's worth."""
    return Rate(count, count)


class Bucket:
    """One bucket. It is full when made; its rate may be another one at each look."""

    __slots__ = ("_at_ms", "_used", "rate", "taken")

    def __init__(self, rate: Rate, now_ms: int) -> None:
        self.rate = rate
        self._used = 0  # in thousandths; over the burst means that tokens are owed
        self._at_ms = now_ms
        self.taken = 0  # tokens, ever

    def left(self, now_ms: int) -> int:
        """Whole tokens that there are by now; negative while some are owed.

        A clock that goes back brings nothing, and is believed.
        """
        elapsed = now_ms - self._at_ms
        self._at_ms = now_ms
        if elapsed > 0:
            self._used = max(self._used - elapsed * self.rate.per_s, 0)
        return self.rate.burst - -(-self._used // 1000)

    def take(self, amount: int) -> None:
        """Use tokens that `left` said there are."""
        self._used += amount * 1000
        self.taken += amount

    def charge(self, amount: int, now_ms: int) -> None:
        """Use tokens after the fact. More than there are empty the bucket, and are owed whole."""
        if amount > self.left(now_ms):
            self._used = self.rate.burst * 1000
        self.take(amount)

    @property
    def state(self) -> tuple[int, int]:
        """What is used, in thousandths, and as of when: all that a bucket is but its rate."""
        return self._used, self._at_ms

    @state.setter
    def state(self, state: tuple[int, int]) -> None:
        self._used, self._at_ms = state

    def is_full(self, now_ms: int) -> bool:
        """Whether nothing of the burst is in use by now, as in a new bucket."""
        return self.left(now_ms) == self.rate.burst
