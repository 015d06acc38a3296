"""Whose a thing is: what is refused, what is taken over, and what destroy removes and leaves."""

from typing import Any

import pytest

from module_steps import actual, apply, destroy, lines, no_sleep, planned, wanted
from shardline.module.errors import Refused
from shardline.module.places import OWNER_TAG
from shardline.module.policies import document, policy_name
from shardline.module.records import has_records
from shardline.module.target import Target

pytestmark = pytest.mark.slow

FULL = """
name: {name}
shards: 4
retention: 7d
max_record_size: 2MiB
shard_level_metrics: [IncomingBytes, OutgoingBytes]
consumers: [billing, search]
tags: {{team: shop}}
alarms:
  notify: ["arn:aws:sns:us-east-1:123456789012:oncall"]
access:
  read: [{{role: {name}-reader, trust: [lambda.amazonaws.com, "123456789012"]}}]
  manage: []
"""


def test_what_others_made_is_refused_all_at_once_and_nothing_is_done(
    target: Target, name: str
) -> None:
    # Given a stream and a policy of those names, and people who are not there
    target.kinesis.create_stream(StreamName=name, ShardCount=1)
    target.iam.create_policy(
        PolicyName=policy_name(name, "read"),
        PolicyDocument=document(target.place, name, "read"),
    )
    yaml = f"name: {name}\naccess: {{read: [role/nobody, user/noone]}}"

    # When it is applied
    with pytest.raises(Refused) as refused:
        apply(target, yaml)

    # Then every reason is told, with what would be right
    assert [reason.split(":")[0] for reason in refused.value.reasons] == [
        f"the stream {name} is there already, and the module did not make it",
        f"the policy kinesis-stream-{name}-read is there already, and the module did not make it",
        "there is no role nobody",
        "there is no user noone",
    ]
    found = actual(target, wanted(yaml))
    assert set(found.policies) == {"read"}
    assert found.alarms == {}


def test_what_is_nobodys_can_be_taken_over(target: Target, name: str) -> None:
    target.kinesis.create_stream(StreamName=name, ShardCount=1)
    target.cloudwatch.put_metric_alarm(
        AlarmName=f"kinesis-{name}-put-success",
        MetricName="PutRecord.Success",
        Namespace="AWS/Kinesis",
        Statistic="Average",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
    )

    made = apply(target, f"name: {name}\nshards: 1", adopt=True)

    assert lines(made)[0] == "change stream nobody's -> the module's"
    assert planned(target, f"name: {name}\nshards: 1").changes == ()


def test_what_is_another_streams_cannot(target: Target, name: str) -> None:
    # Given the policies of a stream of that name in another region
    tags: list[Any] = [{"Key": OWNER_TAG, "Value": f"eu-west-1/{name}"}]
    target.iam.create_policy(
        PolicyName=policy_name(name, "read"),
        PolicyDocument=document(target.place, name, "read"),
        Tags=tags,
    )

    refused = planned(target, f"name: {name}", adopt=True).refusals

    assert refused == (
        f"the policy kinesis-stream-{name}-read is there already, and belongs to the stream {name} "
        "in eu-west-1: choose another name",
    )


def test_a_name_that_is_too_long_for_iam_is_refused(target: Target) -> None:
    assert planned(target, f"name: {'s' * 107}").refusals == (
        "the name has 107 characters: with it the names of its IAM policies would be too long, "
        "106 is the most",
    )


def test_destroy_leaves_nothing(target: Target, name: str) -> None:
    yaml = FULL.format(name=name)
    apply(target, yaml)

    destroy(target, yaml)

    found = actual(target, wanted(yaml))
    assert found.stream is None
    assert (found.policies, found.roles, found.alarms) == ({}, {}, {})
    assert destroy(target, yaml).changes == ()


def test_destroy_refuses_what_the_module_did_not_make(target: Target, name: str) -> None:
    target.kinesis.create_stream(StreamName=name, ShardCount=1)

    with pytest.raises(Refused, match="was not made by the module: nothing is removed"):
        destroy(target, f"name: {name}")

    assert actual(target, wanted(f"name: {name}")).stream is not None


def test_destroy_leaves_policies_and_roles_that_are_used_otherwise(
    target: Target, name: str
) -> None:
    # Given a role of the module that somebody gave another policy
    yaml = FULL.format(name=name)
    apply(target, yaml)
    target.iam.put_role_policy(
        RoleName=f"{name}-reader",
        PolicyName="more",
        PolicyDocument=document(target.place, "other", "read"),
    )

    made = destroy(target, yaml)

    kept = [change for change in made.changes if change.word == "leave"]
    assert [(change.what, change.note) for change in kept] == [
        (f"role {name}-reader", "it has other policies as well")
    ]


def test_records_are_found_in_any_shard(target: Target, name: str) -> None:
    apply(target, f"name: {name}\nshards: 2")
    assert not has_records(target, name, no_sleep)

    target.kinesis.put_record(StreamName=name, Data=b"x", PartitionKey="a")
    assert has_records(target, name, no_sleep)
    apply(target, f"name: {name}\nshards: 4")

    assert has_records(target, name, no_sleep)
