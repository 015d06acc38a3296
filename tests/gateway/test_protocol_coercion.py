"""AWS's texts for members of the wrong type (recorded by kinesalite's tests, and in 2025 again)."""

import json

import pytest

from shardline.gateway.errors import SerializationError
from shardline.gateway.model import Operation, load_service
from shardline.gateway.protocols.json import JsonProtocol
from shardline.gateway.shapes import ShapeCompiler

NUMBER = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber"
LIST = "Start of list found where not expected"
OBJECT = "Start of structure or map found where not expected."

_scalars = ["string", "integer", "long", "float", "double", "boolean", "timestamp", "blob"]
_definitions = {
    "Input": {
        "type": "structure",
        "members": {
            **{kind: {"shape": kind} for kind in _scalars},
            "list": {"shape": "list"},
            "map": {"shape": "map"},
            "structure": {"shape": "Inner"},
        },
    },
    "list": {"type": "list", "member": {"shape": "Inner"}},
    "map": {"type": "map", "key": {"shape": "string"}, "value": {"shape": "string"}},
    "Inner": {"type": "structure", "members": {"string": {"shape": "string"}}},
    **{kind: {"type": kind} for kind in _scalars},
}
EVERY_TYPE = Operation(
    name="EveryType",
    service="test",
    java_package="",
    input=ShapeCompiler(_definitions).structure("Input"),
    output=None,
    errors={},
    has_event_stream=False,
)
JSON = JsonProtocol()


def check(value, operation=EVERY_TYPE):
    return JSON.check(operation, JSON.decode(json.dumps(value).encode()))


def _refusals():
    for kind in [*_scalars, "map", "structure"]:
        yield kind, [], LIST
    for kind in [*_scalars, "list"]:
        yield kind, {}, OBJECT
    for kind, name in [
        ("string", "an String"),
        ("integer", "an Integer"),
        ("long", "an Long"),
        ("float", "an Float"),
        ("double", "an Double"),
        ("timestamp", "milliseconds since epoch"),
        ("blob", "a Blob"),
    ]:
        yield kind, True, f"class java.lang.Boolean can not be converted to {name}"
        if kind in ("string", "blob"):
            yield kind, 23, f"{NUMBER} can not be converted to {name}"
            yield kind, 2.5, f"{NUMBER} can not be converted to {name}"
        else:
            yield kind, "23", f"class java.lang.String can not be converted to {name}"
    yield "boolean", "23", "'23' can not be converted to an Boolean"
    yield "boolean", "hello", "'HELLO' can not be converted to an Boolean"
    yield "boolean", 1, f"{NUMBER} can not be converted to an Boolean"
    for scalar in (True, 1, "a"):
        yield "list", scalar, "Expected list or null"
        yield "map", scalar, "Expected map or null"
        yield "structure", scalar, "Expected null"
        yield "list", [scalar], "Expected null"
    yield "list", [[]], LIST
    yield "list", [{"string": 1}], f"{NUMBER} can not be converted to an String"
    yield "map", {"a": []}, LIST
    yield "structure", {"string": {}}, OBJECT


@pytest.mark.parametrize(("member", "value", "text"), list(_refusals()))
def test_a_wrong_type_is_refused_in_awss_words(member, value, text):
    with pytest.raises(SerializationError) as refused:
        check({member: value})
    assert refused.value.message == text
    assert refused.value.code == "SerializationException"
    assert (
        JSON.error_response(refused.value).body
        == json.dumps(
            {"__type": "SerializationException", "Message": text}, separators=(",", ":")
        ).encode()
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("23456", "Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
        ("=+/=", "Invalid Base64 character: '='"),
        ("+/+=", "Invalid last non-pad Base64 character dectected"),
        ("QR==", "Invalid last non-pad Base64 character dectected"),
        ("QQ-=", "Invalid Base64 character: '-'"),
        ("QQ\n=", "Invalid Base64 character: '\n'"),
        ("====", "Invalid Base64 character: '='"),
        ("Q===", "Invalid Base64 character: '='"),
        ("QQ==QQ==", "Invalid Base64 character: '='"),
        ("QQ==QQQQ", "Invalid Base64 character: '='"),
        ("QQQé", "Invalid Base64 character: 'é'"),
    ],
)
def test_a_blob_that_is_not_base64_is_refused(text, why):
    with pytest.raises(SerializationError) as refused:
        check({"blob": text})
    assert refused.value.message == f"'{text}' can not be converted to a Blob: {why}"


@pytest.mark.parametrize(
    ("member", "value", "expected"),
    [
        ("integer", 100_000_000_000, 2**31 - 1),
        ("integer", -100_000_000_000, -(2**31)),
        ("integer", 10**300, 2**31 - 1),
        ("integer", 1e300, 2**31 - 1),
        ("integer", 2.9, 2),
        ("integer", -2.1, -3),
        ("long", 100_000_000_000, 100_000_000_000),
        ("long", 2**63, 2**63 - 1),
        ("long", -1e300, -(2**63)),
        ("double", 3, 3.0),
        ("double", 10**400, float("inf")),
        ("boolean", False, False),
        ("boolean", "true", True),
        ("boolean", "No", False),
        ("boolean", "1", True),
        ("boolean", "0", False),
        ("boolean", "yes", True),
        ("boolean", 0.5, True),
        ("timestamp", 1441215410.867, 1441215410.867),
        ("timestamp", 1441215410, 1441215410.0),
        ("timestamp", 10**400, (2**63 - 1) / 1000),
        ("blob", "", b""),
        ("blob", "QQ==", b"A"),
        ("blob", "QUI=", b"AB"),
        ("blob", "+/A/", b"\xfb\xf0\x3f"),
        ("list", [{}, None, {"string": "a"}], [{}, None, {"string": "a"}]),
        ("map", {"a": "b", "c": None}, {"a": "b", "c": None}),
        ("structure", {"string": "a", "other": 1}, {"string": "a"}),
    ],
)
def test_what_aws_takes_becomes_a_python_value(member, value, expected):
    checked = check({member: value})[member]
    assert checked == expected
    assert type(checked) is type(expected)


def test_unknown_members_and_nulls_are_dropped():
    assert check({"string": None, "other": [[{}]], "list": None}) == {}


def test_the_first_wrong_member_of_the_body_is_named():
    with pytest.raises(SerializationError, match="Integer"):
        check({"integer": "a", "string": 1})
    with pytest.raises(SerializationError, match="String"):
        check({"string": 1, "integer": "a"})


def test_an_operation_without_input_takes_anything():
    without_input = Operation("Nothing", "test", "", None, None, {}, False)
    assert check({"a": 1}, without_input) == {}


def test_the_texts_are_reached_through_a_real_operation():
    create_stream = load_service("kinesis").operations["CreateStream"]
    with pytest.raises(SerializationError, match=r"^SerializationException: Expected map or null$"):
        check({"StreamName": "a", "Tags": "b"}, create_stream)
