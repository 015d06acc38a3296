"""Sends one request of PutRecords until every record of it has arrived, once.

The client makes one try (`total_max_attempts` 1), so that each answer that is lost is known here:

- a connection that was never made, or a refusal by rate or of a record: it is sent again, after a
  growing random pause;
- an answer that never came, or a failure inside of the destination: nobody knows what was written.
  So the destination is read from behind what had arrived before, and only what is not there is
  sent again.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ProxyConnectionError,
)
from botocore.parsers import ResponseParserError

from shardline.copying.answers import Found, Place, recognized, sort_answer
from shardline.copying.cursor import Pace
from shardline.copying.errors import DENIED, GaveUp
from shardline.copying.records import Record

PATIENCE_S = 90.0
"""How long a request may go without one more record of it arriving."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
SETTLE_S = 1.0
"""How long a request whose connection broke has to be carried out, before it is looked for."""
NEVER_SENT = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
LOST = (HTTPClientError, IncompleteReadError, ResponseParserError)
BY_RATE = {
    "ProvisionedThroughputExceededException",
    "LimitExceededException",
    "KMSThrottlingException",
    "Throttling",
    "ThrottlingException",
    "RequestLimitExceeded",
    "ResourceInUseException",
}


@dataclass(slots=True)
class Sent:
    """How a request went. `places` has every record of it."""

    places: dict[int, Place] = field(default_factory=dict)
    resent: int = 0
    found: int = 0
    in_doubt: int = 0


@dataclass(frozen=True, slots=True)
class Destination:
    """Where records go. `tail` reads what the destination has behind the places of `tips`, in the
    shards where those records would be.

    `shown` is told of what goes wrong and is tried again.
    """

    client: Any
    stream: Mapping[str, str]
    tail: Callable[[Sequence[Record], Mapping[str, str]], Iterator[Found]]
    shown: Callable[[str], None] = lambda text: None
    is_stopped: Callable[[], bool] = lambda: False


class Sender:
    """Sends requests to one stream. It may be used by several threads."""

    def __init__(self, to: Destination, pace: Pace | None = None) -> None:
        self._to = to
        self._pace = pace or Pace()

    def send(self, records: Sequence[Record], tips: Mapping[str, str], *, look_first: bool) -> Sent:
        """Return when all have arrived. `tips`: the last place in each shard before this request.

        `look_first`: they may have been sent before. Raises `GaveUp`, and what boto3 raises.
        """
        sent = Sent()
        if look_first:
            self._pace.sleep(SETTLE_S)
        unknown, last_gain = look_first, self._pace.now()
        pause, why = FIRST_PAUSE_S, ""
        while True:
            before = len(sent.places)
            try:
                if unknown:
                    self._look(records, tips, sent)
                    unknown = False
                missing = [n for n in range(len(records)) if n not in sent.places]
                if not missing:
                    return sent
                unknown, why = self._try(records, missing, sent)
            except (*NEVER_SENT, *LOST) as error:  # while looking, or before it was sent
                why = str(error)
            if len(sent.places) == len(records):
                return sent
            if len(sent.places) > before:
                last_gain, pause = self._pace.now(), FIRST_PAUSE_S
            self._wait(pause, last_gain, why, settle=unknown)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    def _wait(self, pause: float, last_gain: float, why: str, *, settle: bool) -> None:
        if self._to.is_stopped() or self._pace.now() - last_gain > PATIENCE_S:
            raise GaveUp(f"records did not arrive at the destination: {why}")
        self._to.shown(why)
        self._pace.sleep(max(SETTLE_S if settle else 0.0, random.uniform(0.5, 1.0) * pause))

    def _try(self, records: Sequence[Record], missing: list[int], sent: Sent) -> tuple[bool, str]:
        """Send what is missing once. Whether more of it may have arrived, and what went wrong."""
        entries = [records[position].entry() for position in missing]
        try:
            answer = self._to.client.put_records(Records=entries, **self._to.stream)
        except ClientError as error:
            if error.response["Error"]["Code"] in BY_RATE:
                return False, str(error)
            if error.response["ResponseMetadata"].get("HTTPStatusCode", 0) < 500:
                raise
            return True, str(error)
        except LOST as error:
            return True, str(error)
        if len(answer.get("Records", ())) < len(missing):
            return True, "the answer was cut off"
        found = sort_answer(answer, missing)
        sent.places.update(found.arrived)
        sent.resent += len(missing) - len(found.arrived)
        return found.is_unknown, found.why

    def _look(self, records: Sequence[Record], tips: Mapping[str, str], sent: Sent) -> None:
        """Find out which records have arrived."""
        missing = [position for position in range(len(records)) if position not in sent.places]
        known = set(sent.places.values())
        try:
            found = recognized(records, missing, self._to.tail(records, tips), known)
        except ClientError as error:
            if error.response["Error"]["Code"] not in DENIED:
                raise
            # Who may not look sends again: rather twice than never.
            sent.in_doubt += len(missing)
            return
        sent.places.update(found)
        sent.found += len(found)
