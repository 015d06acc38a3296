"""Policies from AWS's documentation do what their pages say.

Pages: Kinesis developer guide, "Controlling access" and "Sharing your data stream"; IAM User Guide,
"Variables and tags", "Permissions boundaries", "Condition operators", "NotAction".
"""

import pytest

from iam.decisions import ANN, BLUE, OTHER, OWN, ROLE
from iam.documents import policy, statement
from shardline.iam.policy import context
from shardline.iam.policy.documents import Policy
from shardline.iam.policy.evaluation import Policies, Request, evaluate
from shardline.iam.policy.grammar import Kind
from shardline.iam.policy.principals import Principal, Type
from shardline.iam.policy.variables import Context

STREAM = f"arn:aws:kinesis:us-east-1:{OWN}:stream/stream1"
CONSUMER = f"{STREAM}/consumer/app:1700000000"


def may(
    who: Principal,
    action: str,
    resource: str,
    *identity: Policy,
    keys: Context | None = None,
    boundary: Policy | None = None,
    of_resource: Policy | None = None,
) -> bool:
    """Whether a caller may do something."""
    request = Request(who, action, resource, context.of_principal(who) | dict(keys or {}))
    return evaluate(request, Policies(identity, boundary, None, of_resource)).is_allowed


def test_a_producer_writes_to_its_streams_alone() -> None:
    # Example 2: Allow users to add records to one stream or several.
    producer = policy(
        statement(Action="kinesis:PutRecord", Resource=[STREAM, STREAM.replace("1:", "2:")])
    )
    assert may(ANN, "kinesis:PutRecord", STREAM, producer)
    assert not may(ANN, "kinesis:PutRecords", STREAM, producer)
    assert not may(ANN, "kinesis:PutRecord", f"{STREAM}0", producer)
    assert not may(ANN, "kinesis:GetRecords", STREAM, producer)


def test_a_consumer_reads_and_lists() -> None:
    # Example 1: Allow users to get data from a stream.
    reader = policy(
        statement(Action=["kinesis:Get*", "kinesis:DescribeStreamSummary"], Resource=[STREAM]),
        statement(Action=["kinesis:ListStreams"], Resource=["*"]),
    )
    for action in ("GetRecords", "GetShardIterator", "DescribeStreamSummary"):
        assert may(ANN, f"kinesis:{action}", STREAM, reader)
    assert may(ANN, "kinesis:ListStreams", "*", reader)
    assert not may(ANN, "kinesis:PutRecord", STREAM, reader)


def test_fan_out_is_granted_on_consumers_and_nowhere_else() -> None:
    # The KCL's page of permissions; traps of widely used modules that grant it on the stream.
    on_stream = policy(statement(Action="kinesis:SubscribeToShard", Resource=STREAM))
    on_consumers = policy(
        statement(Action="kinesis:SubscribeToShard", Resource=f"{STREAM}/consumer/*")
    )
    assert not may(ANN, "kinesis:SubscribeToShard", CONSUMER, on_stream)
    assert may(ANN, "kinesis:SubscribeToShard", CONSUMER, on_consumers)


def test_a_stream_is_shared_with_another_account() -> None:
    # "Sharing your data stream with another account": its policy, and the role's own.
    write = ["kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:PutRecord"]
    theirs = f"arn:aws:kinesis:us-east-2:{OTHER}:stream/datastreamABC"
    shared = policy(
        statement(Sid="writestatement", Principal={"AWS": OWN}, Action=write, Resource=theirs),
        kind=Kind.RESOURCE,
    )
    own = policy(statement(Action=write, Resource=theirs))
    assert may(BLUE, "kinesis:PutRecord", theirs, own, of_resource=shared)
    assert not may(BLUE, "kinesis:PutRecord", theirs, of_resource=shared)
    assert not may(BLUE, "kinesis:PutRecord", theirs, own)
    assert not may(BLUE, "kinesis:GetRecords", theirs, own, of_resource=shared)


def test_tags_of_caller_and_resource_must_agree() -> None:
    # "Variables and tags" and the tutorial on attribute-based access.
    team = policy(
        statement(
            Action="kinesis:*",
            Resource="*",
            Condition={"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
        )
    )
    red = Principal(Type.USER, ANN.arn, OWN, "AIDAX", "ann", tags=(("Team", "red"),))
    red_stream = context.of_resource(OWN, [("team", "red")])
    assert may(red, "kinesis:PutRecord", STREAM, team, keys=red_stream)
    assert not may(ANN, "kinesis:PutRecord", STREAM, team, keys=red_stream)
    assert not may(red, "kinesis:PutRecord", STREAM, team, keys=context.of_resource(OWN, []))


def test_default_values_of_variables() -> None:
    # "Specifying default values".
    own_team = policy(
        statement(
            Action="kinesis:PutRecord",
            Resource="arn:aws:kinesis:*:*:stream/team-${aws:PrincipalTag/team, 'company-wide'}",
        )
    )
    yellow = Principal(Type.USER, ANN.arn, OWN, "AIDAX", "ann", tags=(("team", "yellow"),))
    named = f"arn:aws:kinesis:us-east-1:{OWN}:stream/team-"
    assert may(yellow, "kinesis:PutRecord", f"{named}yellow", own_team)
    assert not may(yellow, "kinesis:PutRecord", f"{named}company-wide", own_team)
    assert may(ANN, "kinesis:PutRecord", f"{named}company-wide", own_team)


def test_only_wanted_tags_may_be_set() -> None:
    # "aws:TagKeys": all keys must be among those listed, and there must be some.
    tagger = policy(
        statement(
            Action="kinesis:AddTagsToStream",
            Resource="*",
            Condition={
                "ForAllValues:StringEquals": {"aws:TagKeys": ["environment", "cost-center"]},
                "StringEquals": {"aws:RequestTag/environment": ["preprod", "production"]},
            },
        )
    )

    def may_tag(**tags: str) -> bool:
        keys = context.of_request_tags(tags)
        return may(ANN, "kinesis:AddTagsToStream", STREAM, tagger, keys=keys)

    assert may_tag(environment="preprod")
    assert not may_tag(environment="preprod", owner="ann")
    assert not may_tag(environment="test")
    assert not may_tag()


def test_a_boundary_is_the_most_there_is() -> None:
    # "Permissions boundaries": the intersection of both.
    boundary = policy(statement(Action=["s3:*", "cloudwatch:*"], Resource="*"), kind=Kind.BOUNDARY)
    everything = policy(statement(Action="*", Resource="*"))
    assert may(ANN, "cloudwatch:PutMetricData", "*", everything, boundary=boundary)
    assert not may(ANN, "kinesis:PutRecord", STREAM, everything, boundary=boundary)
    assert not may(ANN, "cloudwatch:PutMetricData", "*", boundary=boundary)


@pytest.mark.parametrize(
    ("connection", "time_ms", "allowed"),
    [
        (context.Connection("203.0.113.5", True, "eu-west-1"), 1_600_000_000_000, True),
        (context.Connection("198.51.100.1", True, "eu-west-1"), 1_600_000_000_000, False),
        (context.Connection("203.0.113.5", False, "eu-west-1"), 1_600_000_000_000, False),
        (context.Connection("203.0.113.5", True, "us-west-2"), 1_600_000_000_000, False),
        (context.Connection("203.0.113.5", True, "eu-west-1"), 1_700_000_000_000, False),
    ],
)
def test_where_from_how_where_to_and_until_when(
    connection: context.Connection, time_ms: int, allowed: bool
) -> None:
    # "Denies access based on the source IP", "on the requested Region", "by date and time".
    refusals = {
        "NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]},
        "Bool": {"aws:SecureTransport": "false"},
        "StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]},
        "DateGreaterThan": {"aws:CurrentTime": "2023-06-30T23:59:59Z"},
    }
    denials = [
        statement(Effect="Deny", Action="*", Resource="*", Condition={operator: keys})
        for operator, keys in refusals.items()
    ]
    guarded = policy(statement(Action="kinesis:*", Resource="*"), *denials)
    keys = context.of_connection(connection) | context.of_time(time_ms)
    assert may(ANN, "kinesis:PutRecord", STREAM, guarded, keys=keys) is allowed


def test_the_keys_of_a_session_are_its_roles() -> None:
    # "aws:PrincipalArn": "for IAM roles, the request context returns the ARN of the role".
    session = Principal(
        *(Type.SESSION, BLUE.arn, OWN, "AROAEXAMPLE", "blue"),
        role_arn=ROLE,
        issued_ms=1_600_000_000_000,
    )
    keys = context.of_principal(session)
    assert keys["aws:principalarn"] == ROLE
    assert keys["aws:userid"] == "AROAEXAMPLE:blue"
    assert keys["aws:principaltype"] == "AssumedRole"
    assert keys["aws:tokenissuetime"] == "2020-09-13T12:26:40Z"
    assert "aws:username" not in keys
    assert context.of_principal(ANN)["aws:username"] == "ann"
    assert "aws:multifactorauthpresent" not in context.of_principal(ANN)


def test_a_role_lets_in_who_knows_the_external_id() -> None:
    # "The confused deputy problem".
    trust = policy(
        statement(
            Action="sts:AssumeRole",
            Resource=None,
            Principal={"AWS": OTHER},
            Condition={"StringEquals": {"sts:ExternalId": "12345"}},
        ),
        kind=Kind.TRUST,
    )
    partner = Principal(Type.USER, f"arn:aws:iam::{OTHER}:user/p", OTHER, "AIDAP", "p")
    assume = policy(statement(Action="sts:AssumeRole", Resource=ROLE))
    for external_id, allowed in {"12345": True, "54321": False}.items():
        keys: Context = {"sts:externalid": external_id}
        assert may(partner, "sts:AssumeRole", ROLE, assume, keys=keys, of_resource=trust) is allowed
    assert not may(partner, "sts:AssumeRole", ROLE, assume, of_resource=trust)
