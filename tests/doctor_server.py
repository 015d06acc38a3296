"""A running server with traffic, for the tests in which doctor looks at a real one."""

from typing import Any

from shardline.doctor.diagnosis import diagnose
from shardline.doctor.findings import Finding, Report, SectionName, Verdict
from shardline.doctor.gather import Wish
from shardline.testing import TestServer


def now_s(server: TestServer) -> int:
    """The server's time."""
    return server.clock.now_ms() // 1000


def put(server: TestServer, stream: str, count: int = 20, key: str | None = None) -> None:
    """A batch of records, spread over all shards unless a key is given."""
    records = [{"Data": b"x" * 50, "PartitionKey": key or f"key-{i}"} for i in range(count)]
    server.client("kinesis").put_records(StreamName=stream, Records=records)


class Poller:
    """A reader that polls every shard from its beginning on."""

    def __init__(self, server: TestServer, stream: str) -> None:
        self._kinesis: Any = server.client("kinesis")
        shards = self._kinesis.list_shards(StreamName=stream)["Shards"]
        self._iterators = {
            each["ShardId"]: self._kinesis.get_shard_iterator(
                StreamName=stream, ShardId=each["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            for each in shards
        }

    def poll(self, limit: int = 10_000) -> int:
        """Read each shard once; how many records there were."""
        read = 0
        for shard, iterator in self._iterators.items():
            answer = self._kinesis.get_records(ShardIterator=iterator, Limit=limit)
            self._iterators[shard] = answer["NextShardIterator"]
            read += len(answer["Records"])
        return read


def looked_at(server: TestServer, stream: str, **wish: Any) -> Report:
    """What doctor says at the server's time, of the last hour."""
    now = now_s(server)
    return diagnose(server.client, Wish(stream, now - 3600, now, server.endpoint, **wish))


def faults(report: Report, section: SectionName | None = None) -> list[Finding]:
    """What is not well, in all sections or in one."""
    return [
        finding
        for each in report.sections
        if section in (None, each.name)
        for finding in each.findings
        if finding.verdict is not Verdict.WELL
    ]


def named(report: Report) -> dict[str, Verdict]:
    """The checks that found something."""
    return {each.check: each.verdict for each in faults(report)}
