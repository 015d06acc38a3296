"""PutMetricData as clients call it: boto3 by each of its protocols, packed when large."""

import datetime
import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from shardline.settings import NodeSettings
from shardline.storage.metric_store import HOURS_KEPT_S, Datapoint, Metric
from shardline.storage.statistic_set import StatisticSet, set_of_values
from shardline.testing import ManualClock, TestServer, running_server

ACCOUNT = "000000000000"
CONTENT_TYPES = {
    "smithy-rpc-v2-cbor": "application/cbor",
    "json": "application/x-amz-json-1.0",
    "query": "application/x-www-form-urlencoded; charset=utf-8",
}
NO_RETRIES = Config(retries={"total_max_attempts": 1})


def kept(server: TestServer, namespace: str, resolution: Any = 60) -> list[Datapoint]:
    metric = Metric(ACCOUNT, server.region, namespace, "m", (("Host", "a"),))
    return list(server.run(server.node.metrics.read(metric, resolution, 0, 2**40)))  # type: ignore[arg-type]


def a_datum(server: TestServer, **members: Any) -> dict[str, Any]:
    at = datetime.datetime.fromtimestamp(server.clock.now_ms() / 1000, datetime.UTC)
    return {
        "MetricName": "m",
        "Dimensions": [{"Name": "Host", "Value": "a"}],
        "Timestamp": at,
        "Unit": "Milliseconds",
        **members,
    }


def test_what_boto3_puts_is_kept(cloudwatch: Any, server: TestServer) -> None:
    # Given the three forms of values, put by one client
    namespace = "App/" + cloudwatch.meta.service_model.resolved_protocol
    answer = cloudwatch.put_metric_data(
        Namespace=namespace,
        MetricData=[
            a_datum(server, Value=1.5, StorageResolution=1),
            a_datum(server, Values=[2.5, 1e-9], Counts=[3, 1]),
        ],
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]
    # Then they are one datapoint
    now_s = server.clock.now_ms() // 1000
    whole = set_of_values([(1.5, 1.0), (2.5, 3.0), (1e-9, 1.0)])
    assert kept(server, namespace) == [Datapoint(now_s - now_s % 60, "Milliseconds", whole)]
    assert [point.start_s for point in kept(server, namespace, 1)] == [now_s]


def test_errors_have_querys_codes_in_every_protocol(cloudwatch: Any, server: TestServer) -> None:
    data = [a_datum(server, Value=1.0)]
    with pytest.raises(cloudwatch.exceptions.InvalidParameterValueException) as refused:
        cloudwatch.put_metric_data(Namespace="AWS/Kinesis", MetricData=data)
    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidParameterValue"
    assert error["Message"] == "The value AWS/ for parameter Namespace is invalid."
    assert error["Type"] == "Sender"
    with pytest.raises(cloudwatch.exceptions.MissingRequiredParameterException) as refused:
        cloudwatch.put_metric_data(Namespace="App", MetricData=[a_datum(server)])
    assert refused.value.response["Error"]["Code"] == "MissingParameter"


def test_numbers_that_are_none(cloudwatch: Any, server: TestServer) -> None:
    for value, shown in [(float("nan"), "NaN"), (float("-inf"), "-Infinity")]:
        if cloudwatch.meta.service_model.resolved_protocol == "json":
            continue  # botocore writes them as strings, which no JSON number is
        with pytest.raises(ClientError) as refused:
            cloudwatch.put_metric_data(Namespace="App", MetricData=[a_datum(server, Value=value)])
        assert refused.value.response["Error"]["Message"] == (
            f"The value {shown} for parameter MetricData.member.1.Value is invalid."
        )


def test_a_large_call_is_packed_by_boto3(cloudwatch: Any, server: TestServer) -> None:
    # Given a call of more than the 10,240 bytes above which boto3 packs
    namespace = "Large/" + cloudwatch.meta.service_model.resolved_protocol
    sent: list[Any] = []
    cloudwatch.meta.events.register("before-send", lambda request, **_: sent.append(request))
    data = [a_datum(server, Value=float(n)) for n in range(300)]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    assert sent[0].headers["Content-Encoding"] in ("gzip", b"gzip")
    protocol = cloudwatch.meta.service_model.resolved_protocol
    content_type = sent[0].headers["Content-Type"]
    assert content_type in (CONTENT_TYPES[protocol], CONTENT_TYPES[protocol].encode())
    (point,) = kept(server, namespace)
    assert (point.statistics.count, point.statistics.sum) == (300, 299 * 150)


def test_what_is_not_built_says_so(cloudwatch: Any) -> None:
    with pytest.raises(ClientError) as refused:
        cloudwatch.list_metric_streams()
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert answer["Error"]["Message"] == (
        "cloudwatch has the operation ListMetricStreams, but Shardline has not built it."
    )


def test_a_signature_of_a_wrong_secret(cloudwatch: Any, server: TestServer) -> None:
    client = server.client("cloudwatch", config=NO_RETRIES, aws_secret_access_key="wrong")
    with pytest.raises(ClientError) as refused:
        client.put_metric_data(Namespace="App", MetricData=[a_datum(server, Value=1.0)])
    assert refused.value.response["Error"]["Code"] == "SignatureDoesNotMatch"


def test_regions_are_apart_and_old_metrics_go(server: TestServer) -> None:
    with running_server(clock=ManualClock()) as own:
        client = own.client("cloudwatch", region_name="eu-west-1")
        client.put_metric_data(Namespace="App", MetricData=[a_datum(own, Value=1.0)])
        assert kept(own, "App") == []
        own.clock.advance(seconds=HOURS_KEPT_S + 3600)
        own.upkeep()
        metrics = own.node.metrics.metrics(ACCOUNT, "eu-west-1", limit=9)
        assert list(own.run(metrics)) == []  # type: ignore[arg-type]


def test_metrics_are_there_after_a_restart(tmp_path: Path) -> None:
    settings = replace(NodeSettings(data_dir=tmp_path, port=0))
    for count in (1.0, 2.0):
        with running_server(settings, clock=ManualClock()) as server:
            client = server.client("cloudwatch")
            client.put_metric_data(Namespace="App", MetricData=[a_datum(server, Value=3.0)])
            (point,) = kept(server, "App")
            assert point.statistics == StatisticSet(count, 3 * count, 3, 3, {3.0: count})
    assert (tmp_path / "metrics.db").stat().st_mode & 0o777 == 0o600


def test_a_form_that_is_packed_by_hand(server: TestServer) -> None:
    # As the SDK for C++ sends it, which producers of the Kinesis Producer Library do.
    form = (
        b"Action=PutMetricData&MetricData.member.1.Dimensions.member.1.Name=Host"
        b"&MetricData.member.1.Dimensions.member.1.Value=a&MetricData.member.1.MetricName=m"
        b"&MetricData.member.1.StatisticValues.Maximum=4.0"
        b"&MetricData.member.1.StatisticValues.Minimum=1"
        b"&MetricData.member.1.StatisticValues.SampleCount=2"
        b"&MetricData.member.1.StatisticValues.Sum=5&MetricData.member.1.Unit=Count"
        b"&Namespace=KinesisProducerLibrary&Version=2010-08-01"
    )
    body = gzip.compress(form)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Encoding": "gzip",
    }
    request = AWSRequest("POST", server.endpoint + "/", headers=headers, data=body)
    key = server.node.root_key
    SigV4Auth(Credentials(key.access_key, key.secret), "monitoring", server.region).add_auth(
        request
    )
    answer = httpx.post(server.endpoint + "/", content=body, headers=dict(request.headers.items()))
    assert answer.status_code == 200, answer.text
    assert answer.text.startswith(
        '<PutMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/">'
        "<ResponseMetadata><RequestId>"
    )
    (point,) = kept(server, "KinesisProducerLibrary")
    assert point.statistics == StatisticSet(2, 5, 1, 4, None)
