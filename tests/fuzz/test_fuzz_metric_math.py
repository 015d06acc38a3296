"""Random expressions and calls that read metrics: a modelled answer, never a fault of ours."""

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
from gateway.query_support import answer_to, form_request, json_1_0, rpc
from gateway.shape_values import values_of
from gateway.sigv4_support import verifier
from shardline.cloudwatch import page_tokens
from shardline.cloudwatch.api import cloudwatch_api
from shardline.cloudwatch.math.functions import FUNCTIONS, NOT_BUILT
from shardline.cloudwatch.reader import MetricReader
from shardline.gateway.model import load_service
from shardline.gateway.pipeline import Pipeline
from shardline.gateway.types import Response
from shardline.testing import ManualClock, MemoryMetrics

pytestmark = pytest.mark.slow

CLOCK, METRICS = ManualClock(), MemoryMetrics()
PIPELINE = Pipeline([cloudwatch_api(METRICS, CLOCK, MetricReader(METRICS, CLOCK), {})], verifier())
NOW_S = CLOCK.now_ms() // 1000
LENIENT = settings(
    deadline=None, max_examples=examples(200), suppress_health_check=[HealthCheck.too_slow]
)

_SIGNS = ["+", "-", "*", "/", "^", "==", "!=", "<=", ">=", "<", ">", "AND", "OR", "&&", "||"]
_BRACKETS = ["(", ")", "[", "]", ","]
_WORDS = ["REPEAT", "LINEAR", "ASC", "DESC", "0", "1", "2.5", "1e308", ".5", "'m'", '"1"', "e1"]
_TOKENS = [*FUNCTIONS, *NOT_BUILT, *_SIGNS, *_BRACKETS, *_WORDS, *["m1", "m2", "m3"] * 3]
SOUP = st.lists(st.sampled_from(_TOKENS), max_size=20).map(" ".join)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions whose form is right, of kinds that may not fit."""
    signs = st.sampled_from(_SIGNS)
    words = st.sampled_from(["REPEAT", "LINEAR", "SUM", "ASC", "'m'"])
    calls = st.builds(
        lambda name, given: f"{name}({', '.join(given)})",
        st.sampled_from(list(FUNCTIONS)),
        st.lists(inner | words, max_size=4),
    )
    arrays = st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]")
    chains = st.builds(lambda one, sign, other: f"({one} {sign} {other})", inner, signs, inner)
    return calls | arrays | chains | inner.map("-{}".format)


_SEARCH = "SEARCH('{App} m NOT m2', 'Sum', 60)"
_atoms = st.sampled_from(["m1", "m2", "METRICS()", "0", "3", "1e308", "m1", "AVG(m1)", _SEARCH])
SEARCHES = st.text('ab12 "\\(){}=,ORNTAD', max_size=20).map(
    lambda text: f"SEARCH('{text}', 'Sum', 60)".replace("\\'", "'")
)
FORMED = st.recursive(_atoms, _grown, max_leaves=8)
OPERATIONS = st.sampled_from(["GetMetricData", "GetMetricStatistics", "ListMetrics"])
ANY_TEXT = st.text(max_size=30)


@pytest.fixture(autouse=True)
def no_fault_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.ERROR):
        yield
    assert not caplog.records


def put_some() -> None:
    """Values of every size into three metrics."""
    data = [
        {"MetricName": name, "Timestamp": NOW_S - 60 * n, "Value": value}
        for name, values in (("m1", [1.0, -2.0, 2.0**360]), ("m2", [0.0, 1e-300]), ("m3", [5.0]))
        for n, value in enumerate(values)
    ]
    body = msgspec.json.encode({"Namespace": "App", "MetricData": data})
    assert answer_to(json_1_0("PutMetricData", body), PIPELINE).status == 200


put_some()


def query(expression: str) -> dict[str, Any]:
    metrics = [
        {
            "Id": name,
            "MetricStat": {
                "Metric": {"Namespace": "App", "MetricName": name},
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for name in ("m1", "m2", "m3")
    ]
    return {
        "MetricDataQueries": [*metrics, {"Id": "e1", "Expression": expression}],
        "StartTime": NOW_S - 300,
        "EndTime": NOW_S + 60,
    }


def is_modelled(response: Response) -> bool:
    return response.status in (200, 400, 413)


@given(expression=SOUP | FORMED | SEARCHES | ANY_TEXT)
@LENIENT
def test_any_expression(expression: str) -> None:
    body = msgspec.json.encode(query(expression))
    answer = answer_to(json_1_0("GetMetricData", body), PIPELINE)
    assert is_modelled(answer), expression
    if answer.status == 200:
        for result in msgspec.json.decode(answer.body)["MetricDataResults"]:
            assert all(isinstance(value, float | int) for value in result["Values"])
            assert len(result["Values"]) == len(result["Timestamps"])


@given(data=st.data(), name=OPERATIONS)
@LENIENT
def test_garbled_members(data: Any, name: str) -> None:
    shape = load_service("cloudwatch").operations[name].input
    assert shape is not None
    call = data.draw(values_of(shape, garbled=data.draw(st.booleans())))
    assert is_modelled(answer_to(json_1_0(name, msgspec.json.encode(call)), PIPELINE))
    assert is_modelled(answer_to(rpc(name, cbor2.dumps(call)), PIPELINE))


_PARTS = """MetricDataQueries member 1 2 03 Id MetricStat Metric Namespace MetricName Dimensions
Name Value Period Stat Unit Expression Label ReturnData StartTime EndTime x Statistics NextToken"""
_names = st.lists(st.sampled_from(_PARTS.split()), min_size=1, max_size=6).map(".".join)
_texts = st.sampled_from(["", "1", "60", "m1", "NaN", "2026-01-01", "1e309", "App", "Sum", "true"])
FORMS = st.lists(st.tuples(_names, _texts | st.text(max_size=4)), max_size=12)


@given(form=FORMS, name=OPERATIONS)
@LENIENT
def test_garbled_forms(form: list[tuple[str, str]], name: str) -> None:
    body = urlencode([("Action", name), ("Version", "2010-08-01"), *form]).encode()
    assert is_modelled(answer_to(form_request(body, service="monitoring"), PIPELINE))


_places = st.integers(-(2**70), 2**70) | st.integers(-1, 5)


@given(
    place=st.lists(_places | st.none() | st.text(max_size=3), max_size=4), most=st.integers(1, 3)
)
@LENIENT
def test_any_token(place: list[Any], most: int) -> None:
    token = cbor2.dumps(0).hex()  # what is no token
    for each in (token, page_tokens.make(place)):
        call = query("METRICS() + 1") | {"NextToken": each, "MaxDatapoints": most}
        assert is_modelled(
            answer_to(json_1_0("GetMetricData", msgspec.json.encode(call)), PIPELINE)
        )
        body = msgspec.json.encode({"NextToken": each})
        assert is_modelled(answer_to(json_1_0("ListMetrics", body), PIPELINE))
