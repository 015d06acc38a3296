"""Which failures of a call are samples of its Success metric.

AWS's page says what a success is, and that the average is the share of successful calls, but not
which calls count. Here: those that a correct caller can make and that the stream answered. A call
that was over the rates, that failed on our side, or whose KMS key could not be used, is a 0. What
the caller got wrong (a shard that is not there, a record that is too large, an iterator that has
expired) says nothing of the stream, and is no sample; nor is a DryRun.
"""

from typing import Literal

from shardline.gateway.errors import ServiceError
from shardline.storage.record_log import UnknownShard

Outcome = Literal["throttled", "failed"]

THROTTLED = "ProvisionedThroughputExceededException"


def outcome_of(error: Exception) -> Outcome | None:
    """What an error that ended a call counts as; None for nothing."""
    if not isinstance(error, ServiceError):
        return None if isinstance(error, UnknownShard) else "failed"
    if error.code == THROTTLED:
        return "throttled"
    return "failed" if error.status >= 500 or error.code.startswith("KMS") else None
