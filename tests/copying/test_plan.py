"""What a destination is made as, and which one that is there will not do."""

from dataclasses import replace
from typing import Any

import pytest

from shardline.copying.errors import Refused
from shardline.copying.making import check_terms, copy_tag
from shardline.copying.plan import plan
from shardline.copying.records import HashRange
from shardline.copying.settings import Settings
from shardline.copying.store import Terms

KEYS = 1 << 128
HALVES = (HashRange(0, KEYS // 2 - 1), HashRange(KEYS // 2, KEYS - 1))
SOURCE = Settings(
    arn="arn:aws:kinesis:us-east-1:000000000000:stream/events",
    created=1000.5,
    status="ACTIVE",
    mode="PROVISIONED",
    ranges=HALVES,
    retention_hours=24,
    max_record_kib=1024,
    kms_key=None,
    shard_metrics=(),
    distribution="USER_PARTITION_KEY",
    consumers=0,
    warm_mibps=None,
    policy=False,
    tags={},
)
THERE = replace(SOURCE, created=2000.5)


def calls_of(**changed: Any) -> dict[str, Any]:
    made = plan(replace(SOURCE, **changed), None, same_keys=False)
    assert made.refusals == ()
    return {call.operation: call.params for call in made.calls}


def test_a_plain_stream_is_one_call() -> None:
    create = {"StreamModeDetails": {"StreamMode": "PROVISIONED"}, "ShardCount": 2}
    assert calls_of() == {"CreateStream": create}
    assert plan(SOURCE, THERE, same_keys=False) == plan(SOURCE, THERE, same_keys=True)
    assert plan(SOURCE, THERE, same_keys=False).calls == ()


def test_everything_that_can_be_set_is_set_before_a_record_comes() -> None:
    calls = calls_of(
        mode="ON_DEMAND",
        retention_hours=168,
        max_record_kib=2048,
        kms_key="alias/aws/kinesis",
        shard_metrics=("ALL",),
        tags={"team": "shop", "aws:stack": "x", "shardline:copy:abc": "y"},
    )
    assert list(calls.values()) == [
        {
            "StreamModeDetails": {"StreamMode": "ON_DEMAND"},
            "MaxRecordSizeInKiB": 2048,
            "Tags": {"team": "shop"},
        },
        {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
        {"RetentionPeriodHours": 168},
        {"ShardLevelMetrics": ["ALL"]},
    ]


def test_records_do_not_lose_their_encryption_silently() -> None:
    source = replace(SOURCE, kms_key="arn:aws:kms:us-east-1:000000000000:key/k")
    made = plan(source, None, same_keys=False)
    assert made.calls == ()
    assert "encrypted with arn:aws:kms" in made.refusals[0]
    assert plan(source, None, same_keys=True).refusals == ()
    # Who has made the destination has decided; it is told.
    assert plan(source, THERE, same_keys=False).refusals == ()
    assert "encryption" in plan(source, THERE, same_keys=False).differs[0]


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (SOURCE, "the same stream"),
        (replace(THERE, status="DELETING"), "is DELETING"),
        (replace(THERE, distribution="AUTO"), "ignores hash keys"),
        (replace(THERE, max_record_kib=512), "records of 512 KiB, the source's may have 1,024"),
    ],
)
def test_what_will_not_do(there: Settings, words: str) -> None:
    (refusal,) = plan(SOURCE, there, same_keys=False).refusals
    assert words in refusal


def test_what_differs_and_is_no_harm_is_told() -> None:
    there = replace(THERE, mode="ON_DEMAND", ranges=(HashRange(0, KEYS - 1),), retention_hours=48)
    found = plan(SOURCE, there, same_keys=False)
    assert found.refusals == ()
    assert found.differs == (
        "mode: PROVISIONED at the source, ON_DEMAND at the destination",
        "open shards: 2 at the source, 1 at the destination",
        "retention in hours: 24 at the source, 48 at the destination",
    )


def test_what_cannot_be_copied_is_told() -> None:
    source = replace(
        SOURCE, consumers=2, policy=True, distribution="AUTO", warm_mibps=10, tags={"aws:x": "1"}
    )
    found = plan(source, None, same_keys=False)
    words = ("2 registered consumer", "policy", "AUTO", "10 MiB/s", "aws:x")
    assert len(found.left) == len(words)
    assert all(word in text for word, text in zip(words, found.left, strict=True))
    assert "without a partition key" in found.warnings[0]


def test_borders_inside_of_a_source_shard_are_told() -> None:
    thirds = tuple(HashRange(KEYS * n // 3, KEYS * (n + 1) // 3 - 1) for n in range(3))
    assert plan(SOURCE, THERE, same_keys=False).warnings == ()
    (warning,) = plan(SOURCE, replace(THERE, ranges=thirds), same_keys=False).warnings
    assert "explicit hash key" in warning
    uneven = (HashRange(0, 9), HashRange(10, KEYS - 1))
    assert len(plan(replace(SOURCE, ranges=uneven), None, same_keys=False).warnings) == 1


TERMS = Terms("id", SOURCE.arn, SOURCE.created, "there", created=THERE.created, ready=True)


def test_a_copy_goes_on_with_the_stream_that_it_began_with() -> None:
    check_terms(TERMS, SOURCE, THERE)
    check_terms(None, SOURCE, None)
    check_terms(None, SOURCE, THERE)
    for there in (None, replace(THERE, created=3000.5)):
        with pytest.raises(Refused, match="since this copy began"):
            check_terms(TERMS, SOURCE, there)


def test_what_was_copied_from_elsewhere_is_not_copied_twice() -> None:
    there = replace(THERE, tags={copy_tag(SOURCE): "id"})
    with pytest.raises(Refused, match="an earlier copy of this stream"):
        check_terms(None, SOURCE, there)
    # A stream of that name that was made later is another one.
    check_terms(None, replace(SOURCE, created=1.0), there)
