"""Dashboards as boto3 puts and gets them by each protocol, and what is refused."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudwatch.metrics_support import ACCOUNT, at
from example_counts import examples
from gateway.shape_values import json_values
from shardline.cloudwatch.dashboards import faults_of
from shardline.storage.dashboard_entities import Dashboard
from shardline.testing import TestServer

BODY = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "<&ü"}}]}, indent=1)


def error_of(call: Any, **members: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as refused:
        call(**members)
    answer = refused.value.response
    error = answer["Error"]
    return error["Code"], error["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_what_is_put_comes_back(cloudwatch: Any, server: TestServer) -> None:
    name = "flights-" + cloudwatch.meta.service_model.resolved_protocol
    for body in ('{"widgets": []}', BODY):
        answer = cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body)
        assert answer["DashboardValidationMessages"] == []
    arn = f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}"
    found = cloudwatch.get_dashboard(DashboardName=name)
    assert (found["DashboardBody"], found["DashboardName"]) == (BODY, name)
    assert found["DashboardArn"] == arn
    (entry,) = cloudwatch.list_dashboards(DashboardNamePrefix=name)["DashboardEntries"]
    assert entry.pop("LastModified").replace(microsecond=0) == at(server, 0)
    assert entry == {"DashboardName": name, "DashboardArn": arn, "Size": len(BODY.encode())}
    # They are of no region
    other = server.client("cloudwatch", region_name="eu-west-1")
    assert other.get_dashboard(DashboardName=name)["DashboardBody"] == BODY
    cloudwatch.delete_dashboards(DashboardNames=[name])
    assert error_of(cloudwatch.get_dashboard, DashboardName=name) == (
        "ResourceNotFound", f"Dashboard {name} does not exist", 404,
    )  # fmt: skip


def test_pages_of_1000(cloudwatch: Any, server: TestServer) -> None:
    prefix = "many-" + cloudwatch.meta.service_model.resolved_protocol

    async def put_many() -> None:
        for number in range(1001):
            await server.node.catalog.put_dashboard(
                Dashboard(ACCOUNT, f"{prefix}-{number:04}", BODY, number)
            )

    server.run(put_many())
    pages = list(cloudwatch.get_paginator("list_dashboards").paginate(DashboardNamePrefix=prefix))
    assert [len(page["DashboardEntries"]) for page in pages] == [1000, 1]


def test_deleting_leaves_what_is_named_and_tells_what_was_not_there(cloudwatch: Any) -> None:
    name = "gone-" + cloudwatch.meta.service_model.resolved_protocol
    cloudwatch.put_dashboard(DashboardName=name, DashboardBody='{"widgets": []}')
    names = [name, name + "-never"]
    assert error_of(cloudwatch.delete_dashboards, DashboardNames=names) == (
        "ResourceNotFound", f"The specified dashboard does not exist. [{name}-never]", 404,
    )  # fmt: skip
    assert error_of(cloudwatch.get_dashboard, DashboardName=name)[0] == "ResourceNotFound"
    assert error_of(cloudwatch.delete_dashboards, DashboardNames=["a"] * 101) == (
        "InvalidParameterValue",
        "The collection DashboardNames must not have a size greater than 100.",
        400,
    )


def test_what_is_refused(cloudwatch: Any) -> None:
    sentence = (
        "The value for field DashboardName contains invalid characters. It can only contain "
        "alphanumerics, dash (-) and underscore (_).\n"
    )
    found = error_of(cloudwatch.put_dashboard, DashboardName="a.b", DashboardBody=BODY)
    assert (found[0], found[1].strip(), found[2]) == (
        "InvalidParameterValue", sentence.strip(), 400,
    )  # fmt: skip
    code, message, _ = error_of(
        cloudwatch.put_dashboard, DashboardName="a", DashboardBody='{"widgets": [{"type": 1}]}'
    )
    assert code == "InvalidParameterInput"
    head, _, faults = message.partition("\n")
    assert head == "The dashboard body is invalid, there are 2 validation errors:"
    assert json.loads(faults) == [
        {"dataPath": "/widgets/0/type", "message": "Should be string"},
        {"dataPath": "/widgets/0", "message": "Should have required property 'properties'"},
    ]
    code, message, _ = error_of(cloudwatch.list_dashboards, NextToken="x")
    assert (code, message) == (
        "InvalidParameterValue", "The value x for parameter NextToken is invalid.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("", ("", "The field DashboardBody must be a valid JSON object")),
        ("{", ("", "The field DashboardBody must be a valid JSON object")),
        ("[" * 100_000, ("", "The field DashboardBody must be a valid JSON object")),
        ("[]", ("", "Should be object")),
        ("{}", ("", "Should have required property 'widgets'")),
        ('{"widgets": {}}', ("/widgets", "Should be array")),
        ('{"widgets": [1]}', ("/widgets/0", "Should be object")),
    ],
)
def test_bodies_that_are_none(body: str, fault: tuple[str, str]) -> None:
    assert faults_of(body) == [fault]


@given(body=st.text(max_size=20) | json_values.map(json.dumps))
@settings(max_examples=examples(100), deadline=None)
def test_any_body_is_taken_or_has_faults(body: str) -> None:
    assert all(len(fault) == 2 for fault in faults_of(body))
