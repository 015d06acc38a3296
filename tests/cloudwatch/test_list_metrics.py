"""ListMetrics as boto3 calls it by each protocol, and what it refuses."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudwatch.metrics_support import ACCOUNT, put, put_many
from shardline.testing import TestServer

DAY_S = 86_400


def names(answer: Any) -> list[str]:
    return [metric["MetricName"] for metric in answer["Metrics"]]


def test_filters(cloudwatch: Any, server: TestServer) -> None:
    namespace = "List/" + cloudwatch.meta.service_model.resolved_protocol
    put(server, namespace, "m1", {0: 1}, Host="a", Zone="x")
    put(server, namespace, "m2", {0: 1}, Host="b")
    put(server, namespace, "m3", {4 * 3600: 1})
    put(server, namespace, "m4", {15 * DAY_S: 1})

    def listed(**call: Any) -> list[str]:
        return names(cloudwatch.list_metrics(Namespace=namespace, **call))

    assert listed() == ["m1", "m2", "m3"]
    assert listed(RecentlyActive="PT3H") == ["m1", "m2"]
    assert listed(Dimensions=[{"Name": "Host"}]) == ["m1", "m2"]
    assert listed(Dimensions=[{"Name": "Host", "Value": "a"}]) == ["m1"]
    assert listed(Dimensions=[{"Name": "Host"}, {"Name": "Zone"}]) == ["m1"]
    assert listed(MetricName="m2") == ["m2"]
    assert listed(OwningAccount="111111111111", IncludeLinkedAccounts=True) == []
    answer = cloudwatch.list_metrics(
        Namespace=namespace, MetricName="m1", IncludeLinkedAccounts=True
    )
    assert answer["Metrics"] == [
        {
            "Namespace": namespace,
            "MetricName": "m1",
            "Dimensions": [{"Name": "Host", "Value": "a"}, {"Name": "Zone", "Value": "x"}],
        }
    ]
    assert answer["OwningAccounts"] == [ACCOUNT]
    assert "OwningAccounts" not in cloudwatch.list_metrics(Namespace=namespace)


def test_pages_of_500(cloudwatch: Any, server: TestServer) -> None:
    namespace = "Pages/" + cloudwatch.meta.service_model.resolved_protocol
    put_many(server, namespace, {f"m{n:04}": {"Odd": str(n % 2)} for n in range(1100)})
    pages = list(cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace))
    assert [len(page["Metrics"]) for page in pages] == [500, 500, 100]
    assert [name for page in pages for name in names(page)] == [f"m{n:04}" for n in range(1100)]
    odd = [{"Name": "Odd", "Value": "1"}]
    pages = list(
        cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace, Dimensions=odd)
    )
    assert [len(page["Metrics"]) for page in pages] == [500, 50]


def test_what_is_refused(cloudwatch: Any) -> None:
    for call, sentence in (
        ({"NextToken": "x"}, "The value x for parameter NextToken is invalid."),
        ({"NextToken": "bnVsbA=="}, "The value bnVsbA== for parameter NextToken is invalid."),
        ({"RecentlyActive": "PT1H"},
         "The parameter RecentlyActive must be a value in the set [ PT3H ]."),
        ({"Namespace": ":a"}, "The value :a for parameter Namespace is invalid."),
        ({"Dimensions": [{"Name": f"d{n}"} for n in range(11)]},
         "The collection Dimensions must not have a size greater than 10."),
        ({"Dimensions": [{"Name": "ä"}]},
         "The value for parameter Dimensions.member.1.Name contains non-ASCII characters."),
    ):  # fmt: skip
        with pytest.raises(ClientError) as refused:
            cloudwatch.list_metrics(**call)
        error = refused.value.response["Error"]
        assert (error["Code"], error["Message"]) == ("InvalidParameterValue", sentence)
