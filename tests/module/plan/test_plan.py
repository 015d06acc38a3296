"""What a plan is made of, without any server."""

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.session import Session
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from module_steps import NOW_S, wanted
from shardline.module.actual import Actual, ActualStream
from shardline.module.places import Place, owner_tag
from shardline.module.plan import plan, removal
from shardline.module.plan.access import trust_document
from shardline.module.plan.alarms import differences
from shardline.module.scaling.steps import steps
from shardline.module.spec.wanted import WantedRole

PLACE = Place("123456789012", "eu-west-1")
EMPTY = Actual(PLACE, "orders")
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
FULL = f"""
name: orders
shards: 4
retention: 7d
max_record_size: 10MiB
encryption: {{key: {KEY}}}
shard_level_metrics: all
consumers: [billing]
tags: {{team: shop}}
access: {{manage: [{{role: admin, trust: ["123456789012", lambda.amazonaws.com]}}]}}
"""


def there(**changes: Any) -> Actual:
    """A stream of the module as `name: orders, shards: 4` has it."""
    stream = ActualStream(
        arn=PLACE.stream("orders"),
        status="ACTIVE",
        mode="PROVISIONED",
        shards=4,
        retention_hours=24,
        max_record_size_kib=1024,
        kms_key="alias/aws/kinesis",
        shard_level_metrics=(),
        consumers=(),
        tags=owner_tag(PLACE, "orders"),
    )
    return Actual(PLACE, "orders", replace(stream, **changes))


def stream_changes(yaml: str, actual: Actual) -> list[str]:
    """The changes of the stream itself."""
    changes = plan(wanted(yaml), actual, now_s=NOW_S).changes
    return [each.what for each in changes if not each.what.startswith(("policy", "alarm"))]


def test_every_call_is_one_that_the_models_take() -> None:
    session, validator = Session(), ParamValidator()

    made = plan(wanted(FULL), EMPTY, now_s=NOW_S)

    calls = [call for change in made.changes for call in change.calls]
    assert len(calls) == len(made.changes) == 20
    for call in calls:
        model = session.get_service_model(call.service)
        shape = model.operation_model(call.operation).input_shape
        report = validator.validate(dict(call.params), shape)
        assert not report.has_errors(), report.generate_report()


def test_what_is_created_carries_its_owner_from_the_first_moment() -> None:
    made = plan(wanted(FULL), EMPTY, now_s=NOW_S)

    for change in made.changes:
        for call in change.calls:
            if call.operation.startswith(("Create", "Register", "PutMetricAlarm")):
                assert "eu-west-1/orders" in str(call.params["Tags"]), call.operation


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (KEY, PLACE.key(f"key/{KEY}")),
        ("alias/own", PLACE.key("alias/own")),
        (PLACE.key("alias/own"), "alias/own"),
    ],
)
def test_two_names_of_one_key_are_no_drift(one: str, other: str) -> None:
    yaml = f"name: orders\nshards: 4\nencryption: {{key: '{one}'}}"

    assert stream_changes(yaml, there(kms_key=other)) == []
    assert stream_changes(yaml, there(kms_key="alias/other")) == ["encryption"]


def test_tags_of_aws_and_of_the_module_are_not_the_files() -> None:
    tags = {
        **owner_tag(PLACE, "orders"),
        "aws:cloudformation:stack-name": "x",
        "shardline:module-resized": "1",
    }

    assert stream_changes("name: orders\nshards: 4", there(tags=tags)) == []


@pytest.mark.parametrize("status", ["CREATING", "DELETING"])
def test_a_stream_that_comes_or_goes_is_not_planned_for(status: str) -> None:
    made = plan(wanted("name: orders"), there(status=status), now_s=NOW_S)

    assert made.refusals == (f"the stream orders is {status}: wait until that is over",)


@given(st.integers(1, 4096), st.integers(1, 4096))
def test_any_count_is_reached_in_steps(before: int, after: int) -> None:
    made = plan(wanted(f"name: orders\nshards: {after}"), there(shards=before), now_s=NOW_S)

    counts = [
        call.params["TargetShardCount"]
        for change in made.changes
        for call in change.calls
        if call.operation == "UpdateShardCount"
    ]
    assert counts == steps(before, after)


def test_the_price_is_there_when_the_capacity_changes() -> None:
    fixed, larger = wanted("name: orders\nshards: 4"), wanted("name: orders\nshards: 8")

    assert plan(fixed, there(), now_s=NOW_S).price is None
    grown = plan(larger, there(), now_s=NOW_S).price
    assert grown is not None
    assert grown.before is not None
    assert grown.after - grown.before == pytest.approx(4 * 0.015 * 730)
    assert "list prices of" in grown.note
    moved = plan(wanted("name: orders"), there(), now_s=NOW_S).price
    assert moved is not None
    new = plan(fixed, EMPTY, now_s=NOW_S).price
    assert new is not None
    assert new.before is None


def test_a_trust_names_services_accounts_and_arns() -> None:
    arn = "arn:aws:iam::210987654321:user/ann"
    role = WantedRole("admin", ("lambda.amazonaws.com", "123456789012", arn))

    principal = json.loads(trust_document(role, PLACE))["Statement"][0]["Principal"]

    assert principal == {
        "Service": ["lambda.amazonaws.com"],
        "AWS": ["arn:aws:iam::123456789012:root", arn],
    }


def test_what_cloudwatch_adds_to_an_alarm_is_no_difference() -> None:
    put = {
        "Dimensions": [{"Name": "a", "Value": "1"}, {"Name": "b", "Value": "2"}],
        "OKActions": [],
    }
    shown = {"Dimensions": [put["Dimensions"][1], put["Dimensions"][0]], "StateValue": "OK"}

    assert differences(put, shown) == []
    assert differences({**put, "Threshold": 1.0}, shown) == ["Threshold"]
    assert differences({"OKActions": ["x"]}, shown) == ["OKActions"]


def test_there_is_nothing_to_remove_where_nothing_is() -> None:
    assert removal(EMPTY).is_empty
    assert removal(there(status="DELETING")).is_empty
