"""What a configuration means, written out."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given

from module.configurations import right, unhurried
from shardline.module.spec import (
    AlarmName,
    FixedShards,
    Grantee,
    OnDemand,
    ScaledShards,
    StreamConfig,
    WantedRole,
    WantedStream,
    resolve,
)
from shardline.module.spec.alarms import UTILIZATIONS

HOUR_MS = 3_600_000


def wanted(**values: Any) -> WantedStream:
    """What the fields mean, for a stream called a."""
    return resolve(StreamConfig.model_validate({"name": "a", **values}))


def test_a_name_is_enough() -> None:
    # When nothing but a name is written
    stream = wanted()

    # Then everything holds that the documentation says
    assert (stream.name, stream.region, stream.preset) == ("a", "us-east-1", None)
    assert stream.capacity == OnDemand()
    assert (stream.retention_hours, stream.max_record_size_kib) == (24, 1024)
    assert stream.kms_key == "alias/aws/kinesis"
    assert (stream.shard_level_metrics, stream.consumers, stream.tags) == ((), (), {})
    assert stream.expect_readers
    assert stream.alarms.thresholds == {
        AlarmName.ITERATOR_AGE: 12 * HOUR_MS,
        AlarmName.READ_SUCCESS: 0.99,
        AlarmName.PUT_SUCCESS: 0.99,
        AlarmName.FAILED_RECORDS: 0.001,
        AlarmName.READ_THROTTLED: 0.01,
        AlarmName.WRITE_THROTTLED: 0.01,
    }
    assert stream.access.read == stream.access.write == stream.access.manage == ()


@pytest.mark.parametrize(
    ("preset", "capacity", "alarms"),
    [
        ("development", FixedShards(4), False),
        ("production", FixedShards(16), True),
        ("managed", OnDemand(), True),
    ],
)
def test_presets(preset: str, capacity: object, alarms: bool) -> None:
    stream = wanted(preset=preset)
    assert stream.capacity == capacity
    assert bool(stream.alarms.thresholds) == alarms


@pytest.mark.parametrize(
    ("values", "capacity"),
    [
        ({"preset": "production", "shards": 2}, FixedShards(2)),
        ({"preset": "production", "mode": "on_demand"}, OnDemand()),
        ({"preset": "managed", "mode": "provisioned", "shards": 3}, FixedShards(3)),
        ({"shards": 5}, FixedShards(5)),
        ({"shards": {"min": 2, "max": 8}}, ScaledShards(2, 8, 0.6)),
        ({"shards": {"min": 2, "max": 8, "target_utilization": "75%"}}, ScaledShards(2, 8, 0.75)),
    ],
)
def test_what_is_written_goes_before_a_preset(values: dict[str, Any], capacity: object) -> None:
    assert wanted(**values).capacity == capacity


@pytest.mark.parametrize(
    ("capacity", "owner"),
    [(OnDemand(), "aws"), (FixedShards(1), "config"), (ScaledShards(1, 2, 0.6), "scaler")],
)
def test_who_owns_the_number_of_shards_is_said(capacity: Any, owner: str) -> None:
    assert capacity.owner == owner


def test_thresholds_follow_the_retention_until_they_are_set() -> None:
    stream = wanted(
        retention="7d",
        consumers=["b"],
        alarms={"iterator_age": "90m", "put_success": False, "read_throttled": "2.5%"},
    )
    thresholds = stream.alarms.thresholds
    assert thresholds[AlarmName.ITERATOR_AGE] == HOUR_MS * 3 // 2
    assert thresholds[AlarmName.CONSUMER_LAG] == HOUR_MS
    assert thresholds[AlarmName.READ_THROTTLED] == 0.025
    assert AlarmName.PUT_SUCCESS not in thresholds
    assert wanted(retention="7d").alarms.thresholds[AlarmName.ITERATOR_AGE] == 84 * HOUR_MS


def test_alarms_of_what_is_not_there_are_not_made() -> None:
    assert AlarmName.CONSUMER_LAG not in wanted().alarms.thresholds
    assert not UTILIZATIONS & set(wanted().alarms.thresholds)
    assert set(wanted(shards=1).alarms.thresholds) > UTILIZATIONS


def test_where_alarms_go() -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:oncall"
    alarms = wanted(alarms={"notify": [topic], "notify_recovered": []}).alarms
    assert (alarms.notify, alarms.notify_recovered) == ((topic,), ())


@pytest.mark.parametrize(
    ("encryption", "key"),
    [(True, "alias/aws/kinesis"), (False, None), ({"key": "alias/mine"}, "alias/mine")],
)
def test_encryption(encryption: object, key: str | None) -> None:
    assert wanted(encryption=encryption).kms_key == key


def test_metrics_are_in_one_order_however_they_are_written() -> None:
    assert wanted(shard_level_metrics=["OutgoingBytes", "IncomingBytes"]).shard_level_metrics == (
        "IncomingBytes",
        "OutgoingBytes",
    )
    assert len(wanted(shard_level_metrics="all").shard_level_metrics) == 7


def test_a_role_that_is_named_twice_is_one_role() -> None:
    access = wanted(
        access={
            "read": ["role/shop", "user/ann", {"role": "shop", "trust": ["123456789012"]}],
            "write": [{"role": "shop", "trust": ["lambda.amazonaws.com", "123456789012"]}],
        }
    ).access
    assert access.read == (Grantee("role", "shop"), Grantee("user", "ann"))
    assert access.write == (Grantee("role", "shop"),)
    assert access.roles == (WantedRole("shop", ("123456789012", "lambda.amazonaws.com")),)


def test_the_region_is_the_caller_s_where_none_is_written() -> None:
    config = StreamConfig(name="a")
    assert resolve(config, default_region="eu-west-1").region == "eu-west-1"
    assert wanted(region="us-west-2").region == "us-west-2"


@unhurried
@given(right)
def test_every_right_configuration_means_something(values: dict[str, Any]) -> None:
    stream = resolve(StreamConfig.model_validate(values))
    assert 24 <= stream.retention_hours <= 8760
    assert 1024 <= stream.max_record_size_kib <= 10240
    assert isinstance(stream.capacity, OnDemand) or stream.capacity.mode == "PROVISIONED"
    for name, threshold in stream.alarms.thresholds.items():
        assert threshold > 0, name


def test_it_cannot_be_changed() -> None:
    stream = wanted(tags={"a": "b"})
    with pytest.raises(FrozenInstanceError):
        stream.name = "b"  # type: ignore[misc]
    with pytest.raises(TypeError):
        stream.tags["a"] = "c"  # type: ignore[index]
