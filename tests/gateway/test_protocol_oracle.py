"""botocore writes what we read, and reads what we write, over every shape of Kinesis.

botocore does not speak Kinesis's CBOR, but its codec for another protocol is the same but for time:
it has tag 1 around seconds, where Kinesis has milliseconds.
"""

import datetime

import pytest
from botocore.parsers import JSONParser, RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer, create_serializer
from hypothesis import given, settings
from hypothesis import strategies as st

from example_counts import examples
from gateway.shape_values import BOTOCORE, EPOCH, KINESIS, OPERATIONS, values_of, with_datetimes
from shardline.gateway.protocols.cbor import CborProtocol
from shardline.gateway.protocols.json import JsonProtocol

ANSWERING = [
    name
    for name in OPERATIONS
    if KINESIS.operations[name].output and not KINESIS.operations[name].has_event_stream
]


class KinesisCborSerializer(RpcV2CBORSerializer):
    def _convert_timestamp_to_str(self, value, timestamp_format=None):
        return round((value - EPOCH) / datetime.timedelta(milliseconds=1))


def _from_milliseconds(value):
    return EPOCH + datetime.timedelta(milliseconds=value)


@pytest.mark.one_in(5)
@pytest.mark.parametrize("name", OPERATIONS)
@given(data=st.data())
@settings(max_examples=examples(12), deadline=None)
def test_what_botocore_sends_as_json_is_read(name, data):
    # Given any input, sent by botocore
    shape = KINESIS.operations[name].input
    params = data.draw(values_of(shape))
    request = create_serializer("json", include_validation=False).serialize_to_request(
        with_datetimes(shape, params), BOTOCORE.operation_model(name)
    )
    # When it is decoded and checked, then it is the input.
    protocol = JsonProtocol()
    decoded = protocol.decode(request["body"])
    assert protocol.check(KINESIS.operations[name], decoded) == params


@pytest.mark.one_in(5)
@pytest.mark.parametrize("name", OPERATIONS)
@given(data=st.data())
@settings(max_examples=examples(12), deadline=None)
def test_what_botocore_encodes_as_cbor_is_read(name, data):
    shape = KINESIS.operations[name].input
    params = data.draw(values_of(shape))
    body = bytearray()
    KinesisCborSerializer()._serialize_data_item(
        body, with_datetimes(shape, params), BOTOCORE.operation_model(name).input_shape
    )
    protocol = CborProtocol()
    decoded = protocol.decode(bytes(body))
    assert protocol.check(KINESIS.operations[name], decoded) == params


@pytest.mark.one_in(5)
@pytest.mark.parametrize(
    ("protocol", "parser"),
    [
        (JsonProtocol(), JSONParser()),
        (CborProtocol(), RpcV2CBORParser(timestamp_parser=_from_milliseconds)),
    ],
    ids=["json", "cbor"],
)
@pytest.mark.parametrize("name", ANSWERING)
@given(data=st.data())
@settings(max_examples=examples(12), deadline=None)
def test_botocore_reads_what_is_answered(name, protocol, parser, data):
    # Given any answer
    operation = KINESIS.operations[name]
    answer = data.draw(values_of(operation.output))
    # When it is written and botocore parses it, then it is the answer.
    response = {
        "status_code": 200,
        "headers": {"smithy-protocol": "rpc-v2-cbor"},  # which the CBOR parser insists on
        "body": protocol.encode(operation, answer),
    }
    parsed = parser.parse(response, BOTOCORE.operation_model(name).output_shape)
    del parsed["ResponseMetadata"]
    assert parsed == with_datetimes(operation.output, answer)
