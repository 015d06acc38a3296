"""The services and shapes that are compiled from botocore's models."""

import re

import pytest

from gateway.shape_values import BUNDLED
from shardline.gateway.model import load_service
from shardline.gateway.shapes import (
    RECORDED_ENUM_ORDERS,
    ListShape,
    MapShape,
    ShapeCompiler,
    StructureShape,
)

KINESIS = load_service("kinesis")


def test_kinesis_is_described_as_its_clients_address_it():
    assert KINESIS.name == "kinesis"
    assert KINESIS.target_prefix == "Kinesis_20131202"
    assert KINESIS.signing_name == "kinesis"
    assert KINESIS.json_version == "1.1"
    assert KINESIS.api_version == "2013-12-02"


@pytest.mark.parametrize(
    ("name", "signing_name", "target_prefix"),
    [
        ("cloudwatch", "monitoring", "GraniteServiceVersion20100801"),
        ("iam", "iam", None),
        ("sts", "sts", None),
    ],
)
def test_the_other_services_load(name, signing_name, target_prefix):
    service = load_service(name)
    assert (service.signing_name, service.target_prefix) == (signing_name, target_prefix)
    assert all(service.operations[operation].name == operation for operation in service.operations)


def test_the_model_is_the_one_that_botocores_loader_gives():
    # Given botocore's own loader, then it has the same operations with the same members.
    assert set(KINESIS.operations) == set(BUNDLED["operations"])
    for name, definition in BUNDLED["operations"].items():
        operation = KINESIS.operations[name]
        for part, shape in (("input", operation.input), ("output", operation.output)):
            expected = definition.get(part)
            assert (shape is None) == (expected is None)
            if expected is not None:
                members = BUNDLED["shapes"][expected["shape"]]["members"]
                assert list(shape.members) == list(members)


def test_a_service_that_botocore_lacks_is_refused():
    with pytest.raises(ValueError, match="no service model named 'kinetics'"):
        load_service("kinetics")


def test_operations_answer_as_a_mapping_does():
    operations = KINESIS.operations
    assert "PutRecord" in operations
    assert "PutRecordz" not in operations
    assert len(operations) == len(list(operations)) > 40
    assert operations["PutRecord"] is operations["PutRecord"]
    with pytest.raises(KeyError):
        operations["PutRecordz"]


def test_a_void_operation_has_no_output():
    assert KINESIS.operations["CreateStream"].output is None
    assert KINESIS.operations["PutRecord"].output is not None


def test_only_the_subscription_answers_an_event_stream():
    streaming = [name for name, op in KINESIS.operations.items() if op.has_event_stream]
    assert streaming == ["SubscribeToShard"]


def test_errors_have_the_models_codes_and_status():
    errors = KINESIS.operations["PutRecord"].errors
    assert errors["ResourceNotFoundException"] == 400
    assert errors["InternalFailureException"] == 500
    # IAM's shapes are named otherwise than their codes.
    assert load_service("iam").operations["CreateUser"].errors["EntityAlreadyExists"] == 409


def test_constraints_come_from_the_model():
    shape = KINESIS.operations["CreateStream"].input
    assert shape.required == {"StreamName"}
    name = shape.members["StreamName"]
    assert (name.minimum, name.maximum, name.pattern) == (1, 128, "[a-zA-Z0-9_.-]+")
    assert shape.members["StreamModeDetails"].members["StreamMode"].enum == (
        "PROVISIONED",
        "ON_DEMAND",
    )
    assert isinstance(shape.members["Tags"], MapShape)


def test_every_pattern_of_kinesis_compiles():
    patterns = {s["pattern"] for s in BUNDLED["shapes"].values() if "pattern" in s}
    assert len(patterns) > 10
    for pattern in patterns:
        re.compile(pattern, re.ASCII)


def test_recorded_enum_orders_hold_the_models_values():
    for name, order in RECORDED_ENUM_ORDERS.items():
        assert sorted(order) == sorted(BUNDLED["shapes"][name]["enum"])


def test_an_enum_that_has_grown_is_printed_in_the_models_order():
    values = ["LATEST", "AFTER_LUNCH"]
    compiler = ShapeCompiler({"ShardIteratorType": {"type": "string", "enum": values}})
    assert compiler.shape("ShardIteratorType").enum == tuple(values)


def test_shapes_that_contain_themselves_compile():
    # Given a tree, whose nodes hold lists of nodes.
    definitions = {
        "Tree": {"type": "structure", "members": {"Leaves": {"shape": "Trees"}}},
        "Trees": {"type": "list", "member": {"shape": "Tree"}},
    }
    # When it is compiled
    tree = ShapeCompiler(definitions).structure("Tree")
    # Then the node is its own descendant.
    leaves = tree.members["Leaves"]
    assert isinstance(leaves, ListShape)
    assert leaves.member is tree


def test_an_input_is_a_structure():
    with pytest.raises(TypeError, match="Name is a string"):
        ShapeCompiler({"Name": {"type": "string"}}).structure("Name")


def test_every_shape_of_the_tree_is_reachable():
    records = KINESIS.operations["PutRecords"].input.members["Records"]
    assert isinstance(records, ListShape)
    assert isinstance(records.member, StructureShape)
    assert records.member.members["Data"].maximum == 10_485_760
