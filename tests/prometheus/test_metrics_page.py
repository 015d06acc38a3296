"""Prometheus's text as a server gives it, and who may see it."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from kinesis_metrics import Published
from shardline.gateway.metrics_page import metrics_page
from shardline.gateway.server import SERVERS
from shardline.gateway.types import Response
from shardline.prometheus.families import NODE
from shardline.prometheus.kinesis_families import EXPORTED
from shardline.settings import NodeSettings
from shardline.storage.record_log import WriteFailed
from shardline.testing import ManualClock, TestServer, running_server

TOKEN = "a-token-of-sixteen-characters"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
Labels = tuple[tuple[str, str], ...]
ONCE = Config(retries={"total_max_attempts": 1})


class Page:
    """A scrape: every sample by its name and labels, and the kind of every family."""

    def __init__(self, server: TestServer) -> None:
        answer = httpx.get(f"{server.endpoint}/_shardline/metrics")
        assert answer.headers["content-type"].startswith("text/plain")
        self.text = answer.text
        self.kinds: dict[str, str] = {}
        self.samples: dict[tuple[str, Labels], float] = {}
        for family in text_string_to_metric_families(self.text):
            self.kinds[family.name] = family.type
            for sample in family.samples:
                key = sample.name, tuple(sorted(sample.labels.items()))
                assert key not in self.samples
                self.samples[key] = sample.value

    def of(self, name: str, **labels: str) -> float:
        """The sum of the samples that have these labels."""
        wanted = set(labels.items())
        return sum(
            value
            for (found, has), value in self.samples.items()
            if found == name and wanted <= {*has}
        )


@pytest.fixture
def server() -> Iterator[TestServer]:
    with running_server(clock=ManualClock()) as server:
        yield server


@contextlib.contextmanager
def used(server: TestServer) -> Iterator[None]:
    """Every kind of call, good and bad; two subscriptions are open."""
    kinesis = server.client("kinesis", config=ONCE)
    kinesis.create_stream(StreamName="events", ShardCount=2)
    kinesis.enable_enhanced_monitoring(StreamName="events", ShardLevelMetrics=["ALL"])
    put = kinesis.put_record(StreamName="events", PartitionKey="k", Data=b"12345")
    kinesis.put_records(StreamName="events", Records=[{"PartitionKey": "k", "Data": b"1"}] * 3)
    server.clock.advance(seconds=4)
    for shard in "0", "1":
        iterator = kinesis.get_shard_iterator(
            StreamName="events", ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        kinesis.get_records(ShardIterator=iterator, Limit=1)
    arn = kinesis.describe_stream_summary(StreamName="events")["StreamDescriptionSummary"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn["StreamARN"], ConsumerName="reader")[
        "Consumer"
    ]["ConsumerARN"]
    call = {"ConsumerARN": consumer, "StartingPosition": {"Type": "TRIM_HORIZON"}}
    with contextlib.ExitStack() as streams:
        for shard in "0", "1":
            stream = kinesis.subscribe_to_shard(ShardId=shard, **call)["EventStream"]
            streams.callback(stream.close)
            if put["ShardId"].endswith(shard):
                next(iter(stream))
        with contextlib.suppress(ClientError):
            kinesis.subscribe_to_shard(ShardId="1", **call)
        yield


def test_the_numbers_of_kinesis_are_those_of_cloudwatch(server: TestServer) -> None:
    with used(server):
        page, metrics = Page(server), Published(server, "events")
    stream = {"stream": "events", "account": "000000000000", "region": "us-east-1"}
    for family, metric, _ in EXPORTED:
        labels = {"shard": "ShardId", "consumer": "ConsumerName"}
        for label in {"shard", "consumer"} & {*family.labels}:
            assert metric.level == label
        parts = {part for name, part in metrics.names() if name == metric.name}
        for part in parts:
            if (metric.level == "stream") != (part == ""):
                continue
            dimension = {labels[metric.level]: part} if part else {}
            mine = {**stream, **({metric.level: part} if part else {})}
            statistics = metrics.all(metric.name, **dimension)
            expected: dict[str, float] = {
                "counter": statistics.count if "attempts" in family.name else statistics.sum,
                "gauge": statistics.maximum / 1000,
            }
            if family.kind == "summary":
                assert page.of(f"{family.name}_count", **mine) == statistics.count
                sums = page.of(f"{family.name}_sum", **mine)
                assert sums == pytest.approx(statistics.sum / 1000)
            else:
                found = page.of(family.name, **mine)
                assert found == pytest.approx(expected[family.kind]), family.name
    assert page.of("shardline_kinesis_incoming_bytes_total") == 6 + 3 * 2
    assert page.of("shardline_kinesis_get_records_iterator_age_seconds") == 4


def test_every_family_is_there_and_no_other(tmp_path: Path) -> None:
    with running_server(NodeSettings(data_dir=tmp_path, port=0)) as on_disk, used(on_disk):
        page = Page(on_disk)
    kinds = {family.name.removesuffix("_total"): family.kind for family in NODE}
    kinds |= {each.family.name.removesuffix("_total"): each.family.kind for each in EXPORTED}
    found = {name: kind for name, kind in page.kinds.items() if name.startswith("shardline_")}
    assert found == kinds
    assert {"process_resident_memory_bytes", "process_cpu_seconds"} <= {*page.kinds}
    assert page.of("shardline_store_bytes", part="records") > 4096
    assert page.of("shardline_store_bytes", part="catalog") > 4096
    assert page.of("shardline_store_bytes", part="metrics") > 0
    assert page.of("shardline_memory_bytes") > 2**20
    assert page.of("shardline_log_commits_total") >= 3
    assert page.of("shardline_log_commit_size_bytes_sum") == 12
    assert page.of("shardline_log_commit_duration_seconds_sum") > 0
    assert page.of("shardline_log_commit_duration_seconds_count") == page.of(
        "shardline_log_commits_total"
    )
    assert page.of("shardline_open_shards", stream="events") == 2
    assert page.of("shardline_open_subscriptions", consumer="reader") == 2


def test_requests_are_counted_by_operation_and_code(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given calls that are answered, refused and failed
    kinesis = server.client("kinesis", config=ONCE)
    kinesis.create_stream(StreamName="events", ShardCount=1)
    put = {"StreamName": "events", "PartitionKey": "k"}
    for _ in range(3):
        kinesis.put_record(**put, Data=b"x")
    stranger = server.client("kinesis", aws_access_key_id="stranger", config=ONCE)

    async def fail(*_: object) -> None:
        raise WriteFailed("the disk is full")

    for client, failing, call in (
        (kinesis, False, {**put, "StreamName": "other"}),
        (kinesis, False, {**put, "ExplicitHashKey": str(2**128)}),
        (kinesis, True, put),
        (stranger, False, put),
    ):
        with monkeypatch.context() as patch:
            if failing:
                patch.setattr(server.node.records, "append", fail)
            with pytest.raises(ClientError):
                client.put_record(**call, Data=b"x")
    assert httpx.post(server.endpoint, content=b"no call").status_code == 403
    with contextlib.suppress(httpx.WriteError):  # it is answered before it was sent
        assert httpx.post(server.endpoint, content=b"x" * (17 * 2**20)).status_code == 413
    server.client("sts").get_caller_identity()
    # Then each has its code
    page = Page(server)
    codes = {
        (dict(labels)["operation"], dict(labels)["code"]): value
        for (name, labels), value in page.samples.items()
        if name == "shardline_requests_total"
    }
    assert codes == {
        ("CreateStream", "OK"): 1,
        ("PutRecord", "OK"): 3,
        ("PutRecord", "ResourceNotFoundException"): 1,
        ("PutRecord", "InvalidArgumentException"): 1,
        ("PutRecord", "InternalFailure"): 1,
        ("PutRecord", "UnrecognizedClientException"): 1,
        ("GetCallerIdentity", "OK"): 1,
        ("none", "MissingAuthenticationTokenException"): 1,
        ("none", "RequestEntityTooLarge"): 1,
    }
    assert page.of("shardline_request_duration_seconds_count", operation="PutRecord") == 7
    assert page.of("shardline_requests_total", service="sts") == 1


def test_an_age_is_told_for_as_long_as_its_minute_is_recent(server: TestServer) -> None:
    with used(server):
        pass
    name = "shardline_kinesis_get_records_iterator_age_seconds"
    assert page_has(server, name)
    server.clock.advance(minutes=2)
    assert not page_has(server, name)


def page_has(server: TestServer, name: str) -> bool:
    return any(found == name for found, _ in Page(server).samples)


def test_a_scraper_may_ask_for_openmetrics(server: TestServer) -> None:
    with used(server):
        pass
    url = f"{server.endpoint}/_shardline/metrics"
    answer = httpx.get(url, headers={"Accept": OPENMETRICS})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = list(openmetrics.text_string_to_metric_families(answer.text))
    assert len(families) > 30


def ask(page: Any, method: str, peer: str | None, **fields: str) -> Response:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
    answer: Response = asyncio.run(page(method, None if peer is None else (peer, 1), named))
    return answer


async def render(accept: str) -> tuple[bytes, str]:
    return b"numbers", "text/plain"


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_loopback_needs_no_token(peer: str) -> None:
    for token in (None, TOKEN):
        page = metrics_page(render, token)
        assert ask(page, "GET", peer).body == b"numbers"
        head = ask(page, "HEAD", peer)
        assert (head.status, head.body) == (200, b"")
        assert ask(page, "POST", peer).status == 405


@pytest.mark.parametrize(
    ("peer", "fields"),
    [
        ("192.0.2.1", {}),
        ("::ffff:192.0.2.1", {}),
        ("2001:db8::1", {}),
        ("unix", {}),
        (None, {}),
        ("127.0.0.1", {"x_forwarded_for": "192.0.2.1"}),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}),
    ],
)
def test_others_need_the_token(peer: str | None, fields: dict[str, str]) -> None:
    page = metrics_page(render, TOKEN)
    for authorization in (
        "",
        "Bearer",
        f"Basic {TOKEN}",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
    ):
        answer = ask(page, "GET", peer, authorization=authorization, **fields)
        assert answer.status == 401
        assert (b"www-authenticate", b"Bearer") in answer.headers
        assert TOKEN.encode() not in answer.body
    for scheme in ("Bearer", "bearer"):
        answer = ask(page, "GET", peer, authorization=f"{scheme} {TOKEN}", **fields)
        assert (answer.status, answer.body) == (200, b"numbers")


def test_without_a_token_in_the_settings_none_is_right() -> None:
    page = metrics_page(render, None)
    for authorization in ("Bearer None", "Bearer ", "Bearer"):
        assert ask(page, "GET", "192.0.2.1", authorization=authorization).status == 401
    assert ask(page, "HEAD", "192.0.2.1").body == b""


@pytest.mark.parametrize("kind", list(SERVERS))
def test_both_http_servers_tell_who_asks(kind: str) -> None:
    settings = NodeSettings(data_dir=None, port=0, http_server=kind, metrics_token=TOKEN)
    with running_server(settings) as server:
        url = f"{server.endpoint}/_shardline/metrics"
        assert httpx.get(url).status_code == 200
        forwarded = {"X-Forwarded-For": "192.0.2.1"}
        assert httpx.get(url, headers=forwarded).status_code == 401
        forwarded["Authorization"] = f"Bearer {TOKEN}"
        assert httpx.get(url, headers=forwarded).status_code == 200
