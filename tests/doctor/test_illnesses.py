"""Each of the five illnesses is made to happen on a running server, and doctor names it."""

import json
from collections.abc import Iterator

import pytest

from doctor_server import Poller, faults, looked_at, named, now_s, put
from shardline.doctor.diagnosis import fixed
from shardline.doctor.findings import Verdict
from shardline.module.scaling.history import History
from shardline.settings import NodeSettings
from shardline.testing import ManualClock, TestServer, running_server

pytestmark = pytest.mark.slow

WARNING, ILL = Verdict.WARNING, Verdict.ILL
ARN = "arn:aws:kinesis:us-east-1:000000000000:stream"


@pytest.fixture
def server() -> Iterator[TestServer]:
    """A server whose clock moves only when it is told to, with AWS's limits."""
    with running_server(clock=ManualClock(), limits="aws") as server:
        yield server


def make(server: TestServer, name: str, shards: int) -> None:
    server.client("kinesis").create_stream(StreamName=name, ShardCount=shards)


def test_a_stream_stuck_in_updating() -> None:
    # Given a server on which a reshard takes two hours
    settings = NodeSettings(data_dir=None, port=0, transition_ms=2 * 3_600_000)
    with running_server(settings, clock=ManualClock()) as server:
        make(server, "stuck", 2)
        assert named(looked_at(server, "stuck"))["status"] is WARNING  # it is CREATING
        server.clock.advance(hours=2, seconds=1)
        kinesis = server.client("kinesis")
        assert looked_at(server, "stuck").sections[0].verdict is Verdict.WELL

        # When one is made, as the scaler does it: it notes the change first
        history = History().after(now_s(server))
        kinesis.add_tags_to_stream(StreamName="stuck", Tags=history.tag())
        kinesis.update_shard_count(
            StreamName="stuck", TargetShardCount=4, ScalingType="UNIFORM_SCALING"
        )
        server.clock.advance(minutes=10)

        # Then that is a warning at first, and an illness when it lasts
        report = looked_at(server, "stuck")
        assert named(report) == {"status": WARNING}
        server.clock.advance(minutes=30)
        report = looked_at(server, "stuck")
        assert named(report) == {"status": ILL}
        line = faults(report)[0].line
        assert line == "the stream is UPDATING, for 40m or less; 30m is long"


def test_a_hot_key(server: TestServer) -> None:
    # Given a stream of four shards, where one key has more than its shard takes
    make(server, "hot", 4)
    for _ in range(5):
        for _ in range(3):
            put(server, "hot", 500, key="popular")
        put(server, "hot")
        server.clock.advance(minutes=1)
    server.clock.advance(minutes=1)

    # Then the throttles are named; which shard it is cannot be seen yet
    report = looked_at(server, "hot")
    assert named(report) == {"write-throttles": ILL, "hot-shard-unseen": WARNING}

    # When the shard-level metrics are switched on by --fix, and a few minutes pass
    (done,) = fixed(server.client, report).fixed
    assert "did switch on the shard-level metrics IncomingBytes" in done
    for _ in range(3):
        for _ in range(3):
            put(server, "hot", 500, key="popular")
        server.clock.advance(minutes=1)
    server.clock.advance(minutes=1)

    # Then the shard is named, and with a sample the key
    report = looked_at(server, "hot", sample=1000)
    assert named(report) == {"write-throttles": ILL, "hot-shard": ILL, "hot-key": WARNING}
    lines = {each.check: each.line for each in faults(report)}
    assert "is hot: 100% of the load on 25% of the hash keys" in lines["hot-shard"]
    assert lines["hot-key"].startswith("the key 'popular' has ")


def test_a_reader_near_the_end_of_the_retention(server: TestServer) -> None:
    # Given a reader that is 23 hours behind, and reads on slowly
    make(server, "late", 1)
    for _ in range(23):
        put(server, "late")
        server.clock.advance(hours=1)
    Poller(server, "late").poll(limit=5)
    server.clock.advance(minutes=2)

    report = looked_at(server, "late")

    assert named(report) == {"behind": ILL}
    line = faults(report)[0].line
    assert line.startswith("the slowest poller is 23h behind: its records are trimmed in 1h")


def test_a_reader_that_has_stopped(server: TestServer) -> None:
    # Given a reader that read once, and never again, while records came
    make(server, "stopped", 1)
    put(server, "stopped")
    kinesis = server.client("kinesis")
    poller = Poller(server, "stopped")
    poller.poll()
    last = kinesis.put_record(StreamName="stopped", PartitionKey="k", Data=b"x")
    for _ in range(23):
        server.clock.advance(hours=1)
        put(server, "stopped")

    report = looked_at(server, "stopped", checkpoints=((last["ShardId"], last["SequenceNumber"]),))

    # Then its standstill is seen, and so is how far its checkpoint is behind
    assert named(report) == {"stalled": ILL, "checkpoint": ILL}
    lines = {each.check: each.line for each in faults(report)}
    assert lines["stalled"].startswith("no poller has read for 2")
    assert lines["checkpoint"] == (
        "shardId-000000000000 (checkpoint given) is 23h behind: its records are trimmed in 1h"
    )


def test_a_missing_action(server: TestServer) -> None:
    # Given a reader's role without GetRecords, and one with subscriptions on the wrong ARN
    make(server, "orders", 1)
    iam = server.client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "000000000000"}}
    grants = {
        "reader": ["kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:Describe*"],
        "fan-out": ["kinesis:SubscribeToShard", "kinesis:DescribeStreamConsumer"],
    }
    for name, actions in grants.items():
        document = {"Version": "2012-10-17", "Statement": trust}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
        grant = {"Effect": "Allow", "Action": actions, "Resource": f"{ARN}/orders"}
        iam.put_role_policy(
            RoleName=name,
            PolicyName="p",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": grant}),
        )
    arn = "arn:aws:iam::000000000000:role"

    # Then what is missing is named, and the grant that is of no use
    report = looked_at(server, "orders", principal=f"{arn}/reader")
    assert named(report) == {"principal": ILL, "fan-out-on-stream": WARNING}
    assert faults(report)[0].line == "role/reader lacks kinesis:GetRecords, which a reader needs"
    server.clock.advance(seconds=2)  # DescribeLimits may be called once a second
    fan_out = looked_at(server, "orders", principal=f"{arn}/fan-out", needs=("fan-out",))
    assert "lacks kinesis:SubscribeToShard, kinesis:DescribeStreamCons" in faults(fan_out)[0].line
    # A session of the role is the role
    server.clock.advance(seconds=2)
    session = "arn:aws:sts::000000000000:assumed-role/reader/me"
    assert named(looked_at(server, "orders", principal=session)) == named(report)


def test_a_scaler_out_of_changes(server: TestServer) -> None:
    # Given ten changes of the shard count within a day, which the server lets nobody exceed
    make(server, "scaled", 1)
    kinesis = server.client("kinesis")
    count = 1
    for _ in range(10):
        server.clock.advance(minutes=30)
        count = 3 - count
        kinesis.update_shard_count(
            StreamName="scaled", TargetShardCount=count, ScalingType="UNIFORM_SCALING"
        )
    with pytest.raises(kinesis.exceptions.LimitExceededException):
        kinesis.update_shard_count(
            StreamName="scaled", TargetShardCount=2, ScalingType="UNIFORM_SCALING"
        )

    # Then doctor says so: from the shards alone, and from the scaler's tag for sure
    report = looked_at(server, "scaled")
    assert named(report) == {"changes-used-up": WARNING}
    assert "seem used up" in faults(report)[0].line
    noted = History(tuple(now_s(server) - 1800 * i for i in range(10)))
    kinesis.add_tags_to_stream(StreamName="scaled", Tags=noted.tag())
    assert "are used up" in faults(looked_at(server, "scaled"))[0].line


def test_a_key_that_is_disabled(server: TestServer) -> None:
    # Given an encrypted stream whose key is disabled
    key = server.run(server.node.kms.create("000000000000", "us-east-1"))
    make(server, "secret", 1)
    kinesis = server.client("kinesis")
    kinesis.start_stream_encryption(StreamName="secret", EncryptionType="KMS", KeyId=key.id)
    put(server, "secret")
    server.run(server.node.catalog.set_kms_key_state(key.id, "DISABLED"))
    server.run(server.node.kms.refresh())
    for _ in range(3):
        with pytest.raises(kinesis.exceptions.KMSDisabledException):
            kinesis.put_record(StreamName="secret", PartitionKey="k", Data=b"x")
    server.clock.advance(minutes=2)

    # Then the failed puts point to it, and reading a sample names it
    report = looked_at(server, "secret")
    assert named(report) == {"failed-calls": ILL}
    assert "--dry-run" in faults(report)[0].commands[-1]
    assert named(looked_at(server, "secret", sample=10))["key"] is ILL
