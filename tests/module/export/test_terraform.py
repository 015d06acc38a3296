"""The Terraform configuration: arguments that the AWS provider documents, and all that it needs.

Nothing here runs Terraform. The arguments are those of the provider's pages (website/docs/r/ in
hashicorp/terraform-provider-aws) and, where those are older, of its schema (internal/service/).
"""

import json
import re
from typing import Any

import pytest
from click.testing import CliRunner

from module_steps import wanted
from shardline.cli import group
from shardline.module.export.terraform import configuration
from shardline.module.places import Place
from shardline.module.policies import ACCESSES, document

FULL = """
name: orders
shards: {min: 2, max: 8}
max_record_size: 2MiB
encryption: {key: alias/orders}
shard_level_metrics: all
consumers: [billing, search.v2, 2nd]
tags: {team: shop}
access:
  read: [{role: reader, trust: [lambda.amazonaws.com]}, role/other]
  write: [user/ann]
"""

# Of each resource: the required arguments, then the optional ones.
DOCUMENTED = {
    "aws_kinesis_stream": (
        "name",
        "arn encryption_type enforce_consumer_deletion kms_key_id max_record_size_in_kib "
        "retention_period shard_count shard_level_metrics stream_mode_details tags",
    ),
    "aws_kinesis_stream_consumer": ("name stream_arn", "tags"),
    "aws_iam_policy": ("policy", "description name name_prefix path tags"),
    "aws_iam_role": (
        "assume_role_policy",
        "description force_detach_policies max_session_duration name name_prefix path "
        "permissions_boundary tags",
    ),
    "aws_iam_role_policy_attachment": ("role policy_arn", ""),
    "aws_iam_user_policy_attachment": ("user policy_arn", ""),
    "aws_cloudwatch_metric_alarm": (
        "alarm_name comparison_operator evaluation_periods",
        "metric_name namespace period statistic threshold threshold_metric_id actions_enabled "
        "alarm_actions alarm_description datapoints_to_alarm dimensions insufficient_data_actions "
        "ok_actions unit extended_statistic treat_missing_data "
        "evaluate_low_sample_count_percentiles metric_query tags",
    ),
}
QUERY = {"id", "account_id", "expression", "label", "metric", "period", "return_data"}
METRIC = {"dimensions", "metric_name", "namespace", "period", "stat", "unit"}
META = {"lifecycle", "depends_on", "provider", "count", "for_each"}
LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def resources(yaml: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Every resource of the configuration: its type, its label, its arguments."""
    made = configuration(wanted(yaml))["resource"]
    return [
        (kind, label, block) for kind, blocks in made.items() for label, block in blocks.items()
    ]


@pytest.mark.parametrize("yaml", [FULL, "name: orders", "name: orders\nshards: 4\nalarms: false"])
def test_every_argument_is_documented_and_none_that_is_needed_lacks(yaml: str) -> None:
    for kind, label, block in resources(yaml):
        needed, optional = (set(each.split()) for each in DOCUMENTED[kind])
        assert needed <= block.keys(), label
        assert block.keys() <= needed | optional | META, label
        assert LABEL.fullmatch(label)
        for query in block.get("metric_query", []):
            assert query.keys() <= QUERY
            assert ("metric" in query) is not ("expression" in query)
            assert query.get("metric", {}).keys() <= METRIC
        if kind == "aws_cloudwatch_metric_alarm":
            single = {"metric_name", "namespace", "period", "statistic"}
            assert ("metric_query" in block) is not (single <= block.keys())


@pytest.mark.parametrize("yaml", [FULL, "name: orders"])
def test_every_reference_leads_to_something(yaml: str) -> None:
    made = configuration(wanted(yaml))

    for reference in re.findall(r"\$\{([^}]+)\}", json.dumps(made)):
        parts = reference.split(".")
        where = made["data"] if parts[0] == "data" else made["resource"]
        kind, label = parts[1:3] if parts[0] == "data" else parts[:2]
        assert label in where[kind], reference


def test_the_policies_are_those_of_apply() -> None:
    place = Place("123456789012", "us-east-1")
    made = configuration(wanted(FULL))["resource"]["aws_iam_policy"]

    for access in ACCESSES:
        text = made[access]["policy"].replace(
            "${data.aws_caller_identity.current.account_id}", place.account
        )
        text = text.replace("${data.aws_partition.current.partition}", place.partition)
        assert text == document(place, "orders", access, "alias/orders")


def test_the_scalers_shards_are_not_put_back() -> None:
    scaled, fixed = FULL, FULL.replace("{min: 2, max: 8}", "4")

    block = configuration(wanted(scaled))["resource"]["aws_kinesis_stream"]["stream"]
    assert block["lifecycle"] == {"ignore_changes": ["shard_count"]}
    assert block["shard_count"] == 2
    block = configuration(wanted(fixed))["resource"]["aws_kinesis_stream"]["stream"]
    assert "lifecycle" not in block


def test_who_may_is_attached() -> None:
    made = {f"{kind}.{label}": block for kind, label, block in resources(FULL)}

    assert made["aws_iam_role_policy_attachment.read_reader"] == {
        "role": "${aws_iam_role.reader.name}",
        "policy_arn": "${aws_iam_policy.read.arn}",
    }
    assert made["aws_iam_role_policy_attachment.read_other"]["role"] == "other"
    assert made["aws_iam_user_policy_attachment.write_ann"]["user"] == "ann"


@pytest.mark.parametrize(
    ("to", "member"), [("terraform", "resource"), ("cloudformation", "Resources")]
)
def test_the_command_prints_it(tmp_path: Any, to: str, member: str) -> None:
    file = tmp_path / "stream.yaml"
    file.write_text(FULL)

    shown = CliRunner().invoke(group, ["export", str(file), "--to", to])

    assert shown.exit_code == 0
    assert member in json.loads(shown.stdout)
    file.write_text("name: orders\nalarms: {notify: ['https://x.example.com/y']}")
    refused = CliRunner().invoke(group, ["export", str(file), "--to", to])
    assert refused.exit_code == 1
    assert refused.stderr.startswith("shardline: orders: https://x.example.com/y can be told")
