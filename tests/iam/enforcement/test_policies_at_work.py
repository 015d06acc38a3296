"""Policies of every kind, put to work on real calls."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.config import Config

from iam.calls import code_of, error_of
from iam.people import OWN, People, allow, deny, document, tags
from shardline.settings import NodeSettings
from shardline.testing import running_server

ORDERS = f"arn:aws:kinesis:us-east-1:{OWN}:stream/orders"
DENIED = "AccessDeniedException"
PUT = {"Data": b"x", "PartitionKey": "k"}
pytestmark = pytest.mark.usefixtures("root")


def test_nothing_is_allowed_without_a_policy(people: People) -> None:
    ann = people.client(people.user("ann"))
    user = f"arn:aws:iam::{OWN}:user/ann"
    assert error_of(ann.put_record, StreamName="orders", **PUT) == (
        DENIED,
        f"User: {user} is not authorized to perform: kinesis:PutRecord on resource: {ORDERS} "
        "because no identity-based policy allows the kinesis:PutRecord action",
    )
    assert error_of(ann.list_streams) == (
        DENIED,
        f"User: {user} is not authorized to perform: kinesis:ListStreams "
        "because no identity-based policy allows the kinesis:ListStreams action",
    )


def test_an_explicit_deny_wins(people: People) -> None:
    key = people.user("bob", allow("kinesis:*"), deny("kinesis:Put*", ORDERS))
    bob = people.client(key)
    code, message = error_of(bob.put_record, StreamName="orders", **PUT)
    assert (code, "with an explicit deny in an identity-based policy" in message) == (DENIED, True)
    assert code_of(bob.put_record, StreamName="bills", **PUT) == ""


def test_a_group_s_policies_are_its_members_from_joining_to_leaving(people: People) -> None:
    people.group("writers", allow("kinesis:PutRecord", ORDERS))
    carol = people.client(people.user("carol", groups=("Writers",)))
    assert code_of(carol.put_record, StreamName="orders", **PUT) == ""
    # When
    user = people.user_named("carol")
    people.put(replace(user, groups=()))
    # Then
    assert code_of(carol.put_record, StreamName="orders", **PUT) == DENIED


def test_a_managed_policy_works_as_soon_as_it_is_attached(people: People) -> None:
    arn = people.policy(allow("kinesis:PutRecord", ORDERS))
    dave = people.client(people.user("dave"))
    assert code_of(dave.put_record, StreamName="orders", **PUT) == DENIED
    user = people.user_named("dave")
    people.put(replace(user, attached=(arn,)))
    assert code_of(dave.put_record, StreamName="orders", **PUT) == ""


def test_aws_s_own_read_only_policy(people: People) -> None:
    arn = "arn:aws:iam::aws:policy/AmazonKinesisReadOnlyAccess"
    erin = people.client(people.user("erin", attached=(arn,)))
    assert code_of(erin.describe_stream_summary, StreamName="orders") == ""
    assert code_of(erin.list_streams) == ""
    assert code_of(erin.put_record, StreamName="orders", **PUT) == DENIED


def test_a_boundary_limits_and_grants_nothing(people: People) -> None:
    boundary = people.policy(allow("kinesis:Describe*"))
    frank = people.client(people.user("frank", allow("kinesis:*"), boundary=boundary))
    assert code_of(frank.describe_stream_summary, StreamName="orders") == ""
    code, message = error_of(frank.put_record, StreamName="orders", **PUT)
    assert code == DENIED
    assert message.endswith("because no permissions boundary allows the kinesis:PutRecord action")
    grace = people.client(people.user("grace", boundary=boundary))
    assert code_of(grace.describe_stream_summary, StreamName="orders") == DENIED


def test_source_addresses(people: People) -> None:
    here = {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
    there = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    near = people.client(people.user("near", allow("kinesis:*", Condition=here)))
    far = people.client(people.user("far", allow("kinesis:*", Condition=there)))
    assert code_of(near.list_streams) == ""
    assert code_of(far.list_streams) == DENIED


def test_source_addresses_on_the_other_http_server() -> None:
    with running_server(NodeSettings(data_dir=None, port=0, http_server="granian")) as server:
        people = People(server)
        here = {"IpAddress": {"aws:SourceIp": "127.0.0.1"}}
        near = people.client(people.user("near", allow("kinesis:*", Condition=here)))
        assert code_of(near.list_streams) == ""


def test_what_is_known_of_the_connection(people: People) -> None:
    condition = {
        "StringLike": {"aws:UserAgent": "*tester/1*"},
        "StringEquals": {"aws:RequestedRegion": "eu-central-1"},
        "Bool": {"aws:SecureTransport": "false"},
        "DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"},
    }
    key = people.user("henry", allow("kinesis:ListStreams", Condition=condition))
    named = Config(user_agent_extra="tester/1")
    right = people.client(key, region_name="eu-central-1", config=named)
    assert code_of(right.list_streams) == ""
    assert code_of(people.client(key, config=named).list_streams) == DENIED
    assert code_of(people.client(key, region_name="eu-central-1").list_streams) == DENIED


def test_tags_of_the_resource_and_of_the_principal(people: People, root: Any) -> None:
    # Given
    same_team = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    statement = allow("kinesis:PutRecord", Condition=same_team)
    red = people.client(people.user("red", statement, tags=tags({"team": "red"})))
    blue = people.client(people.user("blue", statement, tags=tags({"team": "blue"})))
    # When
    root.add_tags_to_stream(StreamName="orders", Tags={"team": "red"})
    # Then
    assert code_of(red.put_record, StreamName="orders", **PUT) == ""
    assert code_of(blue.put_record, StreamName="orders", **PUT) == DENIED
    # When
    root.add_tags_to_stream(StreamName="orders", Tags={"team": "blue"})
    # Then
    assert code_of(red.put_record, StreamName="orders", **PUT) == DENIED
    assert code_of(blue.put_record, StreamName="orders", **PUT) == ""


def test_tags_of_the_request(people: People) -> None:
    condition = {
        "StringEquals": {"aws:RequestTag/team": "red"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["team", "stage"]},
    }
    actions = ["kinesis:CreateStream", "kinesis:AddTagsToStream"]
    ida = people.client(people.user("ida", allow(actions, Condition=condition)))
    assert code_of(ida.create_stream, StreamName="a", ShardCount=1) == DENIED
    wrong = {"team": "red", "other": "x"}
    assert code_of(ida.create_stream, StreamName="a", ShardCount=1, Tags=wrong) == DENIED
    assert code_of(ida.create_stream, StreamName="a", ShardCount=1, Tags={"team": "red"}) == ""


def test_a_variable_in_the_resource(people: People, root: Any) -> None:
    root.create_stream(StreamName="of-jack", ShardCount=1)
    own = f"arn:aws:kinesis:*:{OWN}:stream/of-${{aws:username}}"
    jack = people.client(people.user("jack", allow("kinesis:PutRecord", own)))
    assert code_of(jack.put_record, StreamName="of-jack", **PUT) == ""
    assert code_of(jack.put_record, StreamName="orders", **PUT) == DENIED


def test_a_stream_s_own_policy_grants_within_the_account(people: People, root: Any) -> None:
    kim = people.client(people.user("kim"))
    policy = people_policy(f"arn:aws:iam::{OWN}:user/kim", "kinesis:PutRecord")
    root.put_resource_policy(ResourceARN=ORDERS, Policy=policy)
    assert code_of(kim.put_record, StreamName="orders", **PUT) == ""
    assert code_of(kim.describe_stream_summary, StreamName="orders") == DENIED
    root.delete_resource_policy(ResourceARN=ORDERS)
    assert code_of(kim.put_record, StreamName="orders", **PUT) == DENIED


@pytest.mark.parametrize("named_by", ["StreamName", "StreamARN"])
def test_an_iterator_is_of_its_stream(people: People, root: Any, named_by: str) -> None:
    # Given
    name = f"lee-{named_by}"
    reading = ["kinesis:GetRecords", "kinesis:GetShardIterator"]
    lee = people.client(people.user(name, allow(reading, ORDERS)))
    iterator = {"ShardId": "shardId-000000000000", "ShardIteratorType": "LATEST"}
    own = lee.get_shard_iterator(StreamName="orders", **iterator)["ShardIterator"]
    other = root.get_shard_iterator(StreamName="bills", **iterator)["ShardIterator"]
    # Then
    assert code_of(lee.get_records, ShardIterator=own) == ""
    code, message = error_of(lee.get_records, ShardIterator=other)
    assert (code, "stream/bills because no" in message) == (DENIED, True)
    # Nor does it help to name one's own stream beside it.
    assert code_of(lee.get_records, ShardIterator=other, StreamARN=ORDERS) == DENIED


def test_expired_and_garbled_iterators_are_told_as_such(people: People, server: Any) -> None:
    # Given
    reading = ["kinesis:GetRecords", "kinesis:GetShardIterator"]
    mia = people.client(people.user("mia", allow(reading, ORDERS)))
    iterator = mia.get_shard_iterator(
        StreamName="orders", ShardId="shardId-000000000000", ShardIteratorType="LATEST"
    )["ShardIterator"]
    # When
    server.clock.advance(minutes=6)
    # Then
    assert code_of(mia.get_records, ShardIterator=iterator) == "ExpiredIteratorException"
    assert code_of(mia.get_records, ShardIterator="x") == "InvalidArgumentException"


def test_a_page_token_is_of_its_stream(people: People, root: Any) -> None:
    root.create_stream(StreamName="wide", ShardCount=3)
    token = root.list_shards(StreamName="wide", MaxResults=1)["NextToken"]
    wide = f"arn:aws:kinesis:us-east-1:{OWN}:stream/wide"
    nina = people.client(people.user("nina", allow("kinesis:ListShards", wide)))
    oscar = people.client(people.user("oscar", allow("kinesis:ListShards", ORDERS)))
    assert code_of(nina.list_shards, NextToken=token) == ""
    assert code_of(oscar.list_shards, NextToken=token) == DENIED


def people_policy(principal: str, action: str) -> str:
    """A stream's policy that allows somebody an action on it."""
    return document(allow(action, ORDERS, Principal={"AWS": principal}))
