"""The life of a stream: one table of what each call does in each status.

`docs/lifecycle.md` is made from the table (`shardline.kinesis.lifecycle_page`); a test compares.

Sources: which calls CREATING and DELETING refuse, and how, is in kinesalite's recorded suite; that
control operations need ACTIVE is in botocore's model (ResourceInUseException). Not known of AWS,
and decided here: a stream that is UPDATING can be deleted, one that is DELETING cannot be again,
and the small changes (retention, monitoring, mode, record size) go through UPDATING as a reshard
does, which is what Terraform's provider waits for. A retention period or a mode set to what it is
already is no event at all: the call succeeds whatever the status, as that provider relies on.
Consumers are registered with an ACTIVE stream, but deregistered from an UPDATING one too, since
DeregisterStreamConsumer has no error for that in the model.
That ListShards, other than DescribeStream, refuses a stream in CREATING or DELETING is what the
Kinesis Client Library makes of its ResourceInUseException (`KinesisShardDetector`).
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from typing import Literal, get_args

from shardline.kinesis import adopted, messages
from shardline.kinesis.resharding import carry_out
from shardline.storage.entities import Stream, StreamStatus

Event = Literal[
    "create",
    "created",
    "delete",
    "deleted",
    "reshard",
    "change_retention",
    "change_monitoring",
    "change_mode",
    "change_max_record_size",
    "change_encryption",
    "change_warm_throughput",
    "updated",
    "change_distribution",
    "change_tags",
    "change_policy",
    "register_consumer",
    "deregister_consumer",
    "list",
    "write",
    "read",
]


class Refusal(Enum):
    """How a call is refused: a row of AWS's errors."""

    EXISTS = "ResourceInUseException: already exists"
    NOT_ACTIVE = "ResourceInUseException: not ACTIVE"
    NOT_FOUND = "ResourceNotFoundException"


class Gone(Enum):
    """The stream is no more."""

    GONE = "gone"


Outcome = StreamStatus | Refusal | Gone

EXISTS, NOT_ACTIVE, NOT_FOUND = Refusal.EXISTS, Refusal.NOT_ACTIVE, Refusal.NOT_FOUND
STATUSES: tuple[StreamStatus, ...] = get_args(StreamStatus)


def _needs_active(then: StreamStatus) -> Mapping[StreamStatus, Outcome]:
    refused: dict[StreamStatus, Outcome] = dict.fromkeys(STATUSES, NOT_ACTIVE)
    return refused | {"ACTIVE": then}


_RECORDS: Mapping[StreamStatus, Outcome] = {
    "CREATING": NOT_FOUND,
    "ACTIVE": "ACTIVE",
    "UPDATING": "UPDATING",
    "DELETING": NOT_FOUND,
}

TABLE: Mapping[Event, Mapping[StreamStatus, Outcome]] = {
    "create": dict.fromkeys(STATUSES, EXISTS),
    "created": {"CREATING": "ACTIVE"},
    "delete": {
        "CREATING": "DELETING",
        "ACTIVE": "DELETING",
        "UPDATING": "DELETING",
        "DELETING": NOT_ACTIVE,
    },
    "deleted": {"DELETING": Gone.GONE},
    "reshard": _needs_active("UPDATING"),
    "change_retention": _needs_active("UPDATING"),
    "change_monitoring": _needs_active("UPDATING"),
    "change_mode": _needs_active("UPDATING"),
    "change_max_record_size": _needs_active("UPDATING"),
    "change_encryption": _needs_active("UPDATING"),
    "change_warm_throughput": _needs_active("UPDATING"),
    "updated": {"UPDATING": "ACTIVE"},
    "change_distribution": _needs_active("ACTIVE"),
    "change_tags": _needs_active("ACTIVE"),
    "change_policy": _needs_active("ACTIVE"),
    "register_consumer": _needs_active("ACTIVE"),
    "deregister_consumer": _RECORDS,
    "list": {**_needs_active("ACTIVE"), "UPDATING": "UPDATING"},
    "write": _RECORDS,
    "read": _RECORDS,
}
"""Event, status before, outcome. An event cannot happen in a status that its row leaves out:
`created`, `deleted` and `updated` are completions of what was accepted, not calls."""

COMPLETIONS: Mapping[StreamStatus, Event] = {
    "CREATING": "created",
    "UPDATING": "updated",
    "DELETING": "deleted",
}
"""The event that ends each status that is not meant to last; `Pending.event` is one of these."""


def after(stream: Stream, event: Event) -> StreamStatus | None:
    """The status of a stream after an event; None when it is gone.

    Raises the event's refusal, a ResourceInUseException or ResourceNotFoundException (of the
    stream: reads of shards have a text of their own, see `takes_records`); or that of an adopted
    stream, an InvalidArgumentException. Raises ValueError for a completion of something that is not
    under way.
    """
    row = TABLE[event]
    if stream.status not in row:
        raise ValueError(f"{event} cannot happen to a stream that is {stream.status}")
    outcome = row[stream.status]
    if isinstance(outcome, str):  # a status: what nearly all calls come to
        if stream.topic is not None and event in adopted.REFUSED:
            raise adopted.refusal(stream)
        return outcome
    if outcome is Gone.GONE:
        return None
    if outcome is EXISTS:
        raise messages.stream_exists(stream.name, stream.account)
    if outcome is NOT_ACTIVE:
        raise messages.stream_not_active(stream.name, stream.account, stream.status)
    raise messages.stream_not_found(stream.name, stream.account)


def takes_records(status: StreamStatus) -> bool:
    """Whether records can be put into a stream, and read from it, in that status."""
    return TABLE["write"][status] == status


def complete(stream: Stream, *, ends: Mapping[int, int], now_ms: int) -> Stream | None:
    """The stream after its pending change; None when it is gone, unchanged without one.

    `ends` is what the log's `seal` answered for the shards that the change closes. They are
    closed at `now_ms`.
    """
    pending = stream.pending
    if pending is None:
        return stream
    status = after(stream, COMPLETIONS[stream.status])
    if status is None:
        return None
    shards = carry_out(
        stream.shards, pending.parents, pending.children, ends=ends, closed_ms=now_ms
    )
    return replace(stream, status=status, shards=shards, pending=None)
