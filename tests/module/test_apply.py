"""Apply, on Shardline and on moto's server: what is made, and what is done about drift."""

import json

import pytest

from module_steps import TRUST, actual, apply, lines, planned, wanted
from shardline.module.places import OWNER_TAG
from shardline.module.policies import ACCESSES, document, policy_name
from shardline.module.spec.wanted import Grantee
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


def test_all_of_it_is_made_and_a_second_run_changes_nothing(target: Target, name: str) -> None:
    yaml = FULL.format(name=name)

    made = apply(target, yaml)

    found = actual(target, wanted(yaml))
    stream = found.stream
    assert stream is not None
    assert (stream.status, stream.mode, stream.shards) == ("ACTIVE", "PROVISIONED", 4)
    assert (stream.retention_hours, stream.max_record_size_kib) == (168, 2048)
    assert stream.kms_key == "alias/aws/kinesis"
    assert set(stream.shard_level_metrics) == {"IncomingBytes", "OutgoingBytes"}
    assert {each.name for each in stream.consumers} == {"billing", "search"}
    assert stream.tags == {"team": "shop", OWNER_TAG: f"us-east-1/{name}"}
    for access in ACCESSES:
        policy = found.policies[access]
        assert json.loads(policy.document) == json.loads(document(target.place, name, access))
    assert found.policies["read"].attached == (Grantee("role", f"{name}-reader"),)
    assert len(found.alarms) == 6 + 2 + 3
    assert all(found.is_ours(alarm.tags) for alarm in found.alarms.values())
    assert {change.word for change in made.changes} == {"create"}
    again = planned(target, yaml)
    assert again.is_empty, again
    assert again.changes == ()


def test_a_name_alone_is_enough(target: Target, name: str) -> None:
    made = apply(target, f"name: {name}")

    assert lines(made)[:2] == ["create stream", "create encryption"]
    stream = actual(target, wanted(f"name: {name}")).stream
    assert stream is not None
    assert stream.mode == "ON_DEMAND"
    assert planned(target, f"name: {name}").is_empty


def test_drift_is_shown_and_put_right(target: Target, name: str) -> None:
    # Given a stream at which somebody changed this and that by hand
    yaml = FULL.format(name=name)
    apply(target, yaml)
    target.kinesis.update_shard_count(
        StreamName=name, TargetShardCount=6, ScalingType="UNIFORM_SCALING"
    )
    target.kinesis.decrease_stream_retention_period(StreamName=name, RetentionPeriodHours=48)
    target.kinesis.add_tags_to_stream(StreamName=name, Tags={"team": "bakery", "who": "ann"})
    target.cloudwatch.delete_alarms(AlarmNames=[f"kinesis-{name}-put-success"])
    arn = target.place.policy(policy_name(name, "write"))
    target.iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=document(target.place, name, "manage"), SetAsDefault=True
    )

    # When it is planned
    found = planned(target, yaml)

    # Then each of them is there, with what it is and what it will be
    assert lines(found) == [
        "scale shards 6 -> 4",
        "change retention 48h -> 168h",
        "change tag team bakery -> shop",
        "remove tag who",
        "change policy write 10 actions -> 5 actions",
        "create alarm put-success",
    ]
    apply(target, yaml)
    assert planned(target, yaml).changes == ()


def test_alarms_follow_the_shards_and_the_retention(target: Target, name: str) -> None:
    apply(target, f"name: {name}\nshards: 2")

    made = apply(target, f"name: {name}\nshards: 4\nretention: 48h")

    changed = [change.what for change in made.changes if change.what.startswith("alarm")]
    assert sorted(changed) == sorted(
        f"alarm {each}"
        for each in (
            "bytes-in-utilization",
            "bytes-out-utilization",
            "iterator-age",
            "records-in-utilization",
        )
    )
    assert planned(target, f"name: {name}\nshards: 4\nretention: 48h").changes == ()


@pytest.mark.parametrize(("before", "after", "way"), [(1, 5, [2, 4, 5]), (6, 1, [3, 2, 1])])
def test_resharding_goes_in_the_steps_of_aws(
    target: Target, name: str, before: int, after: int, way: list[int]
) -> None:
    apply(target, f"name: {name}\nshards: {before}")

    made = apply(target, f"name: {name}\nshards: {after}")

    scale = next(change for change in made.changes if change.word == "scale")
    assert [call.params["TargetShardCount"] for call in scale.calls] == way
    stream = actual(target, wanted(f"name: {name}")).stream
    assert stream is not None
    assert stream.shards == after


def test_the_mode_can_change_both_ways(target: Target, name: str) -> None:
    apply(target, f"name: {name}\nshards: 2")

    made = apply(target, f"name: {name}")

    assert "change mode provisioned -> on demand" in lines(made)
    assert [line for line in lines(made) if line.startswith("remove alarm")]
    made = apply(target, f"name: {name}\nshards: 4")
    assert "change mode on demand -> provisioned" in lines(made)
    assert planned(target, f"name: {name}\nshards: 4").changes == ()


def test_encryption_can_be_taken_away_and_put_back(target: Target, name: str) -> None:
    apply(target, f"name: {name}\nencryption: false")

    assert lines(apply(target, f"name: {name}")) == ["change encryption none -> alias/aws/kinesis"]
    made = apply(target, f"name: {name}\nencryption: false")
    assert lines(made) == ["change encryption alias/aws/kinesis -> none"]


def test_the_shards_of_the_scaler_are_left_to_it(target: Target, name: str) -> None:
    # Given a stream that the scaler has grown
    yaml = f"name: {name}\nshards: {{min: 2, max: 8}}\n"
    apply(target, yaml)
    target.kinesis.update_shard_count(
        StreamName=name, TargetShardCount=4, ScalingType="UNIFORM_SCALING"
    )

    # When it is planned, then the number stays, and the alarms follow it
    found = planned(target, yaml)
    scale = found.changes[0]
    assert (scale.word, scale.what, scale.before) == ("leave", "shards", "4")
    assert scale.note == "the scaler owns them: 2 to 8"
    assert {each.what.rsplit("-", 1)[1] for each in found.to_make} == {"utilization"}

    # But what is out of its bounds is brought back, and counted
    made = apply(target, yaml.replace("min: 2", "min: 6"))
    assert "scale shards 4 -> 6" in lines(made)
    stream = actual(target, wanted(yaml)).stream
    assert stream is not None
    assert stream.tags["shardline:module-resized"] == "1790000000"


def test_who_moves_the_shards_is_said_on_the_stream(target: Target, name: str) -> None:
    # Given a stream whose shards are the scaler's
    yaml = f"name: {name}\nshards: {{min: 2, max: 8}}\n"
    key = "tag shardline:module-scaling"
    assert lines(apply(target, yaml))[0] == "create stream"
    stream = actual(target, wanted(yaml)).stream
    assert stream is not None
    assert stream.tags["shardline:module-scaling"] == "min=2 max=8 target=0.60"
    assert planned(target, yaml).changes == ()

    # When the rules change, or somebody wrote into the tag, Then that is put right
    made = apply(target, yaml.replace("max: 8", "max: 16, target_utilization: 55%"))
    assert lines(made) == [f"change {key} min=2 max=8 target=0.60 -> min=2 max=16 target=0.55"]

    # When the file takes the shards over, Then the scaler stops before they are moved
    made = apply(target, f"name: {name}\nshards: 4")
    assert lines(made)[:2] == [f"remove {key}", "scale shards 2 -> 4"]
    assert planned(target, f"name: {name}\nshards: 4").changes == ()

    # And when it gives them back, it begins after that
    made = apply(target, yaml.replace("min: 2", "min: 6"))
    assert lines(made)[:2] == ["scale shards 4 -> 6", f"create {key}"]
    assert planned(target, yaml.replace("min: 2", "min: 6")).is_empty


def test_consumers_of_others_are_left_alone(target: Target, name: str) -> None:
    # Given a consumer of the file, and one that an application registered for itself
    apply(target, f"name: {name}\nconsumers: [billing]")
    target.kinesis.register_stream_consumer(
        StreamARN=target.place.stream(name), ConsumerName="worker"
    )

    # When the file names none any more
    made = apply(target, f"name: {name}")

    # Then what the module registered goes, which is told to lose something
    assert "remove consumer billing" in lines(made)
    assert "leave consumer worker" in lines(made)
    assert [change.what for change in made.changes if change.is_destructive] == ["consumer billing"]
    stream = actual(target, wanted(f"name: {name}")).stream
    assert stream is not None
    assert [each.name for each in stream.consumers] == ["worker"]


def test_a_list_of_the_file_is_the_whole_list(target: Target, name: str) -> None:
    # Given a role that somebody attached the read policy to by hand
    apply(target, f"name: {name}")
    for role in (f"{name}-a", f"{name}-b"):
        target.iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
    arn = target.place.policy(policy_name(name, "read"))
    target.iam.attach_role_policy(RoleName=f"{name}-a", PolicyArn=arn)

    # Then a file without a list leaves it, and one with a list is the whole one
    assert lines(planned(target, f"name: {name}")) == [f"leave read for role {name}-a"]
    made = apply(target, f"name: {name}\naccess: {{read: [role/{name}-b]}}")
    assert lines(made) == [
        f"create read for role {name}-b",
        f"remove read for role {name}-a",
    ]
    again = actual(target, wanted(f"name: {name}"))
    assert again.policies["read"].attached == (Grantee("role", f"{name}-b"),)


def test_a_role_that_was_created_goes_with_its_name(target: Target, name: str) -> None:
    apply(target, FULL.format(name=name))

    made = apply(target, f"name: {name}\nshards: 4")

    removed = [change.what for change in made.changes if change.word == "remove"]
    assert [what for what in removed if "role" in what] == [
        f"read for role {name}-reader",
        f"role {name}-reader",
    ]
    assert actual(target, wanted(f"name: {name}")).roles == {}


def test_a_policy_keeps_no_more_versions_than_iam_allows(target: Target, name: str) -> None:
    yaml = f"name: {name}\naccess: {{}}"
    apply(target, yaml)
    arn = target.place.policy(policy_name(name, "read"))
    for number in range(4):
        text = document(target.place, f"{name}-{number}", "read")
        target.iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)

    apply(target, yaml)

    policy = actual(target, wanted(yaml)).policies["read"]
    assert len(policy.versions) == 5
    assert planned(target, yaml).changes == ()
