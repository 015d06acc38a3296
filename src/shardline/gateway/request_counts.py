"""Requests by operation and by what became of them: what the node tells of itself."""

from collections.abc import Iterator
from typing import NamedTuple

from shardline.gateway.model import Operation
from shardline.histogram import SECONDS, Histogram

OK = "OK"
GONE = "ClientGone"  # its client went before it was answered
NONE = "none"  # the service and operation of a request that is no call


class Answered(NamedTuple):
    """The requests of one operation: how many by code, and how long they took, in seconds."""

    service: str
    operation: str
    codes: dict[str, int]
    seconds: Histogram


class RequestCounts:
    """Counts requests: one look-up and three additions for each."""

    def __init__(self) -> None:
        self._answered: dict[Operation | None, Answered] = {}

    def add(self, operation: Operation | None, code: str, seconds: float) -> None:
        """Count a request with AWS's code of its error, or `OK`."""
        answered = self._answered.get(operation)
        if answered is None:
            service, name = (operation.service, operation.name) if operation else (NONE, NONE)
            answered = Answered(service, name, {}, Histogram(SECONDS))
            self._answered[operation] = answered
        codes = answered.codes
        codes[code] = codes.get(code, 0) + 1
        answered.seconds.add(seconds)

    def __iter__(self) -> Iterator[Answered]:
        """What was counted, as it is now."""
        for service, operation, codes, seconds in self._answered.values():
            yield Answered(service, operation, dict(codes), seconds.copy())
