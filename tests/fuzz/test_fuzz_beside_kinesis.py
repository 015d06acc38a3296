"""Garbage for CloudWatch and STS gets a modelled 4xx, by each of their protocols."""

import gzip
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import cbor2
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from example_counts import examples
from gateway.query_support import HANDLERS, answer_to, form_request, json_1_0, rpc
from gateway.shape_values import values_of
from gateway.sigv4_support import verifier
from shardline.cloudwatch.api import cloudwatch_api
from shardline.cloudwatch.reader import MetricReader
from shardline.gateway.model import load_service
from shardline.gateway.pipeline import Pipeline
from shardline.gateway.types import Api, Response
from shardline.testing import ManualClock, MemoryMetrics

CLOCK, METRICS = ManualClock(), MemoryMetrics()
READER = MetricReader(METRICS, CLOCK)
STS = Api(load_service("sts"), HANDLERS)
PIPELINE = Pipeline([cloudwatch_api(METRICS, CLOCK, READER), STS], verifier())
SHAPE = load_service("cloudwatch").operations["PutMetricData"].input
assert SHAPE is not None
GARBLED = values_of(SHAPE, garbled=True)
LENIENT = settings(
    deadline=None, max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow]
)

_PARTS = """MetricData member 1 2 03 Namespace Dimensions Name Value Values Counts Timestamp Unit
entry StatisticValues Sum EntityMetricData Entity KeyAttributes key value x"""
_parts = st.sampled_from(_PARTS.split())
_names = st.lists(_parts, min_size=1, max_size=6).map(".".join)
_texts = st.sampled_from(["", "1", "-1e400", "NaN", "2026-01-01", "1e309", "App", "Count"])
FORMS = st.lists(st.tuples(_names, _texts | st.text(max_size=4)), max_size=12)


@pytest.fixture(autouse=True)
def no_fault_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.ERROR):
        yield
    assert not caplog.records


def is_modelled(response: Response) -> bool:
    return response.status in (200, 400, 413)


@given(call=GARBLED)
@LENIENT
def test_garbled_members(call: Any) -> None:
    body = msgspec.json.encode(call)
    assert is_modelled(answer_to(json_1_0("PutMetricData", body), PIPELINE))
    assert is_modelled(answer_to(rpc("PutMetricData", cbor2.dumps(call)), PIPELINE))


@given(form=FORMS)
@LENIENT
def test_garbled_forms(form: list[tuple[str, str]]) -> None:
    named = [("Action", "PutMetricData"), ("Version", "2010-08-01"), *form]
    body = urlencode(named).encode()
    assert is_modelled(answer_to(form_request(body, service="monitoring"), PIPELINE))


@given(body=st.binary(max_size=100), place=st.integers(0, 60), changed=st.binary(max_size=4))
@LENIENT
def test_garbled_bytes(body: bytes, place: int, changed: bytes) -> None:
    packed = bytearray(gzip.compress(b'{"Namespace":"App","MetricData":[]}'))
    packed[place : place + len(changed)] = changed
    request = json_1_0("PutMetricData", bytes(packed), **{"Content-Encoding": "gzip"})
    assert is_modelled(answer_to(request, PIPELINE))
    for request in (rpc("PutMetricData", body), json_1_0("PutMetricData", body)):
        assert is_modelled(answer_to(request, PIPELINE))
    assert is_modelled(answer_to(form_request(body), PIPELINE))
