"""The ordinary commands of `aws kinesis`, each in a process of its own, as people type them."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.timeout(180)]

Aws = Callable[..., Any]
MIDDLE_OF_LOWER_HALF = str(2**126)


@pytest.fixture
def aws(server: dict[str, str]) -> Aws:
    """`aws kinesis ARGUMENTS`; gives what it printed, as data."""

    def run(*arguments: str) -> Any:
        done = _aws(server, *arguments)
        assert done.returncode == 0, f"aws kinesis {' '.join(arguments)}: {done.stderr}"
        assert done.stderr == ""
        return json.loads(done.stdout) if done.stdout.strip() else None

    return run


def _aws(server: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("aws"), "kinesis", *arguments, "--output", "json"]
    return subprocess.run(
        command, env=server, capture_output=True, text=True, timeout=60, check=False
    )


def _read(aws: Aws, stream: str, shard: str, *start: str) -> dict[str, Any]:
    start = start or ("--shard-iterator-type", "TRIM_HORIZON")
    iterator = aws("get-shard-iterator", "--stream-name", stream, "--shard-id", shard, *start)
    return aws("get-records", "--shard-iterator", iterator["ShardIterator"])


def test_records_go_in_and_come_out(aws: Aws, tmp_path: Path) -> None:
    # Given a stream
    stream = ("--stream-name", "cli-records")
    assert aws("create-stream", *stream, "--shard-count", "1") is None
    aws("wait", "stream-exists", *stream)
    summary = aws("describe-stream-summary", *stream)["StreamDescriptionSummary"]
    assert (summary["StreamStatus"], summary["OpenShardCount"]) == ("ACTIVE", 1)
    created = datetime.fromtimestamp(summary["StreamCreationTimestamp"], UTC)
    assert abs(datetime.now(UTC) - created) < timedelta(minutes=1)

    # When text, a file of bytes and a batch are put
    binary = tmp_path / "data.bin"
    binary.write_bytes(b"\xff\x00\xfe")
    batch = [{"PartitionKey": "k", "Data": text} for text in ("third", "", "fünfte")]
    first = aws("put-record", *stream, "--partition-key", "k", "--data", "grüße")
    second = aws("put-record", *stream, "--partition-key", "k", "--data", f"fileb://{binary}")
    others = aws("put-records", *stream, "--records", json.dumps(batch))
    assert others["FailedRecordCount"] == 0

    # Then they are read back, in order, with the numbers that the puts answered
    answer = _read(aws, stream[1], "shardId-000000000000")
    records = answer["Records"]
    data = [base64.b64decode(record["Data"]) for record in records]
    expected = ["grüße".encode(), b"\xff\x00\xfe", b"third", b"", "fünfte".encode()]
    assert data == expected
    acknowledged = [first, second, *others["Records"]]
    assert [r["SequenceNumber"] for r in records] == [a["SequenceNumber"] for a in acknowledged]
    assert answer["MillisBehindLatest"] == 0

    # And from a time, or after a number, only what follows
    second_of_the_batch = int(records[2]["ApproximateArrivalTimestamp"])  # `aws` sends no parts
    since = _read(
        aws, stream[1], first["ShardId"],
        "--shard-iterator-type", "AT_TIMESTAMP", "--timestamp", str(second_of_the_batch),
    )  # fmt: skip
    assert since["Records"] == [
        r for r in records if r["ApproximateArrivalTimestamp"] >= second_of_the_batch
    ]
    after = _read(
        aws, stream[1], first["ShardId"],
        "--shard-iterator-type", "AFTER_SEQUENCE_NUMBER",
        "--starting-sequence-number", second["SequenceNumber"],
    )  # fmt: skip
    assert after["Records"] == records[2:]
    aws("delete-stream", *stream)


def test_a_stream_is_resharded_and_its_parents_lead_to_their_children(aws: Aws) -> None:
    # Given a stream of two shards with a record in the first
    stream = ("--stream-name", "cli-reshard")
    aws("create-stream", *stream, "--shard-count", "2")
    aws("wait", "stream-exists", *stream)
    put = ("put-record", *stream, "--partition-key", "k", "--explicit-hash-key", "0")
    before = aws(*put, "--data", "before")

    # When that shard is split
    aws(
        "split-shard", *stream, "--shard-to-split", before["ShardId"],
        "--new-starting-hash-key", MIDDLE_OF_LOWER_HALF,
    )  # fmt: skip
    aws("wait", "stream-exists", *stream)
    after = aws(*put, "--data", "after")

    # Then its end names its children, and the first of them has the next record
    shards = aws("list-shards", *stream)["Shards"]
    assert [s.get("ParentShardId") for s in shards] == [None, None, *[before["ShardId"]] * 2]
    end = _read(aws, stream[1], before["ShardId"])
    assert [record["SequenceNumber"] for record in end["Records"]] == [before["SequenceNumber"]]
    assert "NextShardIterator" not in end
    children = [child["ShardId"] for child in end["ChildShards"]]
    assert children == [shard["ShardId"] for shard in shards[2:]]
    assert after["ShardId"] == children[0]
    (record,) = _read(aws, stream[1], children[0])["Records"]
    assert record["SequenceNumber"] == after["SequenceNumber"]
    assert int(before["SequenceNumber"]) < int(after["SequenceNumber"])
    aws("delete-stream", *stream)


def test_a_stream_is_listed_tagged_kept_longer_and_deleted(
    aws: Aws, server: dict[str, str]
) -> None:
    # Given a stream
    stream = ("--stream-name", "cli-settings")
    aws("create-stream", *stream, "--stream-mode-details", "StreamMode=ON_DEMAND")
    aws("wait", "stream-exists", *stream)
    assert "cli-settings" in aws("list-streams")["StreamNames"]

    # When its settings are changed
    aws("add-tags-to-stream", *stream, "--tags", "team=data,stage=test")
    aws("remove-tags-from-stream", *stream, "--tag-keys", "stage")
    aws("increase-stream-retention-period", *stream, "--retention-period-hours", "48")
    on = aws("enable-enhanced-monitoring", *stream, "--shard-level-metrics", "IncomingBytes")

    # Then they are seen
    assert aws("list-tags-for-stream", *stream)["Tags"] == [{"Key": "team", "Value": "data"}]
    assert on["DesiredShardLevelMetrics"] == ["IncomingBytes"]
    summary = aws("describe-stream-summary", *stream)["StreamDescriptionSummary"]
    assert summary["RetentionPeriodHours"] == 48
    assert summary["EnhancedMonitoring"] == [{"ShardLevelMetrics": ["IncomingBytes"]}]
    assert summary["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    arn = summary["StreamARN"]
    by_arn = aws("describe-stream-summary", "--stream-arn", arn)["StreamDescriptionSummary"]
    assert by_arn == summary

    # And it can be deleted, after which it is not known
    aws("delete-stream", *stream)
    aws("wait", "stream-not-exists", *stream)
    refused = _aws(server, "describe-stream-summary", *stream)
    assert refused.returncode != 0
    account = arn.split(":")[4]
    assert refused.stderr.strip().endswith(
        "An error occurred (ResourceNotFoundException) when calling the DescribeStreamSummary"
        f" operation: Stream cli-settings under account {account} not found."
    )
