"""SEARCH, by the examples of AWS's page "CloudWatch search expression syntax"."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudwatch.metrics_support import at, put, put_many
from shardline.cloudwatch.labels import labels_of_found
from shardline.cloudwatch.math.searching import MOST_CHARACTERS, parse_search
from shardline.cloudwatch.math.values import MOST_SERIES, MathError
from shardline.storage.metric_store import Metric
from shardline.testing import TestServer


def metric(namespace: str, name: str, **dimensions: str) -> Metric:
    return Metric("0", "r", namespace, name, tuple(sorted(dimensions.items())))


METRICS = {
    "cpu of an instance": metric("AWS/EC2", "CPUUtilization", InstanceId="i-1234567890123456"),
    "cpu of a type": metric("AWS/EC2", "CPUUtilization", InstanceType="t2.micro"),
    "cpu of all": metric("AWS/EC2", "CPUUtilization"),
    "packets": metric("AWS/EC2", "NetworkPacketsIn", InstanceId="i-2"),
    "reads": metric("AWS/EBS", "VolumeReadOps", VolumeId="ProjectA-1"),
    "errors": metric("AWS/Lambda", "Errors", FunctionName="ProjectA-f"),
    "invocations": metric("AWS/Lambda", "Invocations", FunctionName="ProjectB-g"),
    "other invocations": metric("AWS/Lambda", "Invocations", FunctionName="h"),
    "count": metric("MyNamespace", "CustomCount1"),
    "failure": metric("MyNamespace", "SDBFailure"),
    "network": metric("MyNamespace", "Network-Errors-2"),
    "special": metric("My Namespace", "Custom:Name[Special", **{"Dimension@Name": "x"}),
    "france": metric("MyNamespace", "Europe\\France Traffic(Network)"),
}


def found(text: str) -> set[str]:
    search = parse_search(text)
    return {known for known, each in METRICS.items() if search.fits(each)}


CPU = {"cpu of an instance", "cpu of a type", "cpu of all"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (' {AWS/EC2,InstanceId} MetricName="CPUUtilization" ', {"cpu of an instance"}),
        (' {AWS/EC2} MetricName="CPUUtilization" ', {"cpu of all"}),
        (' {AWS/EC2,InstanceId} ', {"cpu of an instance", "packets"}),
        (' "CPUUtilization" ', CPU),
        (' "AWS/EC2" MetricName="CPUUtilization" ', CPU),
        (" InstanceType=micro ", {"cpu of a type"}),
        (' InstanceType="t2.micro" Namespace="AWS/EC2" ', {"cpu of a type"}),
        (' InstanceType="micro" ', set()),
        ("{MyNamespace} count", {"count"}),
        ("{MyNamespace}, Count", {"count"}),
        ("{MyNamespace} COUNT", {"count"}),
        ("{MyNamespace} couNT", set()),
        ("{MyNamespace} CustomCount", {"count"}),
        ("{MyNamespace} Count1", {"count"}),
        ("{MyNamespace} customcount", set()),
        ("{MyNamespace} count1", set()),
        (' {MyNamespace}, "CustomCount1" ', {"count"}),
        (' {MyNamespace}, "customcount1" ', set()),
        (' {MyNamespace}, "Custom" ', set()),
        ("failure sdb", {"failure"}),
        (' {"My Namespace", "Dimension@Name"}, "Custom:Name[Special" ', {"special"}),
        ("network/errors", {"network"}),
        ("network+errors", {"network"}),
        ("Network_Errors", {"network"}),
        ('"Network-Errors-2"', {"network"}),
        ('"Network_Errors_2"', set()),
        ('"Europe\\\\France Traffic\\(Network\\)"', {"france"}),
        ("{AWS/EC2,InstanceId} network AND packets", {"packets"}),
        ("{AWS/EC2,InstanceId} network packets ", {"packets"}),
        (' "CPUUtilization" NOT i-1234567890123456 ', {"cpu of a type", "cpu of all"}),
        ("NOT Namespace=AWS", {"count", "failure", "network", "special", "france"}),
        (' "CPUUtilization" NOT InstanceId=i NOT InstanceType=t ', {"cpu of all"}),
        (" (EC2 OR EBS) AND MetricName=ReadOps ", {"reads"}),
        (" (EC2 OR EBS) MetricName=ReadOps ", {"reads"}),
        (" (EC2 OR EBS) AND ReadOps AND ProjectA ", {"reads"}),
        (' {AWS/Lambda,FunctionName} MetricName="Errors" OR (MetricName="Invocations" AND '
         "(ProjectA OR ProjectB)) ", {"errors", "invocations"}),
        (' "Dimension@Name"=x ', {"special"}),
    ],
)  # fmt: skip
def test_the_examples(text: str, names: set[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "a search needs a schema or a term"),
        ("  ,", "a search needs a schema or a term"),
        ("{}", "Unexpected '}' in search"),
        ("{App", "Unexpected end of search"),
        ("a OR", "Unexpected end of search"),
        ("(a", "Unexpected end of search"),
        ("a)", "Unexpected ')' in search"),
        ("NOT", "Unexpected end of search"),
        ("a=", "Unexpected end of search"),
        ('"a', "Unexpected '\"' in search"),
        ("NOT " * 40 + "a", "a search is nested more than 30 deep"),
        ("a" * (MOST_CHARACTERS + 1), "a search must not have more than 1024 characters"),
    ],
)
def test_what_is_no_search(text: str, reason: str) -> None:
    with pytest.raises(MathError) as refused:
        parse_search(text)
    assert str(refused.value) == reason


def test_labels_have_what_differs() -> None:
    by_host = [metric("App", "m", Host=host, Zone="z") for host in "ab"]
    assert labels_of_found(by_host) == ["a", "b"]
    assert labels_of_found(by_host[:1]) == ["m"]
    assert labels_of_found([]) == []
    two = [metric("App", "m", Host="a"), metric("App", "n", Host="b")]
    assert labels_of_found(two) == ["m a", "n b"]
    mixed = [metric("App", "m", Host="a"), metric("App", "m")]
    assert labels_of_found(mixed) == ["App m a", "App m"]


def get(server: TestServer, client: Any, expression: str, **more: Any) -> Any:
    return client.get_metric_data(
        MetricDataQueries=[{"Id": "e1", "Expression": expression, **more}],
        StartTime=at(server, 600),
        EndTime=at(server, -60),
    )


def test_a_search_over_the_wire(cloudwatch: Any, server: TestServer) -> None:
    namespace = "Search/" + cloudwatch.meta.service_model.resolved_protocol
    for host, value in (("a", 1), ("b", 2)):
        put(server, namespace, "Errors", {60: value}, Host=host)
    put(server, namespace, "Errors", {60: 100})
    search = f'SEARCH(\'{{"{namespace}", Host}} Errors\', "Sum", 60)'
    found = get(server, cloudwatch, search, Label="")["MetricDataResults"]
    assert [(each["Label"], each["Values"]) for each in found] == [("a", [1.0]), ("b", [2.0])]
    (result,) = get(server, cloudwatch, f"SUM({search})")["MetricDataResults"]
    assert result["Values"] == [3.0]
    # Without a period it has the query's
    answer = get(server, cloudwatch, search.replace(", 60", ""), Period=120)
    assert [each["Values"] for each in answer["MetricDataResults"]] == [[1.0], [2.0]]
    assert answer["Messages"] == []


def test_searches_are_bounded(cloudwatch: Any, server: TestServer) -> None:
    searches = ", ".join(f"SEARCH('Nothing{number}', 'Sum', 60)" for number in range(21))
    assert get(server, cloudwatch, f"SUM([{searches[: searches.rindex(', S')]}])")
    with pytest.raises(ClientError) as refused:
        get(server, cloudwatch, f"SUM([{searches}])")
    assert refused.value.response["Error"]["Message"] == (
        "Error in MetricDataQueries: a call must not have more than 20 SEARCHes"
    )


def test_a_search_that_finds_too_much_says_so(cloudwatch: Any, server: TestServer) -> None:
    namespace = "Many" + cloudwatch.meta.service_model.resolved_protocol.replace("-", "")
    hosts = {f"m/{number}": {"Host": f"h{number:03}"} for number in range(MOST_SERIES + 1)}
    put_many(server, namespace, hosts)
    answer = get(server, cloudwatch, f"SUM(SEARCH('{{{namespace}, Host}}', 'Sum', 60))")
    assert answer["MetricDataResults"][0]["Values"] == [float(MOST_SERIES)]
    assert answer["Messages"] == [
        {
            "Code": "MaxMetricsExceeded",
            "Value": "The maximum number of allowed metrics, 500, has been exceeded.",
        }
    ]
