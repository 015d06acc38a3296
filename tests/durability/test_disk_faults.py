"""A disk that fails: producers get an error that SDKs retry, and nothing acknowledged is lost."""

import urllib.request
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from durability.kills import (
    CHECKPOINT_OFTEN,
    EXPECTED_ERRORS,
    FAULT_ERRORS,
    new_seed,
    run_kills,
    start,
)
from durability.producers import error_text
from durability.server_process import with_faults
from durability.trial import RETRYABLE, STREAM, Trial

FAULTS = ("full", "fail-sync")
RECORD = {"StreamName": STREAM, "PartitionKey": "key", "Data": b"data"}

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]


@pytest.mark.parametrize("fault", FAULTS)
def test_server_outlives_a_failing_disk(tmp_path: Path, fault: str) -> None:
    with with_faults(tmp_path, *CHECKPOINT_OFTEN, vfs="forgetting") as server:
        # Given producers at work
        trial = Trial(server, new_seed())
        start(trial)
        with trial.writing():
            trial.write_until(20)
            # When the disk fails
            with server.fault(fault):
                # Then they get InternalFailure, while the server is healthy and can be read
                trial.write_until_refused(10)
                with urllib.request.urlopen(f"{server.endpoint}/_shardline/health") as answer:
                    assert answer.status == 200
                trial.check_reads()
            # And when the disk is well again, so are they
            trial.write_until(20)
        assert set(trial.ledger.errors) <= {RETRYABLE, "record InternalFailure"}
        # And nothing acknowledged is lost, now or after a kill
        trial.check()
        server.kill()
        start(trial)
        trial.check()
        trial.check_whole()


def _kill_on_a_failing_disk(directory: Path, vfs: str, kills: int) -> None:
    with with_faults(directory, *CHECKPOINT_OFTEN, vfs=vfs) as server:
        trial = run_kills(server, kills, with_churn=True, faults=FAULTS)
    assert trial.ledger.errors[RETRYABLE] > kills
    assert set(trial.ledger.errors) <= EXPECTED_ERRORS | FAULT_ERRORS, trial.ledger.errors


@pytest.mark.slow
@pytest.mark.parametrize("vfs", ["tearing", "failing"])
def test_kills_on_a_failing_disk(tmp_path: Path, vfs: str) -> None:
    _kill_on_a_failing_disk(tmp_path, vfs, 12)


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("vfs", ["forgetting", "tearing"])
def test_many_kills_on_a_failing_disk(tmp_path: Path, vfs: str) -> None:
    _kill_on_a_failing_disk(tmp_path, vfs, 100)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_sdk_retries_by_itself(tmp_path: Path, fault: str, mode: str) -> None:
    with with_faults(tmp_path, "--stream", f"{STREAM}:1", vfs="failing") as server:
        server.start()
        client = server.client(attempts=2, mode=mode)
        # When the disk stays bad, the SDK gives up after all of its attempts
        with server.fault(fault):
            with pytest.raises(ClientError) as failed:
                client.put_record(**RECORD)
            assert error_text(failed.value) == RETRYABLE
            assert failed.value.response["ResponseMetadata"]["RetryAttempts"] == 1

        # When it gets well before the second attempt, the caller notices nothing
        switch = server.control / fault
        switch.touch()
        client.meta.events.register(
            "needs-retry.kinesis.PutRecord", lambda **_: switch.unlink(missing_ok=True)
        )
        answer = client.put_record(**RECORD)
        assert answer["ResponseMetadata"]["RetryAttempts"] == 1
        assert answer["SequenceNumber"]


@pytest.mark.parametrize("fault", FAULTS)
def test_changes_of_streams_wait_for_the_disk(tmp_path: Path, fault: str) -> None:
    with with_faults(tmp_path, "--stream", f"{STREAM}:1", vfs="forgetting") as server:
        server.start()
        client = server.client()
        client.create_stream(StreamName="old", ShardCount=1)
        # Given changes that the catalog took while the disk of the records failed
        with server.fault(fault):
            client.create_stream(StreamName="new", ShardCount=1)
            client.split_shard(
                StreamName=STREAM, ShardToSplit="shardId-000000000000", NewStartingHashKey="99"
            )
            client.delete_stream(StreamName="old")
            statuses = _statuses(client)
            assert statuses["new"] == "CREATING"
            assert statuses[STREAM] == "UPDATING"
            # And the records that are there can be read
            client.get_shard_iterator(
                StreamName=STREAM, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
            )
        # When the disk is well, then whoever looks next finds them done
        assert _statuses(client) == {"new": "ACTIVE", STREAM: "ACTIVE"}
        for name in ("new", STREAM):
            assert client.put_record(**RECORD | {"StreamName": name})["SequenceNumber"]


def _statuses(client) -> dict[str, str]:
    return {
        summary["StreamName"]: summary["StreamStatus"]
        for summary in client.list_streams()["StreamSummaries"]
    }
