"""GetMetricData as boto3 calls it by each protocol: series, expressions, labels and pages."""

import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudwatch.metrics_support import at, minute, put
from shardline.testing import TestServer


def stat(namespace: str, id_: str, name: str = "", **more: Any) -> dict[str, Any]:
    members = {key: more.pop(key) for key in ("Label", "ReturnData") if key in more}
    metric = {"Namespace": namespace, "MetricName": name or id_}
    return {
        "Id": id_,
        "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum", **more},
        **members,
    }


def get(server: TestServer, client: Any, *queries: Any, **more: Any) -> Any:
    times = {"StartTime": at(server, 600), "EndTime": at(server, -60)}
    return client.get_metric_data(MetricDataQueries=list(queries), **times | more)


@pytest.fixture
def namespace(cloudwatch: Any, server: TestServer, request: pytest.FixtureRequest) -> str:
    """One with two metrics, of which the second has no value in the minute before the last."""
    protocol = cloudwatch.meta.service_model.resolved_protocol
    name = f"{request.function.__name__}/{protocol}"
    put(server, name, "m1", {180: 1, 120: 2, 60: 3})
    put(server, name, "m2", {180: 10, 60: 30}, unit="Bytes")
    return name


def test_series_and_an_expression(cloudwatch: Any, server: TestServer, namespace: str) -> None:
    answer = get(
        server,
        cloudwatch,
        stat(namespace, "m1"),
        {"Id": "sum", "Expression": "SUM(METRICS())", "Label": "both"},
        stat(namespace, "m2", ReturnData=False),
        {"Id": "each", "Expression": "METRICS() * 2"},
    )
    minutes = [minute(server, ago_s) for ago_s in (60, 120, 180)]

    def result(id_: str, label: str, values: list[float], times: Any = minutes) -> dict[str, Any]:
        return {
            "Id": id_, "Label": label, "Timestamps": times, "Values": values,
            "StatusCode": "Complete",
        }  # fmt: skip

    assert answer["MetricDataResults"] == [
        result("m1", "m1", [3.0, 2.0, 1.0]),
        result("sum", "both", [33.0, 2.0, 11.0]),
        result("each", "each m1", [6.0, 4.0, 2.0]),
        result("each", "each m2", [60.0, 20.0], [minutes[0], minutes[2]]),
    ]
    assert answer["Messages"] == []
    assert "NextToken" not in answer


def test_the_oldest_first(cloudwatch: Any, server: TestServer, namespace: str) -> None:
    answer = get(server, cloudwatch, stat(namespace, "m1"), ScanBy="TimestampAscending")
    (result,) = answer["MetricDataResults"]
    assert result["Values"] == [1.0, 2.0, 3.0]
    assert result["Timestamps"] == [minute(server, ago_s) for ago_s in (180, 120, 60)]


def test_units_and_statistics(cloudwatch: Any, server: TestServer, namespace: str) -> None:
    put(server, namespace, "m1", {60: 5}, unit="Bytes")
    queries = [
        stat(namespace, "all", "m1"),
        stat(namespace, "bytes", "m1", Unit="Bytes"),
        stat(namespace, "p", "m1", Stat="p100"),
        stat(namespace, "none", "m3"),
    ]
    found = get(server, cloudwatch, *queries)["MetricDataResults"]
    assert [result["Values"] for result in found] == [[8.0, 2.0, 1.0], [5.0], [5.0, 2.0, 1.0], []]
    assert [result["StatusCode"] for result in found] == ["Complete"] * 4


@pytest.mark.parametrize("most", [1, 2, 3, 4, 100_800])
def test_pages(cloudwatch: Any, server: TestServer, namespace: str, most: int) -> None:
    for queries in (
        [stat(namespace, "m1"), stat(namespace, "m2")],
        [stat(namespace, "m1"), {"Id": "e", "Expression": "METRICS() - 1"}],
    ):
        whole: dict[tuple[str, str], list[float]] = {}
        token: dict[str, Any] = {}
        pages = 0
        while pages == 0 or token:
            page = get(server, cloudwatch, *queries, MaxDatapoints=most, **token)
            token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
            assert sum(len(result["Values"]) for result in page["MetricDataResults"]) <= most
            for result in page["MetricDataResults"]:
                key = result["Id"], result["Label"]
                whole[key] = whole.get(key, []) + result["Values"]
            partial = [each["StatusCode"] for each in page["MetricDataResults"]]
            assert set(partial[:-1]) <= {"Complete"}
            pages += 1
        at_once = get(server, cloudwatch, *queries)["MetricDataResults"]
        assert whole == {(each["Id"], each["Label"]): each["Values"] for each in at_once}
        points = sum(map(len, whole.values()))
        assert pages == -(-points // most)


def test_labels(cloudwatch: Any, server: TestServer, namespace: str) -> None:
    label = "${LABEL}: ${MAX} at ${LAST_TIME} in ${PROP('Region')}, ${UNKNOWN}"
    answer = get(
        server,
        cloudwatch,
        stat(namespace, "m1", Label=label),
        LabelOptions={"Timezone": "+0130"},
    )
    zone = datetime.timezone(datetime.timedelta(hours=1, minutes=30))
    (result,) = answer["MetricDataResults"]
    last = minute(server, 60).astimezone(zone).isoformat()
    assert result["Label"] == f"m1: 3 at {last} in {server.region}, ${{UNKNOWN}}"


def refusal(client: Any, server: TestServer, *queries: Any, **more: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        get(server, client, *queries, **more)
    error = refused.value.response["Error"]
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return error["Code"], error["Message"]


MEMBER = "MetricDataQueries.member.1"


def test_what_is_refused(cloudwatch: Any, server: TestServer) -> None:
    one = stat("App", "m1")
    for queries, more, sentence in (
        ([], {}, "The parameter MetricDataQueries is required."),
        ([one] * 501, {},
         "The collection MetricDataQueries must not have a size greater than 500."),
        ([one, one], {}, "The values for parameter id in MetricDataQueries are not unique."),
        ([one | {"Id": "Big"}], {}, f"The value Big for parameter {MEMBER}.Id is invalid."),
        ([{"Id": "a"}], {}, f"The parameter {MEMBER}.MetricStat is required."),
        ([one | {"Expression": "m1"}], {},
         f"The parameters {MEMBER}.Expression and {MEMBER}.MetricStat are mutually exclusive and "
         "you have specified both."),
        ([stat("App", "m1", Stat="Most")], {},
         f"The value Most for parameter {MEMBER}.MetricStat.Stat is not a valid statistic."),
        ([stat("App", "m1", Period=90)], {},
         f"The parameter {MEMBER}.MetricStat.Period must be a multiple of 60."),
        ([one | {"AccountId": "111111111111"}], {},
         f"The value 111111111111 for parameter {MEMBER}.AccountId is invalid."),
        ([{"Id": "e", "Expression": "m1 +"}], {},
         "Error in expression 'e': Unexpected end of expression"),
        ([one], {"MaxDatapoints": 0}, "The value 0 for parameter MaxDatapoints is invalid."),
        ([one], {"ScanBy": "x"},
         "The parameter ScanBy must be a value in the set "
         "[ TimestampDescending, TimestampAscending ]."),
        ([one], {"LabelOptions": {"Timezone": "+2500"}},
         "The value +2500 for parameter LabelOptions.Timezone is invalid."),
        ([one], {"EndTime": at(server, 600)},
         "The parameter StartTime must not equal parameter EndTime."),
        ([one], {"EndTime": at(server, 700)},
         "The parameter EndTime must be greater than StartTime."),
        ([{"Id": "e", "Expression": "TIME_SERIES(1)"}], {"StartTime": at(server, 1.6e9)},
         "Error in MetricDataQueries: the expressions need too many datapoints"),
    ):  # fmt: skip
        assert refusal(cloudwatch, server, *queries, **more) == ("ValidationError", sentence)


def test_tokens_that_are_none(cloudwatch: Any, server: TestServer) -> None:
    for token in ("x", "WzEsMCwwXQ==", "Wy0xLDAsMF0=", "bnVsbA=="):
        code, message = refusal(cloudwatch, server, stat("App", "m1"), NextToken=token)
        assert code == "InvalidNextToken"
        assert message == "The value for parameter NextToken is invalid."
