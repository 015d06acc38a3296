"""AWS's validation sentences. `K` is kinesalite's test suite, as run against AWS until 2020."""

import contextlib
import re

import botocore.validate
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from example_counts import examples
from gateway.shape_values import (
    BOTOCORE,
    KINESIS,
    OPERATIONS,
    botocore_model,
    values_of,
    with_datetimes,
)
from shardline.gateway.constraints import MAX_PRINTED, broken, validate
from shardline.gateway.errors import SerializationError, ValidationError
from shardline.gateway.model import Operation
from shardline.gateway.protocols.json import JsonProtocol
from shardline.gateway.shapes import Shape, ShapeCompiler

NAME_PATTERN = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
LONG_ENTRY = "com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry"


def errors_of(operation, params):
    """The sentences, and that they are counted and joined as AWS does."""
    operation = KINESIS.operations[operation] if isinstance(operation, str) else operation
    try:
        validate(operation, params)
    except ValidationError as error:
        refusal = error
    else:
        return []
    assert refusal.code == "ValidationException"
    count, _, sentences = refusal.message.partition(" detected: ")
    errors = re.split("; (?=Value )", sentences)  # a value that is shown may hold "; " itself
    assert count == f"{len(errors)} validation error{'s' if len(errors) > 1 else ''}"
    return errors


def failed(value, path, constraint):
    return f"Value {value} at '{path}' failed to satisfy constraint: {constraint}"


@pytest.mark.parametrize(
    ("operation", "params", "expected"),
    [
        # K:createStream and every other: required members
        ("CreateStream", {}, [failed("null", "streamName", "Member must not be null")]),
        (
            "PutRecords",
            {"Records": [{"PartitionKey": "a"}]},
            [failed("null", "records.1.member.data", "Member must not be null")],
        ),
        (
            "CreateStream",
            {"StreamName": "a", "StreamModeDetails": {}},
            [failed("null", "streamModeDetails.streamMode", "Member must not be null")],
        ),
        # K:describeStream: numbers
        (
            "DescribeStream",
            {"StreamName": "a", "Limit": 0},
            [failed("'0'", "limit", "Member must have value greater than or equal to 1")],
        ),
        (
            "DescribeStream",
            {"StreamName": "a", "Limit": 100_000},
            [failed("'100000'", "limit", "Member must have value less than or equal to 10000")],
        ),
        # K: an empty name breaks two constraints
        (
            "DescribeStream",
            {"StreamName": ""},
            [
                failed("''", "streamName", NAME_PATTERN),
                failed("''", "streamName", "Member must have length greater than or equal to 1"),
            ],
        ),
        (
            "DescribeStream",
            {"StreamName": "a" * 129},
            [
                failed(
                    f"'{'a' * 129}'",
                    "streamName",
                    "Member must have length less than or equal to 128",
                )
            ],
        ),
        ("DescribeStream", {"StreamName": "a b"}, [failed("'a b'", "streamName", NAME_PATTERN)]),
        # a pattern is held against the whole string, its last newline included
        ("DescribeStream", {"StreamName": "a\n"}, [failed("'a\n'", "streamName", NAME_PATTERN)]),
        (
            "PutRecord",
            {"StreamName": "a", "Data": b"", "PartitionKey": "a", "ExplicitHashKey": "1\n"},
            [
                failed(
                    "'1\n'",
                    "explicitHashKey",
                    r"Member must satisfy regular expression pattern: ^(0|([1-9]\d{0,38}))$",
                )
            ],
        ),
        # digits are ASCII's, as in Java
        (
            "PutRecord",
            {"StreamName": "a", "Data": b"", "PartitionKey": "a", "ExplicitHashKey": "1٣"},
            [
                failed(
                    "'1٣'",
                    "explicitHashKey",
                    r"Member must satisfy regular expression pattern: ^(0|([1-9]\d{0,38}))$",
                )
            ],
        ),
        # K:getShardIterator: the recorded order of an enum
        (
            "GetShardIterator",
            {"StreamName": "a", "ShardId": "shardId-0", "ShardIteratorType": "OLDEST"},
            [
                failed(
                    "'OLDEST'",
                    "shardIteratorType",
                    "Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, "
                    "AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
                )
            ],
        ),
        (
            "UpdateShardCount",
            {"StreamName": "a", "TargetShardCount": 1, "ScalingType": "UNIFORM"},
            [
                failed(
                    "'UNIFORM'",
                    "scalingType",
                    "Member must satisfy enum value set: [UNIFORM_SCALING]",
                )
            ],
        ),
        # K:removeTagsFromStream: lists
        (
            "RemoveTagsFromStream",
            {"StreamName": "a", "TagKeys": []},
            [failed("'[]'", "tagKeys", "Member must have length greater than or equal to 1")],
        ),
        (
            "RemoveTagsFromStream",
            {"StreamName": "a", "TagKeys": ["a", ""]},
            [
                failed(
                    "'[a, ]'",
                    "tagKeys",
                    "Member must satisfy constraint: [Member must have length less than or equal "
                    "to 128, Member must have length greater than or equal to 1]",
                )
            ],
        ),
        (
            "EnableEnhancedMonitoring",
            {"StreamName": "a", "ShardLevelMetrics": ["wrong"]},
            [
                failed(
                    "'[wrong]'",
                    "shardLevelMetrics",
                    "Member must satisfy constraint: [Member must satisfy enum value set: "
                    "[IncomingBytes, IncomingRecords, OutgoingBytes, OutgoingRecords, "
                    "WriteProvisionedThroughputExceeded, ReadProvisionedThroughputExceeded, "
                    "IteratorAgeMilliseconds, ALL]]",
                )
            ],
        ),
        # K:addTagsToStream: maps
        (
            "AddTagsToStream",
            {"StreamName": "a", "Tags": {}},
            [failed("'{}'", "tags", "Member must have length greater than or equal to 1")],
        ),
        (
            "AddTagsToStream",
            {"StreamName": "a", "Tags": {"": "b", "c": "d" * 257}},
            [
                failed(
                    f"'{{=b, c={'d' * 257}}}'",
                    "tags",
                    "Map keys must satisfy constraint: [Member must have length less than or "
                    "equal to 128, Member must have length greater than or equal to 1]",
                ),
                failed(
                    f"'{{=b, c={'d' * 257}}}'",
                    "tags",
                    "Map value must satisfy constraint: [Member must have length less than or "
                    "equal to 256, Member must have length greater than or equal to 0]",
                ),
            ],
        ),
        # a null that a list or a map holds; the sentence is the one AWS Lambda gives
        (
            "AddTagsToStream",
            {"StreamName": "a", "Tags": {"a": None}},
            [
                failed(
                    "'{a=null}'",
                    "tags",
                    "Map value must satisfy constraint: [Member must have length less than or "
                    "equal to 256, Member must have length greater than or equal to 0, "
                    "Member must not be null]",
                ),
            ],
        ),
        (
            "PutRecords",
            {"StreamName": "a", "Records": [None]},
            [failed("null", "records.1.member", "Member must not be null")],
        ),
        # K:putRecords: a structure inside of a printed list
        (
            "PutRecords",
            {"StreamName": "a", "Records": []},
            [failed("'[]'", "records", "Member must have length greater than or equal to 1")],
        ),
    ],
)
def test_a_broken_constraint_is_named_in_awss_words(operation, params, expected):
    assert errors_of(operation, params) == expected


def test_a_blobs_value_is_left_out():
    # awslabs/amazon-kinesis-producer issue 680 (2025)
    too_long = {"Data": b"x" * 10_485_761, "PartitionKey": "a"}
    sentence = (
        "failed to satisfy constraint: Member must have length less than or equal to 10485760"
    )
    assert errors_of("PutRecord", {"StreamName": "a", **too_long}) == [
        f"Value at 'data' {sentence}"
    ]
    assert errors_of("PutRecords", {"StreamName": "a", "Records": [too_long]}) == [
        f"Value at 'records.1.member.data' {sentence}"
    ]


def test_ten_errors_at_most_the_lists_own_first():
    # Given 501 records that all lack their data, and a bad name (K:putRecords)
    params = {"StreamName": "a b", "Records": [{"PartitionKey": "a"}] * 501}
    # When they are validated
    errors = errors_of("PutRecords", params)
    # Then the list's error and nine of its members' are left.
    assert len(errors) == 10
    assert errors[0].endswith(
        "at 'records' failed to satisfy constraint: "
        "Member must have length less than or equal to 500"
    )
    assert errors[0].startswith(f"Value '[{LONG_ENTRY}@1, {LONG_ENTRY}@2, ")
    assert errors[1:] == [
        failed("null", f"records.{place}.member.data", "Member must not be null")
        for place in range(1, 10)
    ]


def test_what_is_printed_is_bounded():
    params = {"StreamName": "a", "Records": [{}] * 100_000}
    printed = errors_of("PutRecords", params)[0]
    assert printed.count(LONG_ENTRY) == MAX_PRINTED
    assert ", ...]' at 'records'" in printed


def test_a_pattern_that_backtracks_is_not_tried_on_what_is_too_long():
    # Given an ARN of 20,000 characters on which the pattern would work for minutes
    arn = "arn:aws" + ":kinesis:" * 1000 + ":000000000000" * 900
    # When it is validated, then the length alone is wrong.
    assert errors_of("TagResource", {"ResourceARN": arn, "Tags": {"a": "b"}}) == [
        failed(f"'{arn}'", "resourceARN", "Member must have length less than or equal to 2048")
    ]


def test_a_name_that_is_too_long_is_held_against_its_pattern_too():
    assert len(errors_of("DescribeStream", {"StreamName": "!" * 129})) == 2


def test_maps_of_structures_name_their_keys():
    definitions = {
        "Input": {"type": "structure", "members": {"Rules": {"shape": "Rules"}}},
        "Rules": {"type": "map", "key": {"shape": "Key"}, "value": {"shape": "Rule"}},
        "Key": {"type": "string", "max": 3},
        "Rule": {"type": "structure", "required": ["On"], "members": {"On": {"shape": "Flags"}}},
        "Flags": {"type": "list", "member": {"shape": "Flag"}, "max": 1},
        "Flag": {"type": "boolean"},
    }
    shape = ShapeCompiler(definitions).structure("Input")
    operation = Operation("Op", "test", "com.example", shape, None, {}, False)
    assert errors_of(operation, {"Rules": {"a": {}, "b": {"On": [True, False]}}}) == [
        failed("null", "rules.a.member.on", "Member must not be null"),
        failed(
            "'[true, false]'",
            "rules.b.member.on",
            "Member must have length less than or equal to 1",
        ),
    ]
    assert errors_of(operation, {"Rules": {"abcd": {"On": []}}}) == [
        failed(
            "'{abcd=com.example.Rule@1}'",
            "rules",
            "Map keys must satisfy constraint: [Member must have length less than or equal to 3]",
        )
    ]


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("CreateStream", {"StreamName": "a" * 128, "ShardCount": 1, "Tags": {"a": ""}}),
        ("DescribeLimits", {}),
        ("PutRecord", {"Data": b"", "PartitionKey": "é" * 256, "ExplicitHashKey": "0"}),
        ("PutRecords", {"Records": [{"Data": b"", "PartitionKey": "a"}] * 500}),
        (
            "TagResource",
            {"ResourceARN": "arn:aws:kinesis:a:000000000000:stream/a", "Tags": {"a": "b"}},
        ),
        (
            "SubscribeToShard",
            {
                "ConsumerARN": "arn:aws:kinesis:us-east-1:000000000000:stream/a/consumer/b:1",
                "ShardId": "shardId-000000000000",
                "StartingPosition": {"Type": "AT_TIMESTAMP", "Timestamp": 1.5},
            },
        ),
    ],
)
def test_what_the_model_allows_passes(operation, params):
    assert errors_of(operation, params) == []


def test_an_operation_without_input_has_nothing_to_validate():
    validate(Operation("Nothing", "test", "", None, None, {}, False), {"a": 1})


@pytest.mark.one_in(5)
@pytest.mark.parametrize("name", OPERATIONS)
@given(data=st.data())
@settings(max_examples=examples(15), deadline=None)
def test_what_passes_here_passes_botocores_validator(name, data):
    # Given any members of the right types
    operation = KINESIS.operations[name]
    params = data.draw(values_of(operation.input))
    # When our validation passes them, then so does botocore's, which knows less (no patterns, no
    # maxima).
    if not errors_of(operation, params):
        shape = BOTOCORE.operation_model(name).input_shape
        params = with_datetimes(operation.input, params)
        report = botocore.validate.ParamValidator().validate(params, shape)
        assert report.generate_report() == ""


@pytest.mark.one_in(5)
@pytest.mark.parametrize("name", OPERATIONS)
@given(data=st.data())
@settings(max_examples=examples(15), deadline=None)
def test_any_json_gets_a_modelled_error_or_passes(name, data):
    operation = KINESIS.operations[name]
    decoded = data.draw(values_of(operation.input, garbled=True).filter(lambda v: type(v) is dict))
    with contextlib.suppress(SerializationError, ValidationError):
        validate(operation, JsonProtocol().check(operation, decoded))


@pytest.mark.parametrize("service", ["kinesis", "iam", "sts", "cloudwatch"])
def test_every_pattern_of_the_models_can_be_tried(service):
    model = botocore_model(service)
    found = (model.shape_for(name).metadata.get("pattern") for name in model.shape_names)
    patterns = set(found) - {None}
    assert patterns
    for pattern in patterns:
        broken(Shape("any", "string", pattern=pattern), "a")
        # Classes that mean ASCII in Java, and Unicode to the library that knows categories.
        assert not (r"\p{" in pattern and re.search(r"\\[wdsb]", pattern))
