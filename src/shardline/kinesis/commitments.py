"""On-demand Advantage: an account's minimum throughput billing commitment in a region.

By botocore's model: a commitment lasts 24 hours at least; disabled earlier, it ends by itself when
they are over, unless it is enabled again before. A setting that is so already changes nothing and
succeeds; whether AWS refuses to disable what was never enabled is not known. The times of a
commitment that has ended stay visible until the next one starts.
"""

from typing import Any

from shardline.storage.entities import Commitment

MIN_MS = 24 * 3_600_000


def is_enabled(commitment: Commitment | None, now_ms: int) -> bool:
    """Whether the account has On-demand Advantage now."""
    return commitment is not None and (commitment.ended_ms is None or commitment.ended_ms > now_ms)


def enabled(commitment: Commitment | None, account: str, region: str, now_ms: int) -> Commitment:
    """The commitment after it was set to ENABLED."""
    if commitment is None or not is_enabled(commitment, now_ms):
        return Commitment(account, region, now_ms)
    return Commitment(account, region, commitment.started_ms)


def disabled(commitment: Commitment | None, now_ms: int) -> Commitment | None:
    """The commitment after it was set to DISABLED; None when there was none."""
    if commitment is None or commitment.ended_ms is not None:
        return commitment
    end_ms = max(now_ms, commitment.started_ms + MIN_MS)
    return Commitment(commitment.account, commitment.region, commitment.started_ms, end_ms)


def describe(commitment: Commitment | None, now_ms: int) -> dict[str, Any]:
    """MinimumThroughputBillingCommitment, as both operations answer it. Times are in seconds."""
    if commitment is None:
        return {"Status": "DISABLED"}
    answer: dict[str, Any] = {"Status": "DISABLED", "StartedAt": commitment.started_ms / 1000}
    if is_enabled(commitment, now_ms):
        ends = commitment.ended_ms is not None
        answer["Status"] = "ENABLED_UNTIL_EARLIEST_ALLOWED_END" if ends else "ENABLED"
        answer["EarliestAllowedEndAt"] = (commitment.started_ms + MIN_MS) / 1000
    elif commitment.ended_ms is not None:
        answer["EndedAt"] = commitment.ended_ms / 1000
    return answer
