"""A stream as a Terraform configuration in JSON, for the AWS provider.

To be used as it is, or as a module: it says which provider it needs and which region it is for.
"""

from collections.abc import Iterator
from typing import Any

from shardline.module.alarms import alarms
from shardline.module.export import check, word
from shardline.module.export.cloudformation import NEW_RECORD_SIZE_KIB, start_shards
from shardline.module.places import Place
from shardline.module.plan.access import trust_document
from shardline.module.policies import ACCESSES, DESCRIPTIONS, document, policy_name
from shardline.module.spec.wanted import Grantee, OnDemand, ScaledShards, WantedStream

ACCOUNT = "${data.aws_caller_identity.current.account_id}"
PARTITION = "${data.aws_partition.current.partition}"
STREAM_ARN = "${aws_kinesis_stream.stream.arn}"

Block = dict[str, Any]
Found = Iterator[tuple[str, str, Block]]  # type, label, arguments


def configuration(wanted: WantedStream) -> dict[str, Any]:
    """The configuration. Raises `Refused` for what AWS has no place for."""
    check(wanted)
    resources: dict[str, dict[str, Block]] = {}
    for part in (_stream, _consumers, _policies, _roles, _attachments, _alarms):
        for kind, label, arguments in part(wanted):
            resources.setdefault(kind, {})[label] = arguments
    return {
        "terraform": {
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 6.20.0"}}
        },
        "provider": {"aws": {"region": wanted.region}},
        "data": {"aws_caller_identity": {"current": {}}, "aws_partition": {"current": {}}},
        "resource": resources,
        "output": {
            "stream_arn": {"value": STREAM_ARN},
            **{
                f"{access}_policy_arn": {"value": f"${{aws_iam_policy.{access}.arn}}"}
                for access in ACCESSES
            },
        },
    }


def _stream(wanted: WantedStream) -> Found:
    block: Block = {
        "name": wanted.name,
        "stream_mode_details": {"stream_mode": wanted.capacity.mode},
        "retention_period": wanted.retention_hours,
        "encryption_type": "NONE" if wanted.kms_key is None else "KMS",
        "enforce_consumer_deletion": False,
    }
    if not isinstance(wanted.capacity, OnDemand):
        block["shard_count"] = start_shards(wanted)
    if isinstance(wanted.capacity, ScaledShards):
        block["lifecycle"] = {"ignore_changes": ["shard_count"]}
    if wanted.max_record_size_kib != NEW_RECORD_SIZE_KIB:
        block["max_record_size_in_kib"] = wanted.max_record_size_kib
    if wanted.kms_key is not None:
        block["kms_key_id"] = wanted.kms_key
    if wanted.shard_level_metrics:
        block["shard_level_metrics"] = list(wanted.shard_level_metrics)
    if wanted.tags:
        block["tags"] = dict(wanted.tags)
    yield "aws_kinesis_stream", "stream", block


def _consumers(wanted: WantedStream) -> Found:
    for name in wanted.consumers:
        block = {"name": name, "stream_arn": STREAM_ARN}
        yield "aws_kinesis_stream_consumer", _label(name), block


def _policies(wanted: WantedStream) -> Found:
    place = Place(ACCOUNT, wanted.region, PARTITION)
    for access in ACCESSES:
        block = {
            "name": policy_name(wanted.name, access),
            "description": DESCRIPTIONS[access].format(wanted.name),
            "policy": document(place, wanted.name, access, wanted.kms_key),
        }
        yield "aws_iam_policy", access, block


def _roles(wanted: WantedStream) -> Found:
    place = Place(ACCOUNT, wanted.region, PARTITION)
    for role in wanted.access.roles:
        block = {"name": role.name, "assume_role_policy": trust_document(role, place)}
        yield "aws_iam_role", _label(role.name), block


def _attachments(wanted: WantedStream) -> Found:
    created = {role.name for role in wanted.access.roles}
    for access in ACCESSES:
        grantees: tuple[Grantee, ...] = getattr(wanted.access, access)
        for who in grantees:
            name = who.name
            if who.kind == "role" and name in created:
                name = f"${{aws_iam_role.{_label(name)}.name}}"
            block = {who.kind: name, "policy_arn": f"${{aws_iam_policy.{access}.arn}}"}
            yield f"aws_iam_{who.kind}_policy_attachment", f"{access}_{_label(who.name)}", block


def _alarms(wanted: WantedStream) -> Found:
    for parameters in alarms(wanted, start_shards(wanted)):
        block: Block = {
            "alarm_name": parameters["AlarmName"],
            "alarm_description": parameters["AlarmDescription"],
            "comparison_operator": parameters["ComparisonOperator"],
            "evaluation_periods": parameters["EvaluationPeriods"],
            "datapoints_to_alarm": parameters["DatapointsToAlarm"],
            "threshold": parameters["Threshold"],
            "treat_missing_data": parameters["TreatMissingData"],
            "alarm_actions": parameters["AlarmActions"],
            "ok_actions": parameters["OKActions"],
        }
        if "Metrics" in parameters:
            block["metric_query"] = [_query(each) for each in parameters["Metrics"]]
        else:
            block |= {
                "namespace": parameters["Namespace"],
                "metric_name": parameters["MetricName"],
                "dimensions": _dimensions(parameters["Dimensions"]),
                "statistic": parameters["Statistic"],
                "period": parameters["Period"],
            }
        label = _label(parameters["AlarmName"].removeprefix(f"kinesis-{wanted.name}-"))
        yield "aws_cloudwatch_metric_alarm", label, block


def _query(query: dict[str, Any]) -> Block:
    block: Block = {"id": query["Id"], "return_data": query["ReturnData"]}
    if "Expression" in query:
        return block | {"expression": query["Expression"], "label": query["Label"]}
    metric = query["MetricStat"]["Metric"]
    return block | {
        "metric": {
            "namespace": metric["Namespace"],
            "metric_name": metric["MetricName"],
            "dimensions": _dimensions(metric["Dimensions"]),
            "period": query["MetricStat"]["Period"],
            "stat": query["MetricStat"]["Stat"],
        }
    }


def _dimensions(listed: list[dict[str, str]]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in listed}


def _label(name: str) -> str:
    """A label of Terraform's: it may not begin with a digit."""
    label = word(name, "A-Za-z0-9_-")
    return label if label[0].isalpha() else f"_{label}"
