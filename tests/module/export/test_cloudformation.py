"""The CloudFormation template: no fault by cfn-lint, and what it makes is what `apply` makes."""

import json
from typing import Any

import boto3
import pytest

from module_steps import actual, apply, wanted
from module_targets import REGION, Place
from shardline.module.alarms import alarms
from shardline.module.errors import Refused
from shardline.module.export.cloudformation import template
from shardline.module.policies import ACCESSES

pytestmark = pytest.mark.slow

FULL = """
name: {name}
shards: 3
retention: 7d
max_record_size: 2MiB
encryption: {{key: alias/orders}}
shard_level_metrics: all
consumers: [billing, search.v2]
tags: {{team: shop}}
alarms:
  notify: ["arn:aws:sns:us-east-1:123456789012:oncall"]
access:
  read: [{{role: {name}-reader, trust: [lambda.amazonaws.com, "123456789012"]}}]
  write: [user/{name}-ann]
"""


def faults(text: str) -> list[str]:
    """What cfn-lint finds, but for I4010, which wants prose about the architecture."""
    from cfnlint.api import lint_all  # which takes a second to import

    return [str(each) for each in lint_all(text) if each.rule.id != "I4010"]


@pytest.mark.parametrize(
    "yaml",
    [
        FULL.format(name="orders"),
        "name: orders",
        "name: orders\nshards: {min: 2, max: 8}",
        "name: orders.v2\nencryption: false\nalarms: false",
    ],
)
def test_cfn_lint_finds_no_fault(yaml: str) -> None:
    text = json.dumps(template(wanted(yaml)), indent=2)

    assert faults(text) == []


def test_cfn_lint_would_find_one() -> None:
    broken = template(wanted("name: orders"))
    broken["Resources"]["Stream"]["Properties"]["Retention"] = "7d"

    assert faults(json.dumps(broken))


@pytest.fixture
def cloudformation(place: Place) -> Any:
    """moto's CloudFormation; Shardline has none."""
    if place.server is not None:
        pytest.skip("Shardline has no CloudFormation")
    client = boto3.client(
        "cloudformation",
        endpoint_url=place.target.endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    yield client
    client.close()


def test_deployed_it_makes_what_apply_makes(cloudformation: Any, place: Place, name: str) -> None:
    """moto's CloudFormation makes no consumers and no alarms, and of a stream it keeps name,
    shards, retention and tags: those are compared; for the rest there are cfn-lint and the next
    two tests."""
    # Given a stream of a template, and one that was applied
    target = place.target
    yaml = FULL.replace("encryption: {{key: alias/orders}}\n", "")
    by_template, by_apply = f"{name}-t", f"{name}-a"
    for each in (by_template, by_apply):
        target.iam.create_user(UserName=f"{each}-ann")
    made = template(wanted(yaml.format(name=by_template)))
    made["Resources"] = {
        key: resource
        for key, resource in made["Resources"].items()
        if not key.startswith(("Consumer", "Alarm"))
    }
    cloudformation.create_stack(
        StackName=name, TemplateBody=json.dumps(made), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    apply(target, yaml.format(name=by_apply))

    # When both are read
    exported = actual(target, wanted(yaml.format(name=by_template)))
    applied = actual(target, wanted(yaml.format(name=by_apply)))

    # Then they are the same, but for the names and the tag of the module
    assert exported.stream is not None
    assert applied.stream is not None
    assert exported.stream.shards == applied.stream.shards
    assert exported.stream.retention_hours == applied.stream.retention_hours
    assert exported.stream.tags == {"team": "shop"}
    for access in ACCESSES:
        one, other = exported.policies[access], applied.policies[access]
        assert one.document != "", access
        assert json.loads(one.document) == json.loads(other.document.replace(by_apply, by_template))
        names = [who.name.replace(by_apply, by_template) for who in other.attached]
        assert [who.name for who in one.attached] == names
    role = exported.roles[f"{by_template}-reader"]
    assert json.loads(role.trust) == json.loads(applied.roles[f"{by_apply}-reader"].trust)


def test_the_alarms_are_those_of_apply() -> None:
    want = wanted(FULL.format(name="orders"))

    made = template(want)["Resources"]

    properties = {
        resource["Properties"]["AlarmName"]: resource["Properties"]
        for resource in made.values()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }
    wish = {each["AlarmName"]: each for each in alarms(want, 3)}
    assert properties.keys() == wish.keys()
    for name, each in wish.items():
        assert properties[name] == {key: each[key] for key in each if each[key] != []}


def test_the_properties_of_the_stream() -> None:
    made = template(wanted(FULL.format(name="orders")))["Resources"]["Stream"]["Properties"]

    assert made == {
        "Name": "orders",
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        "ShardCount": 3,
        "RetentionPeriodHours": 168,
        "MaxRecordSizeInKiB": 2048,
        "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/orders"},
        "DesiredShardLevelMetrics": list(wanted(FULL.format(name="orders")).shard_level_metrics),
        "Tags": [{"Key": "team", "Value": "shop"}],
    }


def test_two_consumers_never_have_one_name() -> None:
    made = template(wanted("name: orders\nconsumers: [ab, a.b, a-b, a_b]"))

    assert len([each for each in made["Resources"] if each.startswith("Consumer")]) == 4


def test_what_only_shardline_can_tell_is_refused() -> None:
    want = wanted("name: orders\nalarms: {notify: ['https://hooks.example.com/x']}")

    with pytest.raises(Refused, match="by Shardline alone: name an SNS topic"):
        template(want)
