"""Reads what is there of a stream and of what is made for it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from shardline.module import alarms
from shardline.module.actual import (
    Actual,
    ActualAlarm,
    ActualConsumer,
    ActualPolicy,
    ActualRole,
    ActualStream,
    role_path,
)
from shardline.module.policies import ACCESSES, Access, policy_name
from shardline.module.spec.wanted import Grantee
from shardline.module.target import Target

DEFAULT_RECORD_SIZE_KIB = 1024
# In words that IAM and Kinesis have for what is not there.
_ABSENT = {"ResourceNotFoundException", "NoSuchEntity"}


def read(target: Target, name: str, grantees: Iterable[Grantee] = ()) -> Actual:
    """All that is there under the names of a stream. Raises what boto3 raises.

    `grantees` are looked up, as well as the roles that were created for the stream.
    """
    policies = _by_access(target, name)
    grantees = list(grantees)
    roles = {each.name for each in grantees if each.kind == "role"}
    own = {policy.arn for policy in policies.values()}
    return Actual(
        target.place,
        name,
        read_stream(target, name),
        policies,
        {role.name: role for role in _roles(target, name, roles, own)},
        frozenset(each.name for each in grantees if each.kind == "user" and _is_user(target, each)),
        {alarm.name: alarm for alarm in read_alarms(target, name)},
    )


def read_stream(target: Target, name: str) -> ActualStream | None:
    """The stream; None when there is none."""
    answer = _found(target, "kinesis", "DescribeStreamSummary", StreamName=name)
    if answer is None:
        return None
    summary = answer["StreamDescriptionSummary"]
    arn, status = summary["StreamARN"], summary["StreamStatus"]
    monitoring = summary.get("EnhancedMonitoring") or [{}]
    is_settled = status in ("ACTIVE", "UPDATING")
    return ActualStream(
        arn=arn,
        status=status,
        mode=summary.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED"),
        shards=summary["OpenShardCount"],
        retention_hours=summary["RetentionPeriodHours"],
        max_record_size_kib=summary.get("MaxRecordSizeInKiB", DEFAULT_RECORD_SIZE_KIB),
        kms_key=summary.get("KeyId") if summary.get("EncryptionType") == "KMS" else None,
        shard_level_metrics=tuple(monitoring[0].get("ShardLevelMetrics") or ()),
        consumers=tuple(_consumers(target, arn)) if is_settled else (),
        tags=_stream_tags(target, name),
        created_s=int(summary["StreamCreationTimestamp"].timestamp()),
    )


def _consumers(target: Target, arn: str) -> Iterator[ActualConsumer]:
    for page in target.kinesis.get_paginator("list_stream_consumers").paginate(StreamARN=arn):
        for each in page["Consumers"]:
            tags = target.kinesis.list_tags_for_resource(ResourceARN=each["ConsumerARN"])
            yield ActualConsumer(
                each["ConsumerName"], each["ConsumerARN"], each["ConsumerStatus"], _tags(tags)
            )


def _stream_tags(target: Target, name: str) -> dict[str, str]:
    tags: dict[str, str] = {}
    more: dict[str, str] = {}
    while True:
        answer = target.kinesis.list_tags_for_stream(StreamName=name, **more)
        tags |= _tags(answer)
        if not answer.get("HasMoreTags"):
            return tags
        more = {"ExclusiveStartTagKey": answer["Tags"][-1]["Key"]}


def _by_access(target: Target, stream: str) -> dict[Access, ActualPolicy]:
    found = {each: read_policy(target, stream, each) for each in ACCESSES}
    return {each: policy for each, policy in found.items() if policy is not None}


def read_policy(target: Target, stream: str, access: Access) -> ActualPolicy | None:
    """One of the policies; None when there is none of that name."""
    name = policy_name(stream, access)
    arn = target.place.policy(name)
    answer = _found(target, "iam", "GetPolicy", PolicyArn=arn)
    if answer is None:
        return None
    default = answer["Policy"]["DefaultVersionId"]
    version = target.iam.get_policy_version(PolicyArn=arn, VersionId=default)["PolicyVersion"]
    versions = [
        each
        for page in target.iam.get_paginator("list_policy_versions").paginate(PolicyArn=arn)
        for each in page["Versions"]
    ]
    ordered = sorted(versions, key=lambda each: int(each["VersionId"].removeprefix("v")))
    attached, groups = _attached(target, arn)
    return ActualPolicy(
        name=name,
        arn=arn,
        document=_document(version["Document"]),
        default_version=default,
        versions=tuple(each["VersionId"] for each in ordered),
        tags=_tags(target.iam.list_policy_tags(PolicyArn=arn)),
        attached=attached,
        groups=groups,
    )


def _attached(target: Target, arn: str) -> tuple[tuple[Grantee, ...], tuple[str, ...]]:
    who: list[Grantee] = []
    groups: list[str] = []
    for page in target.iam.get_paginator("list_entities_for_policy").paginate(PolicyArn=arn):
        who += [Grantee("role", each["RoleName"]) for each in page.get("PolicyRoles", ())]
        who += [Grantee("user", each["UserName"]) for each in page.get("PolicyUsers", ())]
        groups += [each["GroupName"] for each in page.get("PolicyGroups", ())]
    return tuple(sorted(who)), tuple(sorted(groups))


def _roles(
    target: Target, stream: str, names: Iterable[str], own_policies: Iterable[str]
) -> Iterator[ActualRole]:
    """The roles of those names that there are, and those that were created for the stream."""
    path = role_path(target.place, stream)
    created = {
        role["RoleName"]
        for page in target.iam.get_paginator("list_roles").paginate(PathPrefix=path)
        for role in page["Roles"]
    }
    for name in sorted(created.union(names)):
        role = read_role(target, name, own_policies)
        if role is not None:
            yield role


def read_role(target: Target, name: str, own_policies: Iterable[str]) -> ActualRole | None:
    """A role; None when there is none. `own_policies` are not counted among its others."""
    answer = _found(target, "iam", "GetRole", RoleName=name)
    if answer is None:
        return None
    attached = target.iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
    arns = {each["PolicyArn"] for page in attached for each in page["AttachedPolicies"]}
    inline = target.iam.list_role_policies(RoleName=name)["PolicyNames"]
    role = answer["Role"]
    return ActualRole(
        name=name,
        arn=role["Arn"],
        trust=_document(role["AssumeRolePolicyDocument"]),
        tags=_tags({"Tags": role.get("Tags", ())}),
        others=len(arns - set(own_policies)) + len(inline),
    )


def _is_user(target: Target, user: Grantee) -> bool:
    return _found(target, "iam", "GetUser", UserName=user.name) is not None


def read_alarms(target: Target, stream: str) -> Iterator[ActualAlarm]:
    """The alarms that have one of the names of the stream's alarms."""
    pages = target.cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=alarms.prefix(stream), AlarmTypes=["MetricAlarm"]
    )
    for page in pages:
        for alarm in page["MetricAlarms"]:
            if not alarms.is_name_of(stream, alarm["AlarmName"]):
                continue
            tags = target.cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])
            yield ActualAlarm(alarm["AlarmName"], alarm["AlarmArn"], alarm, _tags(tags))


def _document(given: Any) -> str:
    """A policy document as text: botocore decodes it; IAM itself gives it percent-encoded."""
    return unquote(given) if isinstance(given, str) else json.dumps(given)


def _tags(answer: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in answer.get("Tags") or ()}


def _found(target: Target, service: str, operation: str, **params: Any) -> dict[str, Any] | None:
    try:
        return target.call(service, operation, **params)
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise
