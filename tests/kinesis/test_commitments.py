"""The minimum throughput billing commitment: its times and states."""

from kinesis_samples import ACCOUNT, NOW_MS
from shardline.kinesis import commitments
from shardline.kinesis.commitments import MIN_MS
from shardline.storage.entities import Commitment

REGION = "us-east-1"
BEGUN = Commitment(ACCOUNT, REGION, NOW_MS)


def enabled(commitment: Commitment | None, now_ms: int) -> Commitment:
    return commitments.enabled(commitment, ACCOUNT, REGION, now_ms)


def test_it_begins_when_it_is_enabled_and_stays_as_it_is() -> None:
    assert enabled(None, NOW_MS) == BEGUN
    assert enabled(BEGUN, NOW_MS + 5) == BEGUN
    assert commitments.is_enabled(BEGUN, NOW_MS + 1000 * MIN_MS)
    assert not commitments.is_enabled(None, NOW_MS)


def test_disabled_it_ends_after_a_day_or_at_once() -> None:
    early = commitments.disabled(BEGUN, NOW_MS + 1)
    assert early == Commitment(ACCOUNT, REGION, NOW_MS, NOW_MS + MIN_MS)
    assert commitments.is_enabled(early, NOW_MS + MIN_MS - 1)
    assert not commitments.is_enabled(early, NOW_MS + MIN_MS)
    assert commitments.disabled(early, NOW_MS + 2) == early
    late = commitments.disabled(BEGUN, NOW_MS + MIN_MS + 7)
    assert late == Commitment(ACCOUNT, REGION, NOW_MS, NOW_MS + MIN_MS + 7)
    assert commitments.disabled(None, NOW_MS) is None


def test_enabled_again_it_goes_on_or_begins_anew() -> None:
    pending = commitments.disabled(BEGUN, NOW_MS + 1)
    assert enabled(pending, NOW_MS + 2) == BEGUN
    assert enabled(pending, NOW_MS + MIN_MS) == Commitment(ACCOUNT, REGION, NOW_MS + MIN_MS)
