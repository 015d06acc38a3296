"""The scaler on a stream: it reads metrics, decides, acts, remembers; on both targets."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from module_steps import actual, apply, no_sleep, planned, print_nothing, wanted
from module_targets import Place
from shardline.cli.autoscale import sentence
from shardline.module import metrics
from shardline.module.actual import ActualStream
from shardline.module.autoscale import Look, look, scale
from shardline.module.errors import StepFailed
from shardline.module.scaling.decision import State, decide
from shardline.module.scaling.history import TAG, History
from shardline.module.scaling.load import Load, Window
from shardline.module.scaling.rules import SHARD_BYTES, WINDOW_MINUTES, Rules
from shardline.module.target import Target

pytestmark = pytest.mark.slow

NOW_S = 4_000_000_000  # long after any stream of the tests was created
YAML = "name: {name}\nshards: {{min: 2, max: 16}}\n"


class Metrics:
    """A CloudWatch whose stream has an even load, in shards that it fills; the rest is real."""

    def __init__(self, client: Any, filled: float) -> None:
        self._client, self._filled = client, filled

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_paginator(self, operation: str) -> Any:
        """A paginator of ours for the metrics."""
        return self if operation == "get_metric_data" else self._client.get_paginator(operation)

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        """A value for each minute."""
        start, end = (int(asked[each].timestamp()) for each in ("StartTime", "EndTime"))
        times = [datetime.fromtimestamp(at, UTC) for at in range(start, end, 60)]
        load = {"bytes": self._filled * SHARD_BYTES * 60}
        yield {
            "MetricDataResults": [
                {
                    "Id": query["Id"],
                    "Timestamps": times if query["Id"] in load else [],
                    "Values": [load[query["Id"]]] * len(times) if query["Id"] in load else [],
                }
                for query in asked["MetricDataQueries"]
            ]
        }


def loaded(target: Target, filled: float) -> Target:
    """The target with such a load."""
    return replace(target, cloudwatch=Metrics(target.cloudwatch, filled))


def decide_and_act(target: Target, yaml: str, filled: float, now_s: int) -> Look:
    """One round of the scaler."""
    busy, want = loaded(target, filled), wanted(yaml)
    found = look(busy, want, now_s)
    scale(busy, want, found, now_s, sleep=no_sleep, tell=print_nothing)
    return found


def test_a_load_makes_it_grow_and_its_alarms_with_it(target: Target, name: str) -> None:
    # Given a stream of two shards that are full
    yaml = YAML.format(name=name)
    apply(target, yaml)

    # When the scaler looks
    found = decide_and_act(target, yaml, 2.0, NOW_S)

    # Then it doubles, remembers it in a tag, and nothing is left for apply
    assert found.decision is not None
    assert (found.decision.word, found.decision.shards) == ("up", 4)
    stream = actual(target, wanted(yaml)).stream
    assert stream is not None
    assert (stream.shards, stream.tags[TAG]) == (4, str(NOW_S))
    assert planned(target, yaml).is_empty

    # And the next one knows of it, whoever asks
    held = decide_and_act(target, yaml, 4.0, NOW_S + 300).decision
    assert held is not None
    assert held.word == "hold"
    assert "the last change was at" in held.reason
    grown = decide_and_act(target, yaml, 4.0, NOW_S + 600).decision
    assert grown is not None
    assert grown.shards == 7  # 4 are 60% of 6.7


def test_a_change_that_is_refused_is_not_counted(
    target: Target, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a stream whose ten changes of the day somebody else has made
    yaml = YAML.format(name=name)
    apply(target, yaml)
    call = Target.call

    def refuse(self: Target, service: str, operation: str, **params: Any) -> dict[str, Any]:
        if operation == "UpdateShardCount":
            said = {"Error": {"Code": "LimitExceededException", "Message": "ten"}}
            raise ClientError(said, operation)
        return call(self, service, operation, **params)

    monkeypatch.setattr(Target, "call", refuse)

    # When the scaler wants to grow it
    with pytest.raises(StepFailed, match="AWS allows ten in 24 hours"):
        decide_and_act(target, yaml, 2.0, NOW_S)

    # Then it is free to try again, and the day's changes are as they were
    monkeypatch.setattr(Target, "call", call)
    grown = decide_and_act(target, yaml, 2.0, NOW_S + 60).decision
    assert grown is not None
    assert (grown.shards, grown.numbers.changes_left) == (4, 10)


def test_what_was_changed_since_the_look_is_left(target: Target, name: str) -> None:
    # Given a stream that another scaler has grown since this one looked
    yaml = YAML.format(name=name)
    apply(target, yaml)
    busy, want = loaded(target, 2.0), wanted(yaml)
    found = look(busy, want, NOW_S)
    decide_and_act(target, yaml, 2.0, NOW_S)

    # When this one acts on what it saw
    said: list[str] = []
    scale(busy, want, found, NOW_S, sleep=no_sleep, tell=said.append)

    # Then nothing is done a second time
    assert said == [f"{name} was changed meanwhile: left for the next time"]
    stream = actual(target, want).stream
    assert stream is not None
    assert (stream.shards, stream.tags[TAG]) == (4, str(NOW_S))


def test_quiet_makes_it_shrink(target: Target, name: str) -> None:
    yaml = YAML.format(name=name)
    apply(target, yaml)
    target.kinesis.update_shard_count(
        StreamName=name, TargetShardCount=4, ScalingType="UNIFORM_SCALING"
    )

    decision = decide_and_act(target, yaml, 0.1, NOW_S).decision

    assert decision is not None
    assert (decision.word, decision.shards) == ("down", 2)
    stream = actual(target, wanted(yaml)).stream
    assert stream is not None
    assert stream.shards == 2


@pytest.mark.parametrize(
    ("yaml", "why"),
    [
        ("name: {name}\nshards: 2", "the shards belong to config, not to the scaler"),
        ("name: {name}", "the shards belong to aws, not to the scaler"),
    ],
)
def test_what_is_not_its_own_it_leaves_alone(
    target: Target, name: str, yaml: str, why: str
) -> None:
    assert look(target, wanted(yaml.format(name=name)), NOW_S).why == why


def test_a_stream_that_is_not_there_or_on_demand_has_no_decision(target: Target, name: str) -> None:
    want = wanted(YAML.format(name=name))
    assert look(target, want, NOW_S).why == "there is no such stream: `shardline apply` makes it"

    target.kinesis.create_stream(StreamName=name, StreamModeDetails={"StreamMode": "ON_DEMAND"})

    assert look(target, want, NOW_S).why == "the stream is on demand and ACTIVE"


def test_the_window_is_what_cloudwatch_has(place: Place, name: str) -> None:
    """On moto alone: CloudWatch takes no metric of a namespace of AWS's from anybody, moto does."""
    if place.server is not None:
        pytest.skip("a namespace that begins with AWS/ is CloudWatch's own")
    target = place.target
    now_s = int(datetime.now(UTC).timestamp()) // 60 * 60 + 5

    def put(metric: str, minutes_ago: int, value: float, **more: str) -> None:
        dimensions = {"StreamName": name, **more}
        target.cloudwatch.put_metric_data(
            Namespace="AWS/Kinesis",
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()],
                    "Timestamp": datetime.fromtimestamp(now_s - 60 * minutes_ago, UTC),
                    "Value": value,
                }
            ],
        )

    # Given two puts in one minute, one long ago, one that is too new, and two readers
    put("IncomingBytes", 3, 1000)
    put("IncomingBytes", 3, 500)
    put("IncomingBytes", 299, 70)
    put("IncomingBytes", 1, 9999)
    put("IncomingRecords", 3, 2)
    put("GetRecords.IteratorAgeMilliseconds", 10, 5000)
    put("SubscribeToShardEvent.MillisBehindLatest", 4, 61_000, ConsumerName="billing")

    # When the window is read
    found = metrics.window(target, name, ["billing"], now_s)

    # Then each is where it belongs
    assert len(found.minutes) == WINDOW_MINUTES
    filled = {at: load for at, load in enumerate(found.minutes) if load != Load()}
    assert filled == {298: Load(1500, 2), 2: Load(70, 0)}
    assert found.lag_s == 61


def test_a_decision_is_told_in_one_sentence() -> None:
    stream = ActualStream("arn", "ACTIVE", "PROVISIONED", 2, 24, 1024, None, (), (), {})
    minutes = [Load(bytes=2 * SHARD_BYTES * 60)] * WINDOW_MINUTES
    decision = decide(State(2, 86_400, History(), NOW_S), Rules(2, 16), Window(minutes))

    assert sentence(Look(stream, decision)) == (
        "up, 2 → 4 shards: 5 minutes at 100% or more (75% is too much)"
    )
    assert sentence(Look(None, None, "why")) == "no decision: why"
