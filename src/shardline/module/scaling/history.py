"""The changes of the last 24 hours. They are kept in a tag of the stream, so that no restart and no
second machine forgets one: `1790000000 1790003600`, in seconds since 1970, the oldest first."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shardline.module.scaling.rules import CHANGES_A_DAY, DAY_S

TAG = "shardline:module-resized"

_TIME = re.compile(r"[0-9]{1,10}")  # until the year 2286: what is longer is no time


@dataclass(frozen=True, slots=True)
class History:
    """When the shard count was changed, in seconds since 1970, the oldest first."""

    changes: tuple[int, ...] = ()

    @classmethod
    def of_tags(cls, tags: Mapping[str, str]) -> "History":
        """What the tags of a stream say; a word in the tag that is no time is passed over."""
        words = tags.get(TAG, "").split()
        return cls(tuple(sorted(int(word) for word in words if _TIME.fullmatch(word))))

    def tag(self) -> dict[str, str]:
        """The tag that holds it. Ten times fit well into the 256 characters of a tag's value."""
        return {TAG: " ".join(map(str, self.changes[-2 * CHANGES_A_DAY :]))}

    def after(self, now_s: int) -> "History":
        """With a change made now, and without what no limit counts any more."""
        return History((*self.today(now_s), now_s))

    def today(self, now_s: int) -> tuple[int, ...]:
        """The changes of the 24 hours before `now_s`; one that is yet to come counts too."""
        return tuple(change for change in self.changes if change > now_s - DAY_S)

    def left(self, now_s: int) -> int:
        """How many more changes AWS allows now."""
        return max(0, CHANGES_A_DAY - len(self.today(now_s)))

    def next_at(self, now_s: int) -> int:
        """When AWS allows one more: now, or when the oldest that counts has passed."""
        today = self.today(now_s)
        if len(today) < CHANGES_A_DAY:
            return now_s
        return today[-CHANGES_A_DAY] + DAY_S

    @property
    def last(self) -> int | None:
        """When the last change was made."""
        return self.changes[-1] if self.changes else None
