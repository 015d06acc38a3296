"""What is measured, and how one measurement is made."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import botocore.session
import msgspec

from bench.plan import Plan, Result, Workload
from bench.servers import HOST, ROOT, BenchError, Server
from bench.signing import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY

STREAM = "bench"
_ACTIVE_SECONDS = 30.0
_FILL_SECONDS = 240.0
_FILL_RECORDS_PER_REQUEST = 500
_FILL_CONNECTIONS = 4


@dataclass(frozen=True)
class Scenario:
    """A shape of load. Sizes are of the data, before base64."""

    name: str
    workload: Workload
    records_per_request: int
    record_bytes: int
    connections: int
    about: str
    on_floor: bool = False
    fixed_connections: bool = False
    requests_per_second: float = 0


def _fan_out(consumers: int) -> Scenario:
    """What a shard takes on AWS, 1 MB and 1,000 records a second, to so many consumers of it."""
    plural = "s" if consumers > 1 else ""
    return Scenario(
        f"fanout{consumers}",
        "fanout",
        50,
        1024,
        consumers,
        f"1 MB/s of 1 KiB records, {consumers} consumer{plural} of its shard",
        fixed_connections=True,
        requests_per_second=20,
    )


_ALL = (
    Scenario("put1", "put", 1, 1024, 32, "PutRecord of 1 KiB"),
    Scenario("putN", "put", 500, 1024, 8, "PutRecords of 500 x 1 KiB"),
    Scenario("putS", "put", 500, 100, 8, "PutRecords of 500 x 100 B"),
    Scenario("get", "get", 10_000, 1024, 4, "GetRecords of 1 KiB records", fixed_connections=True),
    Scenario("getS", "get", 10_000, 100, 4, "GetRecords of 100 B records", fixed_connections=True),
    Scenario("latency", "put", 1, 1024, 1, "put1 on one connection", fixed_connections=True),
    _fan_out(1),
    _fan_out(20),
    Scenario("floor", "put", 1, 1024, 32, "put1's requests on the floor", on_floor=True),
    Scenario("floorN", "put", 500, 1024, 8, "putN's requests on the floor", on_floor=True),
)
SCENARIOS = {scenario.name: scenario for scenario in _ALL}


@dataclass(frozen=True)
class Load:
    """The options that hold for all scenarios of a run."""

    seconds: float
    warmup_seconds: float
    shards: int
    fill_records: int
    connections: int | None = None
    encrypted: bool = False

    def connections_of(self, scenario: Scenario) -> int:
        if scenario.fixed_connections or self.connections is None:
            return scenario.connections
        return self.connections


def generate(plan: Plan) -> Result:
    """Runs the plan in a load generator process and waits for its result."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.loadgen"],
        cwd=ROOT,
        input=msgspec.json.encode(plan),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"the load generator failed:\n{done.stderr.decode()[-2000:]}")
    return msgspec.json.decode(done.stdout, type=Result)


def client_of(server: Server) -> Any:
    """A botocore client, for the few calls that set a measurement up."""
    return botocore.session.get_session().create_client(
        "kinesis",
        region_name=REGION,
        endpoint_url=server.url,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
    )


def _create_stream(client: Any, load: Load, shards: int) -> None:
    client.create_stream(StreamName=STREAM, ShardCount=shards)
    wait_until_active(client)
    if load.encrypted:
        client.start_stream_encryption(
            StreamName=STREAM, EncryptionType="KMS", KeyId="alias/aws/kinesis"
        )
        wait_until_active(client)


def wait_until_active(client: Any, stream: str = STREAM) -> None:
    deadline = time.monotonic() + _ACTIVE_SECONDS
    while True:
        summary = client.describe_stream_summary(StreamName=stream)
        if summary["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE":
            return
        if time.monotonic() > deadline:
            raise BenchError(f"the stream {stream} did not become ACTIVE")
        time.sleep(0.1)


def iterators(client: Any, most: int, stream: str = STREAM) -> tuple[str, ...]:
    """Where the first shards of a stream begin, at most so many."""
    shards = client.list_shards(StreamName=stream, MaxResults=most)["Shards"]
    return tuple(
        client.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        for shard in shards
    )


def _consumers(client: Any, count: int) -> tuple[str, ...]:
    summary = client.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
    return tuple(
        client.register_stream_consumer(
            StreamARN=summary["StreamARN"], ConsumerName=f"consumer-{number}"
        )["Consumer"]["ConsumerARN"]
        for number in range(count)
    )


def fill(server: Server, record_bytes: int, records: int, stream: str = STREAM) -> None:
    """Put so many records, by calls of 500."""
    requests = max(1, records // _FILL_RECORDS_PER_REQUEST)
    result = generate(
        Plan(
            workload="put",
            host=HOST,
            port=server.port,
            more_ports=server.more_ports,
            server_pid=server.pid,
            stream=stream,
            records_per_request=_FILL_RECORDS_PER_REQUEST,
            record_bytes=record_bytes,
            connections=_FILL_CONNECTIONS,
            warmup_seconds=0,
            seconds=_FILL_SECONDS,
            stop_after_requests=requests,
        )
    )
    if result.requests < requests:
        raise BenchError(f"the stream could not be filled: {result.first_failure or 'too slow'}")


def measure(
    server: Server,
    scenario: Scenario,
    load: Load,
    watch: Callable[[Server], AbstractContextManager[None]] | None = None,
) -> Result:
    """One scenario on one fresh server; `watch` is entered around the load itself."""
    beginnings: tuple[str, ...] = ()
    consumers: tuple[str, ...] = ()
    if not scenario.on_floor:
        client = client_of(server)
        _create_stream(client, load, 1 if scenario.workload == "fanout" else load.shards)
        if scenario.workload == "fanout":
            consumers = _consumers(client, scenario.connections)
        if scenario.workload == "get":
            fill(server, scenario.record_bytes, load.fill_records)
            beginnings = iterators(client, load.shards)
    plan = plan_of(server, scenario, load, (STREAM,), beginnings, consumers)
    with watch(server) if watch else nullcontext():
        return generate(plan)


def plan_of(
    server: Server,
    scenario: Scenario,
    load: Load,
    streams: Sequence[str],
    beginnings: tuple[str, ...] = (),
    consumers: tuple[str, ...] = (),
) -> Plan:
    """The load of a scenario; it puts to these streams by turns."""
    return Plan(
        workload=scenario.workload,
        host=HOST,
        port=server.port,
        more_ports=server.more_ports,
        server_pid=server.pid,
        stream=streams[0],
        more_streams=tuple(streams[1:]),
        records_per_request=scenario.records_per_request,
        record_bytes=scenario.record_bytes,
        connections=load.connections_of(scenario),
        warmup_seconds=load.warmup_seconds,
        seconds=load.seconds,
        iterators=beginnings,
        consumers=consumers,
        requests_per_second=scenario.requests_per_second,
    )
