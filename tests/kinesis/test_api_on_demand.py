"""An on-demand stream over the wire: refused what is more than double, then grown for it."""

import base64
from collections.abc import Iterator

import pytest

from kinesis_on_demand import ADVANTAGE, in_region, on_demand, widths
from kinesis_wire import Wire
from shardline.testing import ManualClock, TestServer, running_server

QUARTER, EIGHTH = 2**126, 2**125
FULL_MINUTE_MS = 1_700_000_040_000


@pytest.fixture(scope="module")
def limited() -> Iterator[Wire]:
    """A server that has AWS's limits on throughput."""
    with (
        running_server(clock=ManualClock(FULL_MINUTE_MS), limits="aws") as server,
        Wire(server) as wire,
    ):
        yield wire


@pytest.fixture
def aws(server: TestServer) -> Iterator[Wire]:
    """A region of each test's own: an account has 50 on-demand streams in one."""
    with in_region(server) as wire:
        yield wire


def put(aws: Wire, name: str, *hash_keys: int, count: int = 500) -> int:
    """Put 500 records of each hash key; answer how many were refused."""
    refused = 0
    for hash_key in hash_keys:
        record = {"Data": b"", "PartitionKey": "k", "ExplicitHashKey": str(hash_key)}
        answer = aws.ok("PutRecords", StreamName=name, Records=[record] * count)
        refused += answer["FailedRecordCount"]
    return refused


def test_a_hot_shard_is_full_until_it_is_split(limited: Wire) -> None:
    # Given a load on one shard, of two keys, that it cannot take
    name = on_demand(limited)
    low, high = 0, QUARTER - 1
    for _ in range(59):
        assert put(limited, name, low, high) == 0
        limited.server.clock.advance(seconds=1)
    assert put(limited, name, low, high, low) == 500
    assert len(widths(limited, name)) == 4
    # When a minute of it is over, Then that shard is split, and no other
    limited.server.clock.advance(seconds=1)
    assert widths(limited, name) == [EIGHTH, EIGHTH, QUARTER, QUARTER, QUARTER]
    # and both keys find room
    assert put(limited, name, low, high, low, high) == 0


def test_a_node_that_limits_nothing_follows_its_load_as_well(aws: Wire) -> None:
    name = on_demand(aws)
    aws.server.clock.advance(minutes=1)
    assert put(aws, name, *[0] * 70) == 0
    aws.server.clock.advance(minutes=1)
    assert widths(aws, name) == [EIGHTH, EIGHTH, QUARTER, QUARTER, QUARTER]
    # And has them as long as the 30 days remember it; one hot key asks for no more than one shard
    aws.server.clock.advance(days=1, minutes=1)
    assert len(widths(aws, name)) == 4


@pytest.mark.slow
def test_no_record_is_lost_or_out_of_order_over_splits_and_merges(aws: Wire) -> None:
    # Given a stream that grows for a hot key, three times, and shrinks again
    name, sent = on_demand(aws), 0
    for minutes in (1, 15, 15, 24 * 60, 24 * 60, 1):
        for _ in range(65 if minutes < 60 else 1):
            records = [
                {"Data": b"%d" % number, "PartitionKey": "k", "ExplicitHashKey": "0"}
                for number in range(sent, sent + 500)
            ]
            assert aws.ok("PutRecords", StreamName=name, Records=records)["FailedRecordCount"] == 0
            sent += 500
        aws.void("IncreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=168)
        aws.server.clock.advance(minutes=minutes)
    # When a reader follows the shards of the key from parent to child
    read, followed = read_through(aws, name)
    # Then every record is there, once and in order
    assert read == [b"%d" % number for number in range(sent)]
    assert followed >= 5


def read_through(aws: Wire, name: str) -> tuple[list[bytes], int]:
    """The records of the hash key 0 from the first shard on, and how many shards they were in."""
    read: list[bytes] = []
    shard, followed = 0, 0
    while True:
        followed += 1
        page = aws.get(aws.iterator(name, shard))
        while True:
            read += [base64.b64decode(record["Data"]) for record in page["Records"]]
            if not page["Records"] or "NextShardIterator" not in page:
                break
            page = aws.get(page["NextShardIterator"])
        if "ChildShards" not in page:
            return read, followed
        first = min(page["ChildShards"], key=lambda c: int(c["HashKeyRange"]["StartingHashKey"]))
        shard = int(first["ShardId"].removeprefix("shardId-"))


def test_advantage_lets_a_stream_have_fifty_consumers(server: TestServer) -> None:
    # AWS's quotas: 20 consumers, 50 with On-demand Advantage
    with in_region(server, advantage=False) as aws:
        name = on_demand(aws)
        arn = {"StreamARN": aws.arn(name)}
        for number in range(20):
            aws.ok("RegisterStreamConsumer", ConsumerName=f"c{number}", **arn)
        code, _ = aws.error("RegisterStreamConsumer", ConsumerName="more", **arn)
        assert code == "LimitExceededException"
        # When the account commits itself
        aws.ok("UpdateAccountSettings", **ADVANTAGE)
        for number in range(20, 50):
            aws.ok("RegisterStreamConsumer", ConsumerName=f"c{number}", **arn)
        code, _ = aws.error("RegisterStreamConsumer", ConsumerName="more", **arn)
        assert code == "LimitExceededException"
