"""What a log knows of a shard without looking at its records."""

from collections.abc import Iterable
from dataclasses import dataclass

from shardline.storage.record_log import UnknownShard


@dataclass(slots=True)
class Extent:
    """Where a shard begins and ends.

    A published extent is never changed, only replaced, so that a reader in another thread keeps a
    consistent one. The commit in flight works on copies.
    """

    next: int = 0  # the offset of the record to come
    horizon: int = 0  # the offset of the first record that was not trimmed
    last_ms: int = 0  # the arrival of the last record, also when that one was trimmed
    end: int | None = None  # the same as `next`, once the shard is sealed

    def copy(self) -> "Extent":
        """A copy to be changed."""
        return Extent(self.next, self.horizon, self.last_ms, self.end)

    def merged(self, other: "Extent | None") -> "Extent":
        """What is known of a shard by whoever knows both; neither goes back by it."""
        if other is None:
            return self
        return Extent(
            max(self.next, other.next),
            max(self.horizon, other.horizon),
            max(self.last_ms, other.last_ms),
            self.end if other.end is None else other.end,
        )

    def is_read_up(self, offset: int) -> bool:
        """Whether a reader that has come to `offset` has read all that there will ever be."""
        return self.end is not None and offset >= self.end


def unknown(stream: str, shards: Iterable[int] = ()) -> UnknownShard:
    """The error that names what does not exist."""
    missing = ", ".join(map(str, sorted(shards)))
    return UnknownShard(
        f"stream {stream} has no shard {missing}" if missing else f"there is no stream {stream}"
    )
