"""A stream as a CloudFormation template. Its policies have names: it needs CAPABILITY_NAMED_IAM.

Account, region and partition are CloudFormation's own: the template is the same for all of them.
"""

import json
from collections.abc import Iterator
from typing import Any

from shardline.module.alarms import alarms
from shardline.module.export import check, word
from shardline.module.places import Place
from shardline.module.plan.access import trust_document
from shardline.module.policies import ACCESSES, DESCRIPTIONS, Access, document, policy_name
from shardline.module.spec.wanted import FixedShards, OnDemand, ScaledShards, WantedStream

PLACE = Place("${AWS::AccountId}", "${AWS::Region}", "${AWS::Partition}")
NEW_RECORD_SIZE_KIB = 1024

Resource = dict[str, Any]


def template(wanted: WantedStream) -> dict[str, Any]:
    """The template. Raises `Refused` for what AWS has no place for."""
    check(wanted)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"The Kinesis stream {wanted.name}, with everything around it",
        "Resources": {
            "Stream": _stream(wanted),
            **dict(_consumers(wanted)),
            **dict(_roles(wanted)),
            **{f"{access.capitalize()}Policy": _policy(wanted, access) for access in ACCESSES},
            **dict(_alarms(wanted)),
        },
        "Outputs": {
            "StreamArn": {"Value": {"Fn::GetAtt": ["Stream", "Arn"]}},
            **{
                f"{access.capitalize()}PolicyArn": {
                    "Value": {"Ref": f"{access.capitalize()}Policy"}
                }
                for access in ACCESSES
            },
        },
    }


def start_shards(wanted: WantedStream) -> int:
    """The shards that a stream begins with; 0 in on-demand mode, where AWS decides."""
    capacity = wanted.capacity
    if isinstance(capacity, FixedShards):
        return capacity.count
    return capacity.least if isinstance(capacity, ScaledShards) else 0


def _stream(wanted: WantedStream) -> Resource:
    properties: Resource = {
        "Name": wanted.name,
        "StreamModeDetails": {"StreamMode": wanted.capacity.mode},
        "RetentionPeriodHours": wanted.retention_hours,
    }
    if not isinstance(wanted.capacity, OnDemand):
        properties["ShardCount"] = start_shards(wanted)
    if wanted.max_record_size_kib != NEW_RECORD_SIZE_KIB:
        properties["MaxRecordSizeInKiB"] = wanted.max_record_size_kib
    if wanted.kms_key is not None:
        properties["StreamEncryption"] = {"EncryptionType": "KMS", "KeyId": wanted.kms_key}
    if wanted.shard_level_metrics:
        properties["DesiredShardLevelMetrics"] = list(wanted.shard_level_metrics)
    if wanted.tags:
        properties["Tags"] = [{"Key": key, "Value": wanted.tags[key]} for key in wanted.tags]
    return {
        "Type": "AWS::Kinesis::Stream",
        # Whoever deletes the stack, or changes the name, does not lose the records by that.
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    }


def _consumers(wanted: WantedStream) -> Iterator[tuple[str, Resource]]:
    for name in wanted.consumers:
        properties = {"ConsumerName": name, "StreamARN": {"Fn::GetAtt": ["Stream", "Arn"]}}
        yield (
            f"Consumer{_id(name)}",
            {
                "Type": "AWS::Kinesis::StreamConsumer",
                "Properties": properties,
            },
        )


def _roles(wanted: WantedStream) -> Iterator[tuple[str, Resource]]:
    for role in wanted.access.roles:
        trust = _substituted(json.loads(trust_document(role, PLACE)))
        properties = {"RoleName": role.name, "AssumeRolePolicyDocument": trust}
        yield f"Role{_id(role.name)}", {"Type": "AWS::IAM::Role", "Properties": properties}


def _policy(wanted: WantedStream, access: Access) -> Resource:
    text = document(PLACE, wanted.name, access, wanted.kms_key)
    properties: Resource = {
        "ManagedPolicyName": policy_name(wanted.name, access),
        "Description": DESCRIPTIONS[access].format(wanted.name),
        "PolicyDocument": _substituted(json.loads(text)),
    }
    created = {role.name for role in wanted.access.roles}
    grantees = getattr(wanted.access, access)
    roles = [
        {"Ref": f"Role{_id(who.name)}"} if who.name in created else who.name
        for who in grantees
        if who.kind == "role"
    ]
    users = [who.name for who in grantees if who.kind == "user"]
    if roles:
        properties["Roles"] = roles
    if users:
        properties["Users"] = users
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}


def _alarms(wanted: WantedStream) -> Iterator[tuple[str, Resource]]:
    """PutMetricAlarm's parameters are the resource's properties, name by name."""
    for parameters in alarms(wanted, start_shards(wanted)):
        properties = {key: value for key, value in parameters.items() if value != []}
        name = _id(parameters["AlarmName"].removeprefix("kinesis-"))
        yield f"Alarm{name}", {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


def _substituted(value: Any) -> Any:
    """The same with every text that has a variable of CloudFormation's put into a Fn::Sub."""
    if isinstance(value, dict):
        return {key: _substituted(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_substituted(each) for each in value]
    return {"Fn::Sub": value} if isinstance(value, str) and "${" in value else value


def _id(name: str) -> str:
    return word(name, "A-Za-z0-9")
