"""What a plan is made of: changes, each with the calls that make it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Service = Literal["kinesis", "iam", "cloudwatch"]
Word = Literal["create", "change", "scale", "remove", "leave"]
"""`leave` is for what differs and is somebody else's business."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of an API, by AWS's names."""

    service: Service
    operation: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one thing.

    `what` names the thing (`stream`, `retention`, `policy kinesis-stream-orders-read`). `before`
    and `after` are texts for people, None for what is not there. `loses` says what is lost for
    good, `note` whatever else there is to know.
    """

    word: Word
    what: str
    before: str | None
    after: str | None
    calls: tuple[Call, ...] = ()
    loses: str = ""
    note: str = ""

    @property
    def is_destructive(self) -> bool:
        """Whether something is lost that no second run brings back."""
        return bool(self.loses)


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars a month on AWS. `before` is None for a new stream; `note` says what they are."""

    before: float | None
    after: float
    note: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes of a stream, in the order in which they are made.

    `refusals` say why nothing may be done: with one of them, nothing is. `price` is there where
    the capacity changes.
    """

    name: str
    changes: tuple[Change, ...] = ()
    refusals: tuple[str, ...] = ()
    price: Price | None = None

    @property
    def to_make(self) -> tuple[Change, ...]:
        """The changes that do something."""
        return tuple(change for change in self.changes if change.calls)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.to_make
