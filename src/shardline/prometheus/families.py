"""The families of metrics: names as Prometheus's conventions have them, and what each tells."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from shardline.histogram import Histogram

Kind = Literal["counter", "gauge", "histogram", "summary"]


class Family(NamedTuple):
    """Metrics of one name. A counter's name ends in `_total`; times are in seconds."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


class Summary(NamedTuple):
    """How many values there were, and their sum."""

    samples: float
    total: float


class Sample(NamedTuple):
    """A value of a family: one for each of its label sets."""

    labels: tuple[str, ...]
    value: float | Summary | Histogram


Reading = tuple[Family, Iterable[Sample]]
"""A family with what it is now."""

_CALL = ("service", "operation")
_STREAM = ("account", "region", "stream")

BUILD = Family("shardline_build_info", "gauge", "1, with the version that runs.", ("version",))
SERVING = Family(
    "shardline_serving",
    "gauge",
    "Processes that serve; one that refuses calls is no part: it has no lease on what it knows, or "
    "cannot reach the records.",
)
REQUESTS = Family(
    "shardline_requests_total",
    "counter",
    "Requests, by AWS's code of their error, or OK; what is no call has the operation none.",
    (*_CALL, "code"),
)
REQUEST_SECONDS = Family(
    "shardline_request_duration_seconds",
    "histogram",
    "From the complete request to the answer, without sending it.",
    _CALL,
)
REQUEST_BYTES = Family(
    "shardline_requests_in_flight_bytes", "gauge", "Memory that requests in flight have taken."
)
ANSWER_BYTES = Family(
    "shardline_answers_in_flight_bytes", "gauge", "Memory that answers in flight have taken."
)
MEMORY_BYTES = Family(
    "shardline_memory_bytes", "gauge", "Memory that is the process's own, without shared pages."
)
COMMITS = Family("shardline_log_commits_total", "counter", "Commits of the record log.")
FAILED_COMMITS = Family(
    "shardline_log_failed_commits_total", "counter", "Commits of the record log that failed."
)
COMMITTED_CALLS = Family(
    "shardline_log_committed_calls_total", "counter", "Appends and seals that were committed."
)
COMMIT_SECONDS = Family(
    "shardline_log_commit_duration_seconds", "histogram", "How long a commit took, with its fsync."
)
COMMIT_BYTES = Family(
    "shardline_log_commit_size_bytes", "histogram", "Keys and data of the records of a commit."
)
WAITING_CALLS = Family(
    "shardline_log_waiting_calls", "gauge", "Appends and seals that wait for their commit."
)
STORE_BYTES = Family(
    "shardline_store_bytes",
    "gauge",
    "Files in the data directory: records, catalog or metrics. Not there for a node in memory.",
    ("part",),
)
STREAMS = Family("shardline_streams", "gauge", "Streams of all accounts and regions.", ("status",))
OPEN_SHARDS = Family("shardline_open_shards", "gauge", "Open shards of a stream.", _STREAM)
SUBSCRIPTIONS = Family(
    "shardline_open_subscriptions",
    "gauge",
    "Subscriptions of a consumer that are open.",
    (*_STREAM, "consumer"),
)

NODE: tuple[Family, ...] = (
    BUILD,
    SERVING,
    REQUESTS,
    REQUEST_SECONDS,
    REQUEST_BYTES,
    ANSWER_BYTES,
    MEMORY_BYTES,
    COMMITS,
    FAILED_COMMITS,
    COMMITTED_CALLS,
    COMMIT_SECONDS,
    COMMIT_BYTES,
    WAITING_CALLS,
    STORE_BYTES,
    STREAMS,
    OPEN_SHARDS,
    SUBSCRIPTIONS,
)
