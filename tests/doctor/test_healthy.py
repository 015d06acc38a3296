"""On a stream that is well, with traffic and readers, doctor finds nothing."""

import pytest

from doctor_server import Poller, looked_at, named, put
from shardline.doctor.findings import Verdict
from shardline.doctor.gather import Wish, gather
from shardline.module.places import Place
from shardline.module.policies import ACCESSES, document, policy_name
from shardline.testing import ManualClock, running_server

pytestmark = pytest.mark.slow


def test_a_stream_that_is_well() -> None:
    with running_server(clock=ManualClock(), limits="aws") as server:
        # Given a stream with the module's policies, a poller and even traffic
        kinesis, iam = server.client("kinesis"), server.client("iam")
        kinesis.create_stream(StreamName="orders", ShardCount=2)
        kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["ALL"])
        place = Place("000000000000", "us-east-1")
        for access in ACCESSES:
            iam.create_policy(
                PolicyName=policy_name("orders", access),
                PolicyDocument=document(place, "orders", access),
            )
        iam.create_user(UserName="app")
        iam.attach_user_policy(
            UserName="app", PolicyArn=place.policy(policy_name("orders", "read"))
        )
        poller = Poller(server, "orders")
        for _ in range(75):
            put(server, "orders")
            poller.poll()
            server.clock.advance(minutes=1)

        # When it is looked at with all that can be asked for
        report = looked_at(
            server, "orders", sample=500, principal="arn:aws:iam::000000000000:user/app"
        )

        # Then there is nothing, and every section has something to draw
        assert named(report) == {}
        assert report.verdict is Verdict.WELL
        assert [each.name for each in report.sections if each.series] == [
            "latency", "records", "scaling",
        ]  # fmt: skip
        assert report.heading["shards"] == "2 open shards"
        (who,) = [each for each in report.sections if each.name == "access"]
        assert "1 may read, 0 may write, 0 may manage" in who.line


def test_a_section_reads_only_what_it_needs() -> None:
    with running_server() as server:
        server.client("kinesis").create_stream(StreamName="orders", ShardCount=1)
        asked: list[str] = []

        class Counting:
            def __init__(self, service: str) -> None:
                self._client = server.client(service)
                self._client.meta.events.register(
                    "before-call", lambda model, **_: asked.append(model.name)
                )

            def __getattr__(self, name: str) -> object:
                return getattr(self._client, name)

        now = server.clock.now_ms() // 1000
        gather(Counting, Wish("orders", now - 3600, now, server.endpoint, sections=("status",)))
        assert sorted(asked) == [
            "DescribeStreamSummary", "ListShards", "ListStreamConsumers", "ListTagsForStream",
        ]  # fmt: skip

        # And all sections are a bounded number of calls
        asked.clear()
        gather(Counting, Wish("orders", now - 3600, now, server.endpoint))
        assert len(asked) == 10
