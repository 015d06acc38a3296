"""botocore writes what we read, and reads what we write, over every shape of CloudWatch.

By the two newer protocols that CloudWatch speaks: Smithy's rpc-v2-cbor, and JSON 1.0.
"""

from typing import Any

import pytest
from botocore.parsers import JSONParser, RpcV2CBORParser
from botocore.serialize import JSONSerializer, RpcV2CBORSerializer
from hypothesis import given, settings
from hypothesis import strategies as st

from example_counts import examples
from gateway.shape_values import botocore_model, values_of, with_datetimes
from shardline.gateway.dialects import BODY_BYTES, JSON_1_0
from shardline.gateway.model import load_service
from shardline.gateway.protocols.cbor import RpcCborProtocol
from shardline.gateway.protocols.json import JsonProtocol

CLOUDWATCH = load_service("cloudwatch")
BOTOCORE = botocore_model("cloudwatch")
CBOR = RpcCborProtocol(body_limit=BODY_BYTES)
JSON = JsonProtocol(JSON_1_0, body_limit=BODY_BYTES)
OPERATIONS = sorted(CLOUDWATCH.operations)
ANSWERING = [name for name in OPERATIONS if CLOUDWATCH.operations[name].output]


@pytest.mark.one_in(5)
@pytest.mark.parametrize(
    ("protocol", "serializer"),
    [(CBOR, RpcV2CBORSerializer()), (JSON, JSONSerializer())],
    ids=["cbor", "json"],
)
@pytest.mark.parametrize("name", OPERATIONS)
@given(data=st.data())
@settings(max_examples=examples(6), deadline=None)
def test_what_botocore_sends_is_read(name: str, protocol: Any, serializer: Any, data: Any) -> None:
    operation = CLOUDWATCH.operations[name]
    params = data.draw(values_of(operation.input)) if operation.input else {}
    given_ = with_datetimes(operation.input, params) if operation.input else {}
    request = serializer.serialize_to_request(given_, BOTOCORE.operation_model(name))
    assert protocol.check(operation, protocol.decode(request["body"])) == params


@pytest.mark.one_in(5)
@pytest.mark.parametrize(
    ("protocol", "parser"), [(CBOR, RpcV2CBORParser()), (JSON, JSONParser())], ids=["cbor", "json"]
)
@pytest.mark.parametrize("name", ANSWERING)
@given(data=st.data())
@settings(max_examples=examples(6), deadline=None)
def test_botocore_reads_what_is_answered(name: str, protocol: Any, parser: Any, data: Any) -> None:
    operation = CLOUDWATCH.operations[name]
    assert operation.output is not None
    answer = data.draw(values_of(operation.output))
    response = {
        "status_code": 200,
        "headers": {"smithy-protocol": "rpc-v2-cbor"},
        "body": protocol.encode(operation, answer),
    }
    parsed = parser.parse(response, BOTOCORE.operation_model(name).output_shape)
    del parsed["ResponseMetadata"]
    assert parsed == with_datetimes(operation.output, answer)
