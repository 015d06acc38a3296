"""The structs of the hot operations, held against botocore's model."""

from typing import Any

import pytest
from botocore.session import Session
from msgspec import Struct, structs

from shardline.kinesis import structs as typed

MODEL = Session().get_service_model("kinesis")
STRUCTS = {
    name: struct
    for name, struct in vars(typed).items()
    if isinstance(struct, type) and issubclass(struct, Struct) and struct is not Struct
}
# Members that AWS's model does not require, but that every answer of ours has.
ALWAYS = {
    "ChildShard": {"HashKeyRange"},
    "PutRecordsOutput": {"FailedRecordCount"},
    "Record": {"ApproximateArrivalTimestamp"},
}
# Members that AWS's model requires, but that are absent now and then on AWS too.
NOT_ALWAYS = {"SubscribeToShardEvent": {"ContinuationSequenceNumber"}}


@pytest.mark.parametrize("name", sorted(STRUCTS))
def test_a_struct_has_the_members_of_its_shape(name: str) -> None:
    shape = MODEL.shape_for(name)
    fields = {field.name: field for field in structs.fields(STRUCTS[name])}
    assert fields
    assert set(fields) == set(shape.members)
    required = {name for name, field in fields.items() if field.required}
    always = set(shape.required_members) - NOT_ALWAYS.get(name, set())
    assert required == always | ALWAYS.get(name, set())


def test_the_structs_of_typed_operations_are_their_inputs() -> None:
    for operation, hot in typed.TYPED.items():
        assert hot.struct.__name__ == MODEL.operation_model(operation).input_shape.name


def test_the_bounds_of_the_fast_way_are_the_models() -> None:
    def bound(shape: str, which: str = "max") -> Any:
        return MODEL.shape_for(shape).metadata[which]

    assert bound("PutRecordsRequestEntryList") == typed.MAX_RECORDS
    assert bound("PartitionKey") == typed.MAX_KEY_CHARS
    assert bound("Data") == typed.MAX_DATA_BYTES
    assert bound("GetRecordsInputLimit") == typed.MAX_READ_RECORDS
    assert bound("HashKey", "pattern") == "^(0|([1-9]\\d{0,38}))$"
    assert bound("StreamName", "pattern") == "[a-zA-Z0-9_.-]+"
    assert (bound("StreamName"), bound("ShardIterator")) == (128, 512)
