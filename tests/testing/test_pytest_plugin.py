"""The pytest plugin, as a user has it: installed, with nothing but a test file."""

import pytest

pytest_plugins = ["pytester"]

USERS_TESTS = """
import pytest

seen = []


def test_one_line_gives_a_server(shardline):
    kinesis = shardline.client("kinesis")
    kinesis.create_stream(StreamName="orders", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="orders")
    kinesis.put_record(StreamName="orders", Data=b"one", PartitionKey="a")
    iterator = kinesis.get_shard_iterator(
        StreamName="orders", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    assert [r["Data"] for r in kinesis.get_records(ShardIterator=iterator)["Records"]] == [b"one"]

    shardline.clock.advance(minutes=6)
    with pytest.raises(kinesis.exceptions.ExpiredIteratorException):
        kinesis.get_records(ShardIterator=iterator)
    seen.append(shardline.endpoint)


def test_every_test_has_a_server_of_its_own(shardline):
    assert shardline.client().list_streams()["StreamNames"] == []
    assert shardline.endpoint not in seen


def test_that_needs_no_server():
    import sys

    assert seen
"""


@pytest.mark.slow
def test_a_users_test_file_with_only_the_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(USERS_TESTS)
    # Warnings are errors: nothing may be left open.
    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=3)


@pytest.mark.slow
def test_the_fixture_is_listed_with_what_it_gives(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("--fixtures")
    result.stdout.fnmatch_lines(["shardline*", "*A server of this test's own, in memory*"])
