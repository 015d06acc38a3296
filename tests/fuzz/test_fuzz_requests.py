"""Garbage gets a modelled 4xx: never a 5xx, never a hang, never bytes that do not come back."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fuzz.samples import (
    CALLS,
    ODD_CBOR,
    ODD_JSON,
    ODD_VALUES,
    OPERATIONS,
    answer_to,
    checked_answer,
    encoded,
    replaced,
)
from gateway.asgi_support import InProcess, scope_of, signed_fields
from gateway.shape_values import json_values
from gateway.socket_support import CBOR, JSON

PROTOCOLS = st.sampled_from([JSON, CBOR])
NAMES = st.sampled_from(OPERATIONS)
LENIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def target() -> Iterator[InProcess]:
    with InProcess() as running:
        yield running


@pytest.fixture(autouse=True)
def no_fault_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.ERROR):
        yield
    assert not caplog.records


def test_there_is_a_call_of_every_operation_that_is_built(target: InProcess) -> None:
    assert sorted(target.api.handlers) == OPERATIONS


@pytest.mark.one_in(8)
@pytest.mark.parametrize("content_type", [JSON, CBOR])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_calls_themselves_get_past_the_gateway(
    target: InProcess, operation: str, content_type: str
) -> None:
    """So that what spoils them is what is tested."""
    answer = answer_to(target, operation, content_type, encoded(CALLS[operation], content_type))
    assert b"SerializationException" not in answer.body
    assert b"ValidationException" not in answer.body


@pytest.mark.one_in(4)
@pytest.mark.parametrize("body", ODD_JSON, ids=lambda body: f"{body[:20]!r} {len(body)}")
def test_odd_json(target: InProcess, body: bytes) -> None:
    for operation in ("PutRecords", "ListTagsForStream", "GetShardIterator"):
        # 200 where what is odd is a member that the operation does not have.
        assert answer_to(target, operation, JSON, body).status in (200, 400)


@pytest.mark.one_in(4)
@pytest.mark.parametrize("body", ODD_CBOR, ids=lambda body: f"{body[:20]!r} {len(body)}")
def test_odd_cbor(target: InProcess, body: bytes) -> None:
    for operation in ("PutRecords", "ListTagsForStream", "GetShardIterator"):
        assert answer_to(target, operation, CBOR, body).status == 400


@pytest.mark.one_in(9)
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("content_type", [JSON, CBOR])
def test_each_member_replaced_by_each_odd_value(
    target: InProcess, operation: str, content_type: str
) -> None:
    call = CALLS[operation]
    for place in range(len(call)):
        for value in ODD_VALUES:
            body = encoded(replaced(call, place, value), content_type)
            answer_to(target, operation, content_type, body)


@LENIENT
@given(NAMES, PROTOCOLS, st.binary(max_size=200))
def test_any_bytes(target: InProcess, operation: str, content_type: str, body: bytes) -> None:
    answer_to(target, operation, content_type, body)


@LENIENT
@given(NAMES, json_values)
def test_any_json(target: InProcess, operation: str, value: Any) -> None:
    answer_to(target, operation, JSON, json.dumps(value).encode())


@LENIENT
@given(NAMES, PROTOCOLS, st.integers(0, 1000), st.sampled_from(ODD_VALUES) | json_values)
def test_any_member_replaced(
    target: InProcess, operation: str, content_type: str, path: int, value: Any
) -> None:
    call = replaced(CALLS[operation], path, value)
    answer_to(target, operation, content_type, encoded(call, content_type))


@LENIENT
@given(NAMES, PROTOCOLS, st.data())
def test_any_bytes_changed(
    target: InProcess, operation: str, content_type: str, data: st.DataObject
) -> None:
    body = bytearray(encoded(CALLS[operation], content_type))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        cut = data.draw(st.integers(0, 3))
        body[start : start + cut] = data.draw(st.binary(max_size=4))
    answer_to(target, operation, content_type, bytes(body))


HEADS = st.sampled_from(
    [
        b"content-type", b"x-amz-target", b"authorization", b"x-amz-date", b"date", b"origin",
        b"x-amz-content-sha256", b"x-amz-security-token", b"content-length", b"host", b"expect",
        b"access-control-request-headers", b"content-encoding", b"transfer-encoding", b"a",
    ]
)  # fmt: skip
VALUES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            JSON.encode(),
            CBOR.encode(),
            b"application/json",
            b"Kinesis_20131202.ListStreams",
            b"Kinesis_20131202.SubscribeToShard",
            b"AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/kinesis/aws4_request, "
            b"SignedHeaders=host;x-amz-date, Signature=" + b"a" * 64,
            b"20200101T000000Z",
            b"Wed, 01 Jan 2020 00:00:00 GMT",
        ]
    ),
)
QUERIES = st.binary(max_size=40) | st.lists(
    st.tuples(
        st.sampled_from(
            [
                b"X-Amz-Algorithm",
                b"X-Amz-Credential",
                b"X-Amz-Date",
                b"X-Amz-Expires",
                b"X-Amz-Signature",
                b"X-Amz-SignedHeaders",
                b"X-Amz-Security-Token",
                b"%ff",
            ]
        ),
        st.binary(max_size=20) | st.sampled_from([b"AWS4-HMAC-SHA256", b"host", b"604801", b"-1"]),
    ).map(b"=".join),
    max_size=8,
).map(b"&".join)


@LENIENT
@given(
    st.sampled_from(["POST", "GET", "PUT", "DELETE", "OPTIONS", "HEAD", "X"]),
    st.binary(max_size=20).map(lambda path: b"/" + path),
    QUERIES,
    st.lists(st.tuples(HEADS, VALUES), max_size=8),
    st.sampled_from([b"", b"{}", b"\xa0", b"a"]),
)
def test_any_head(
    target: InProcess,
    method: str,
    path: bytes,
    query: bytes,
    fields: list[tuple[bytes, bytes]],
    body: bytes,
) -> None:
    answer = checked_answer(target, scope_of(method, path, query, fields), body)
    assert answer.status != 200 or method in ("OPTIONS", "GET", "HEAD")


@LENIENT
@given(st.sampled_from(OPERATIONS), HEADS, VALUES, QUERIES)
@example("PutRecord", b"content-encoding", b"gzip", b"")
def test_a_signed_head_with_one_field_changed(
    target: InProcess, operation: str, name: bytes, value: bytes, query: bytes
) -> None:
    body = encoded(CALLS[operation], JSON)
    fields = dict(signed_fields(body, operation, JSON)) | {name: value}
    checked_answer(target, scope_of(query=query, fields=list(fields.items())), body)


@pytest.mark.slow
def test_a_head_of_100_000_fields(target: InProcess) -> None:
    """An HTTP server refuses more than 100 of them; the application must not rely on that."""
    fields = signed_fields(b"{}", "ListStreams", JSON)
    fields += [(b"a%d" % number, b"b") for number in range(100_000)]
    assert checked_answer(target, scope_of(fields=fields), b"{}").status == 200
    fields += [(b"a", b"b")] * 100_000
    assert checked_answer(target, scope_of(fields=fields), b"{}").status == 200
