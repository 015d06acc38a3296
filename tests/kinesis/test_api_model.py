"""What is built of botocore's model, and what it refuses of an input."""

from typing import Any

import pytest
from botocore.model import Shape, StructureShape
from botocore.session import Session

from kinesis_wire import Wire, invalid
from shardline.kinesis.api import kinesis_api

MODEL = Session().get_service_model("kinesis")
BUILT = frozenset(
    kinesis_api(*(None,) * 4, b"", *(None,) * 3).handlers  # type: ignore[arg-type] # nothing is called
)


def input_of(operation: str) -> StructureShape:
    return MODEL.operation_model(operation).input_shape


def lower_first(member: str) -> str:
    return member[0].lower() + member[1:]


def test_every_operation_built_is_one_of_the_model() -> None:
    assert set(MODEL.operation_names) >= BUILT
    assert len(BUILT) == 40


@pytest.mark.parametrize("operation", sorted(set(MODEL.operation_names) - BUILT))
def test_an_operation_that_is_not_built_says_so(aws: Wire, operation: str) -> None:
    code, message = aws.error(operation, 501)
    assert code == "NotImplementedException"
    assert f"kinesis has the operation {operation}, " in message


REQUIRED = [(op, member) for op in sorted(BUILT) for member in input_of(op).required_members]


@pytest.mark.one_in(4)
@pytest.mark.parametrize(("operation", "member"), REQUIRED)
def test_a_required_member_that_is_missing(aws: Wire, operation: str, member: str) -> None:
    # K: 'Member must not be null', for all operations
    members = {
        name: good_value(input_of(operation).members[name], name)
        for name in input_of(operation).required_members
        if name != member
    }
    assert aws.error(operation, **members) == invalid(
        f"Value null at '{lower_first(member)}' failed to satisfy constraint: "
        "Member must not be null"
    )


def good_value(shape: Shape, name: str) -> Any:
    """Something of the right type and within the constraints."""
    if name.endswith("ARN"):
        of_stream = "arn:aws:kinesis:us-east-1:000000000000:stream/nobody"
        return of_stream + "/consumer/nobody:1" * (name == "ConsumerARN")
    if shape.type_name == "structure":
        return {name: good_value(shape.members[name], name) for name in shape.required_members}
    if shape.type_name == "list":
        return [good_value(shape.member, name)]
    if enum := shape.metadata.get("enum"):
        return enum[0]
    return {
        "string": "1",
        "integer": shape.metadata.get("min", 24),
        "blob": "",
        "map": {"k": "v"},
        "boolean": False,
        "timestamp": 0,
    }[shape.type_name]


WRONG_TYPES: dict[str, tuple[Any, str]] = {
    # K:helpers; L:apigateway_api 2025-06 still has them
    "string": (True, "class java.lang.Boolean can not be converted to an String"),
    "integer": ("x", "class java.lang.String can not be converted to an Integer"),
    "boolean": ("23", "'23' can not be converted to an Boolean"),
    "timestamp": ("x", "class java.lang.String can not be converted to milliseconds since epoch"),
    "blob": (True, "class java.lang.Boolean can not be converted to a Blob"),
    "list": ("x", "Expected list or null"),
    "map": ("x", "Expected map or null"),
    "structure": ([], "Start of list found where not expected"),
}
MEMBERS = [(op, member) for op in sorted(BUILT) for member in input_of(op).members]


@pytest.mark.one_in(6)
@pytest.mark.parametrize(("operation", "member"), MEMBERS)
def test_a_member_of_the_wrong_type(aws: Wire, operation: str, member: str) -> None:
    value, text = WRONG_TYPES[input_of(operation).members[member].type_name]
    reply = aws.call(operation, {member: value})
    assert reply.status == 400
    # K: the one error whose member is `Message`, with a capital
    assert reply.body == b'{"__type":"SerializationException","Message":"%b"}' % text.encode()
