"""botocore writes the forms that we read, and reads the XML that we write: IAM, STS, CloudWatch.

The models of the three have no other names on the wire and nothing flattened, as older services do;
a model made here has them all.
"""

from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.model import ServiceModel
from botocore.parsers import QueryParser
from botocore.serialize import QuerySerializer
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from example_counts import examples
from gateway.shape_values import botocore_model, values_of, with_datetimes
from shardline.gateway.model import Operation, load_service
from shardline.gateway.protocols.query import QueryProtocol
from shardline.gateway.shapes import ListShape, MapShape, Shape, ShapeCompiler, StructureShape

ID = b"3b6b8cf2-0000-4000-8000-000000000000"
QUERY = QueryProtocol(ID, body_limit=2**20)
SERVICES = ["cloudwatch", "iam", "sts"]
MODELS = {name: botocore_model(name) for name in SERVICES}
OPERATIONS = [(s, name) for s in SERVICES for name in load_service(s).operations]

TEXT = {"type": "string"}
NAMES: dict[str, Any] = {
    "metadata": {
        "apiVersion": "2020-01-01",
        "protocol": "query",
        "protocols": ["query"],
        "endpointPrefix": "names",
        "serviceId": "names",
        "xmlNamespace": "https://names.example/",
    },
    "operations": {
        "Do": {
            "name": "Do",
            "http": {"method": "POST", "requestUri": "/"},
            "input": {"shape": "All"},
            "output": {"shape": "All", "resultWrapper": "DoResult"},
        }
    },
    "shapes": {
        "Text": TEXT,
        "All": {
            "type": "structure",
            "members": {
                "Renamed": {"shape": "Text", "locationName": "other"},
                "Flat": {"shape": "Flat"},
                "FlatNamed": {"shape": "FlatNamed"},
                "Named": {"shape": "Named", "locationName": "named"},
                "Map": {"shape": "Map"},
                "FlatMap": {"shape": "FlatMap"},
                "NamedMap": {"shape": "NamedMap"},
                "Nested": {"shape": "Nested"},
                "Blob": {"shape": "Blob"},
                "When": {"shape": "When"},
                "Long": {"shape": "Long"},
                "Double": {"shape": "Double"},
            },
        },
        "Flat": {"type": "list", "flattened": True, "member": {"shape": "Text"}},
        "FlatNamed": {
            "type": "list",
            "flattened": True,
            "member": {"shape": "Inner", "locationName": "FlatItem"},
        },
        "Named": {"type": "list", "member": {"shape": "Text", "locationName": "item"}},
        "Map": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
        "FlatMap": {
            "type": "map",
            "flattened": True,
            "key": {"shape": "Text"},
            "value": {"shape": "Inner"},
        },
        "NamedMap": {
            "type": "map",
            "key": {"shape": "Text", "locationName": "Name"},
            "value": {"shape": "Text", "locationName": "Value"},
        },
        "Nested": {"type": "list", "member": {"shape": "Named"}},
        "Inner": {"type": "structure", "members": {"A": {"shape": "Text"}}},
        "Blob": {"type": "blob"},
        "When": {"type": "timestamp"},
        "Long": {"type": "long"},
        "Double": {"type": "double"},
    },
}
ALL = ShapeCompiler(NAMES["shapes"]).structure("All")
DO = Operation("Do", "names", "names", ALL, ALL, {}, False, "https://names.example/", "DoResult")


def left_by(shape: Shape, value: Any) -> Any:
    """What a form keeps of a value: structures and maps that are empty leave no trace (None)."""
    if isinstance(shape, StructureShape):
        kept = {name: left_by(shape.members[name], given) for name, given in value.items()}
        return {name: given for name, given in kept.items() if given is not None} or None
    if isinstance(shape, ListShape):
        kept = [left_by(shape.member, given) for given in value]
        return [given for given in kept if given is not None] or (None if kept else [])
    if isinstance(shape, MapShape):
        return {key: left_by(shape.value, given) for key, given in value.items()} or None
    return value


def form_of(model: ServiceModel, operation: str, shape: StructureShape, params: Any) -> bytes:
    request = QuerySerializer().serialize_to_request(
        with_datetimes(shape, params), model.operation_model(operation)
    )
    return urlencode(request["body"]).encode()


def writable(shape: Shape, value: Any) -> Any:
    """`value` without the characters that XML cannot hold."""
    if isinstance(shape, StructureShape):
        return {name: writable(shape.members[name], given) for name, given in value.items()}
    if isinstance(shape, ListShape):
        return [writable(shape.member, given) for given in value]
    if isinstance(shape, MapShape):
        return {writable(shape.key, k): writable(shape.value, v) for k, v in value.items()}
    if isinstance(value, str):
        return "".join(c for c in value if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))
    return value


def check_read(operation: Operation, model: ServiceModel, params: Any) -> None:
    assert operation.input is not None
    tree = QUERY.decode(form_of(model, operation.name, operation.input, params))
    assert (tree["Action"], tree["Version"]) == (operation.name, model.api_version)
    assert QUERY.check(operation, tree) == (left_by(operation.input, params) or {})


def check_written(operation: Operation, model: ServiceModel, answer: Any) -> None:
    assert operation.output is not None
    answer = writable(operation.output, answer)
    response = {"status_code": 200, "headers": {}, "body": QUERY.encode(operation, answer)}
    parsed = QueryParser().parse(response, model.operation_model(operation.name).output_shape)
    assert parsed.pop("ResponseMetadata")["RequestId"] == ID.decode()
    expected = with_datetimes(operation.output, answer)
    assert without_nothing(operation.output, parsed) == without_nothing(operation.output, expected)


def without_nothing(shape: Shape, value: Any) -> Any:
    """`value` without its flattened lists and maps that are empty, which XML cannot say."""
    if isinstance(shape, StructureShape):
        return {
            name: without_nothing(shape.members[name], given)
            for name, given in value.items()
            if given or not getattr(shape.members[name], "flattened", False)
        }
    return value


@pytest.mark.one_in(7)
@pytest.mark.parametrize(("service", "name"), OPERATIONS)
@given(data=st.data())
@settings(max_examples=examples(4), deadline=None)
def test_what_botocore_sends_as_a_form_is_read(service: str, name: str, data: Any) -> None:
    operation = load_service(service).operations[name]
    if operation.input is None:
        assert QUERY.check(operation, QUERY.decode(b"Action=x")) == {}
        return
    check_read(operation, MODELS[service], data.draw(values_of(operation.input)))


@pytest.mark.one_in(7)
@pytest.mark.parametrize(("service", "name"), OPERATIONS)
@given(data=st.data())
@settings(max_examples=examples(4), deadline=None)
def test_botocore_reads_what_is_answered_as_xml(service: str, name: str, data: Any) -> None:
    operation = load_service(service).operations[name]
    if operation.output is None:
        response = {"status_code": 200, "headers": {}, "body": QUERY.encode(operation, None)}
        parsed = QueryParser().parse(response, None)
        assert parsed == {"ResponseMetadata": {"RequestId": ID.decode(), "HTTPStatusCode": 200,
                                               "HTTPHeaders": {}}}  # fmt: skip
        return
    check_written(operation, MODELS[service], data.draw(values_of(operation.output)))


@given(params=values_of(ALL))
@settings(max_examples=examples(200), deadline=None)
def test_other_names_and_flattened_lists_are_read(params: Any) -> None:
    # botocore writes an empty flattened list of named members under the list's own name.
    assume(params.get("FlatNamed") != [])
    check_read(DO, ServiceModel(NAMES, "names"), params)


@given(answer=values_of(ALL))
@settings(max_examples=examples(200), deadline=None)
def test_other_names_and_flattened_lists_are_written(answer: Any) -> None:
    check_written(DO, ServiceModel(NAMES, "names"), answer)
