"""Garbage for the operations on alarms gets a modelled 4xx, and what is taken can be looked at."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import cbor2
import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cloudwatch.alarms.wire import BUSY
from example_counts import examples
from gateway.query_support import answer_to, form_request, json_1_0, rpc
from gateway.shape_values import values_of
from gateway.sigv4_support import verifier
from shardline.cloudwatch.alarms.service import Alarms
from shardline.cloudwatch.alarms.targets import Targets
from shardline.cloudwatch.api import cloudwatch_api
from shardline.cloudwatch.reader import MetricReader
from shardline.gateway.model import load_service
from shardline.gateway.pipeline import Pipeline
from shardline.gateway.types import Response
from shardline.storage.catalog import SqlCatalog
from shardline.testing import ManualClock, MemoryMetrics

CLOCK, METRICS = ManualClock(), MemoryMetrics()
READER = MetricReader(METRICS, CLOCK)
LENIENT = settings(
    deadline=None, max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow]
)
METRIC = {"Metric": {"Namespace": "App", "MetricName": "Load"}, "Period": 60, "Stat": "Sum"}
MATH = {
    "AlarmName": "math",
    "Metrics": [
        {"Id": "e1", "Expression": "m1 * 2", "ReturnData": True},
        {"Id": "m1", "MetricStat": METRIC, "ReturnData": False},
    ],
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "LessThanThreshold",
}
STATE = {"AlarmName": "busy", "StateValue": "ALARM", "StateReason": "x", "StateReasonData": "{}"}
WORKING: list[tuple[str, dict[str, Any]]] = [
    ("PutMetricAlarm", BUSY),
    ("PutMetricAlarm", MATH),
    ("PutCompositeAlarm", {"AlarmName": "all", "AlarmRule": "ALARM(busy) OR NOT OK(math)"}),
    ("SetAlarmState", STATE),
    ("DescribeAlarms", {"AlarmNames": ["busy"], "MaxRecords": 1}),
    ("DescribeAlarmsForMetric", {"Namespace": "App", "MetricName": "Load"}),
    ("DescribeAlarmHistory", {"StartDate": 1.0, "EndDate": 2.0, "MaxRecords": 1}),
    ("EnableAlarmActions", {"AlarmNames": ["busy"]}),
    ("DeleteAlarms", {"AlarmNames": ["math"]}),
    ("TagResource", {"ResourceARN": "arn:x", "Tags": [{"Key": "a", "Value": "b"}]}),
    ("ListTagsForResource", {"ResourceARN": "arn:x"}),
]
OPERATIONS = sorted({operation for operation, _ in WORKING})
MODEL = load_service("cloudwatch").operations
ODD = st.sampled_from(
    [
        None, True, -1, 0, 2**31 - 1, 2**63, 1e308, -1e-308, "", " ", "\0", "ä" * 300, "p99", "p",
        "[" * 900 + "]" * 900, "NaN", [], [None], {}, "arn:", "https://[", "((((", "NOT",
    ]
)  # fmt: skip


@pytest.fixture(scope="module")
def alarms() -> Iterator[Alarms]:
    catalog = asyncio.run(SqlCatalog.open(None))
    yield Alarms(catalog, READER, CLOCK, Targets({}))
    asyncio.run(catalog.close())


@pytest.fixture(scope="module")
def pipeline(alarms: Alarms) -> Pipeline:
    return Pipeline([cloudwatch_api(METRICS, CLOCK, READER, alarms.handlers())], verifier())


@pytest.fixture(autouse=True)
def no_fault_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.ERROR):
        yield
    assert not caplog.records


def is_modelled(response: Response) -> bool:
    return response.status in (200, 400, 404, 413)


def changed(call: Any, place: int, value: Any) -> Any:
    """The call with what is at some place in it replaced."""
    places = list(_places(call, ()))
    path = places[place % len(places)]
    return _with(call, path, value)


def _places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield (*path, key)
        yield from _places(inner, (*path, key))


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    if isinstance(value, list):
        return [_with(v, path[1:], new) if k == path[0] else v for k, v in enumerate(value)]
    return {k: _with(v, path[1:], new) if k == path[0] else v for k, v in value.items()}


@given(which=st.sampled_from(WORKING), place=st.integers(0, 40), value=ODD)
@example(which=WORKING[3], place=3, value="[" * 900 + "]" * 900)
@LENIENT
def test_a_call_with_one_odd_member(
    pipeline: Pipeline, which: tuple[str, dict[str, Any]], place: int, value: Any
) -> None:
    operation, call = which
    odd = changed(call, place, value)
    assert is_modelled(answer_to(json_1_0(operation, msgspec.json.encode(odd)), pipeline))
    assert is_modelled(answer_to(rpc(operation, cbor2.dumps(odd)), pipeline))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_garbled_members(pipeline: Pipeline, operation: str) -> None:
    shape = MODEL[operation].input
    assert shape is not None

    @given(call=values_of(shape, garbled=True))
    @settings(parent=LENIENT, max_examples=examples(30))
    def garbled(call: Any) -> None:
        assert is_modelled(answer_to(json_1_0(operation, msgspec.json.encode(call)), pipeline))
        assert is_modelled(answer_to(rpc(operation, cbor2.dumps(call)), pipeline))

    garbled()


_PARTS = "AlarmName Metrics Tags Key Value member 1 2 MetricStat Period Dimensions AlarmActions"
_parts = st.sampled_from(_PARTS.split())
_names = st.lists(_parts, min_size=1, max_size=5).map(".".join)
_texts = st.sampled_from(["", "1", "60", "NaN", "busy", "App"]) | st.text(max_size=4)


@given(operation=st.sampled_from(OPERATIONS), form=st.lists(st.tuples(_names, _texts), max_size=9))
@LENIENT
def test_garbled_forms(pipeline: Pipeline, operation: str, form: list[tuple[str, str]]) -> None:
    named = [("Action", operation), ("Version", "2010-08-01"), *form]
    body = urlencode(named).encode()
    assert is_modelled(answer_to(form_request(body, service="monitoring"), pipeline))


def test_whatever_was_taken_is_looked_at_and_shown(pipeline: Pipeline, alarms: Alarms) -> None:
    # The tests before have left alarms of all kinds
    for operation, call in WORKING[:3]:
        assert answer_to(json_1_0(operation, msgspec.json.encode(call)), pipeline).status == 200
    asyncio.run(alarms.evaluator.look(0))
    everything = {"AlarmTypes": ["CompositeAlarm", "MetricAlarm"]}
    for operation in ("DescribeAlarms", "DescribeAlarmHistory"):
        for request in (
            json_1_0(operation, msgspec.json.encode(everything)),
            rpc(operation, cbor2.dumps(everything)),
        ):
            assert answer_to(request, pipeline).status == 200
    form = [("Action", "DescribeAlarms"), ("Version", "2010-08-01")]
    body = urlencode(form).encode()
    assert answer_to(form_request(body, service="monitoring"), pipeline).status == 200
