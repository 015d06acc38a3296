"""How many streams have their files open at a time."""

import resource
from typing import Protocol

_DESCRIPTORS = 9  # of a stream that is written, and read by several at once
_OF_OTHERS = 2048  # connections, and all else that a server has open
_FEWEST = 64


def allowed(wanted: int) -> int:
    """So many open streams, or fewer if the process may not have so many descriptors."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    return min(wanted, max(_FEWEST, (soft - _OF_OTHERS) // _DESCRIPTORS))


class Releasable(Protocol):
    """Something whose file can be closed until it is needed again."""

    def release_if_idle(self) -> bool:
        """Begin to close the file, unless it is in use; whether it was begun."""
        ...


class OpenFiles:
    """Keeps the files of the streams that were used last, so that descriptors stay bounded.

    The bound is soft: streams that are all being worked on are all open.
    """

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._used: dict[Releasable, None] = {}  # the one used longest ago comes first

    def use(self, stream: Releasable) -> None:
        """Note that a stream is about to use its file."""
        self._used.pop(stream, None)
        self._used[stream] = None
        if len(self._used) > self._bound:
            oldest = next(iter(self._used))
            if oldest is not stream and oldest.release_if_idle():
                self._used.pop(oldest, None)

    def forget(self, stream: Releasable) -> None:
        """Note that the file of a stream is closed for good."""
        self._used.pop(stream, None)
