"""`shardline copy` between servers in processes of their own: what it says, and what kills it."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Shardline, bare_environment
from module_moto import running_moto
from serve_process import environment, serving
from shardline.cli.client import make_client
from shardline.cli.demo.server import OwnServer, own_server

pytestmark = [pytest.mark.client, pytest.mark.slow]


@pytest.fixture(scope="module")
def destination() -> Iterator[OwnServer]:
    """A second server."""
    with own_server(keep=False) as running:
        yield running


@pytest.fixture
def copy(
    shardline: Shardline, server: OwnServer, destination: OwnServer, tmp_path: Path
) -> Shardline:
    """Runs `shardline copy` from the one server to the other, with a state of the test's own."""

    def run(*arguments: str, **variables: str) -> Any:
        ends = ("--from", str(server.data_dir), "--to", str(destination.data_dir))
        return shardline("copy", *ends, "--state", str(tmp_path), *arguments, **variables)

    return run


@pytest.fixture
def there(destination: OwnServer) -> Iterator[Any]:
    """A client of the destination."""
    client = make_client(destination.target)
    yield client
    client.close()


def fill(kinesis: Any, stream: str, count: int, size: int = 20) -> None:
    """Records of 100 keys, each with its number."""
    for start in range(0, count, 500):
        records = [
            {"PartitionKey": f"k{n % 100}", "Data": b"%d " % n + b"x" * size}
            for n in range(start, min(start + 500, count))
        ]
        kinesis.put_records(StreamName=stream, Records=records)


def outcome(ended: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one stream of the JSON that was printed."""
    (found,) = json.loads(ended.stdout)["streams"]
    return dict(found)


def assert_exact(found: dict[str, Any], records: int) -> None:
    """All is copied, and reading again found each record once and in order."""
    assert found["complete"]
    assert found["exact"]
    assert found["records"] == records == sum(s["records"] for s in found["shards"].values())
    assert found["verified"]["source"] == found["verified"]["destination"] == records
    differences = found["verified"]["differences"]
    assert {name: differences[name] for name in ("missing", "doubled", "reordered", "others")} == {
        "missing": 0,
        "doubled": 0,
        "reordered": 0,
        "others": 0,
    }


def test_a_stream_is_copied_and_it_is_told(
    copy: Shardline, stream: str, kinesis: Any, there: Any
) -> None:
    fill(kinesis, stream, 1000)
    kinesis.update_shard_count(StreamName=stream, TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    fill(kinesis, stream, 1000)
    # Given a dry run, which says what would be done and does nothing
    dry = copy(stream, "--dry-run")
    assert dry.returncode == 0
    assert f"{stream}: is made (CreateStream)" in dry.stdout
    assert stream not in there.list_streams()["StreamNames"]
    # When it is copied
    ended = copy(stream, "--verify")
    # Then that is told on lines of 80 columns
    assert (ended.returncode, ended.stderr) == (0, f"{stream}: reading both sides again\n")
    assert f"{stream}: copied, 2,000 records" in ended.stdout
    assert re.search(r"shard 0: \d+ records → 0: \d+, 1: \d+", ended.stdout)
    assert "verified: 2,000 records read at the source, 2,000 at the" in ended.stdout
    assert max(map(len, ended.stdout.splitlines())) <= 80
    # And a second run has nothing to do
    again = copy(stream, "--verify", "--json")
    assert_exact(outcome(again), 2000)
    assert outcome(again)["records_of_this_run"] == 0
    assert json.loads(copy("--dry-run", "--json", stream).stdout)["streams"][0]["resumes"]


def test_several_streams_and_another_name(copy: Shardline, kinesis: Any, there: Any) -> None:
    names = ["copy-one", "copy-two"]
    for number, name in enumerate(names):
        kinesis.create_stream(StreamName=name, ShardCount=1)
        fill(kinesis, name, 10 + number)
    ended = copy("copy-one", "copy-two=copy-three", "--json")
    found = json.loads(ended.stdout)["streams"]
    assert [(each["to"], each["records"]) for each in found] == [
        ("copy-one", 10),
        ("copy-three", 11),
    ]
    assert {"copy-one", "copy-three"} <= set(there.list_streams()["StreamNames"])


def start(server: OwnServer, to: str, *arguments: str, **more: str) -> subprocess.Popen[str]:
    """`shardline copy` in the background."""
    ends = ("--from", str(server.data_dir), "--to", to)
    return subprocess.Popen(
        [sys.executable, "-m", "shardline", "copy", *ends, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=bare_environment() | more,
    )


def journaled(state: Path) -> int:
    """How many records the journals say have arrived."""
    lines = [line for path in state.rglob("*.jsonl") for line in path.read_bytes().splitlines()]
    return sum(int(found[1]) for line in lines if (found := re.search(rb'"records":(\d+)', line)))


def until_more_than(records: int, state: Path, process: subprocess.Popen[str]) -> bool:
    """Wait for that much progress; no when the process ended before."""
    while journaled(state) <= records:
        if process.poll() is not None:
            return False
        time.sleep(0.02)
    return True


def test_killed_again_and_again_each_record_is_there_once(
    copy: Shardline,
    stream: str,
    kinesis: Any,
    server: OwnServer,
    destination: OwnServer,
    tmp_path: Path,
) -> None:
    # Given a stream of 12,000 records, and a copy that is killed every few thousand
    fill(kinesis, stream, 12_000)
    kills = 0
    while True:
        given = (stream, "--state", str(tmp_path))
        with start(server, str(destination.data_dir), *given) as process:
            if not until_more_than(journaled(tmp_path) + 2500, tmp_path, process):
                assert process.stderr is not None
                assert (process.wait(), process.stderr.read()) == (0, "")
                break
            process.kill()
            kills += 1
    # Then it has gone on each time, and every record is there once and in order
    assert kills >= 3
    assert_exact(outcome(copy(stream, "--verify", "--json")), 12_000)


def test_a_destination_that_is_killed_is_waited_for(
    shardline: Shardline, stream: str, kinesis: Any, server: OwnServer, tmp_path: Path
) -> None:
    # Given a copy to a server that is killed in the middle of it, twice
    fill(kinesis, stream, 12_000)
    state, data = tmp_path / "state", tmp_path / "data"
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    keys["AWS_REGION"] = "us-east-1"
    ends: list[str] = []
    process = None
    port = 0
    for kill in range(3):
        with serving("--data-dir", data, "--port", port, env=environment()) as running:
            port = running.address[1]
            ends = ["--state", str(state), "--to-region", "us-east-1"]
            if process is None:
                process = _with_two_keys(server, running.endpoint, stream, ends, keys, tmp_path)
            if kill < 2:
                assert until_more_than(journaled(state) + 1500, state, process)
                running.signal(signal.SIGKILL)
                running.wait()
                continue
            # Then it ends well when the server is there again
            out, complaints = process.communicate(timeout=100)
            assert process.returncode == 0, complaints
            assert_exact(json.loads(out)["streams"][0], 12_000)


def _with_two_keys(
    server: OwnServer,
    endpoint: str,
    stream: str,
    rest: list[str],
    keys: dict[str, str],
    tmp_path: Path,
) -> subprocess.Popen[str]:
    """A copy to a URL, with the keys of a profile."""
    file = tmp_path / "credentials"
    file.write_text(
        "[other]\naws_access_key_id = test\naws_secret_access_key = test\nregion = us-east-1\n"
    )
    rest = [*rest, "--to-profile", "other", "--verify", "--json"]
    return start(server, endpoint, stream, *rest, AWS_SHARED_CREDENTIALS_FILE=str(file))


def test_followed_it_says_that_it_is_caught_up_and_ends_well(
    stream: str, kinesis: Any, server: OwnServer, destination: OwnServer, tmp_path: Path
) -> None:
    fill(kinesis, stream, 100)
    given = (stream, "--state", str(tmp_path), "--follow", "--json", "--verify")
    with start(server, str(destination.data_dir), *given) as process:
        assert process.stderr is not None
        told = process.stderr.readline()
        assert re.fullmatch(rf"\d\d:\d\d:\d\d {stream}: caught up, 100 records\n", told)
        fill(kinesis, stream, 50)
        until_more_than(100, tmp_path, process)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert_exact(json.loads(out)["streams"][0], 150)


def test_interrupted_it_says_so_and_goes_on(
    copy: Shardline,
    stream: str,
    kinesis: Any,
    server: OwnServer,
    destination: OwnServer,
    tmp_path: Path,
) -> None:
    fill(kinesis, stream, 12_000)
    given = (stream, "--state", str(tmp_path), "--json")
    with start(server, str(destination.data_dir), *given) as process:
        assert until_more_than(1000, tmp_path, process)
        process.send_signal(signal.SIGTERM)
        out, complaints = process.communicate(timeout=60)
    assert process.returncode == 1
    assert complaints == "shardline: stopped; run it again to go on from there\n"
    found = json.loads(out)["streams"][0]
    assert not found["complete"]
    assert 1000 < found["records"] < 12_000
    assert_exact(outcome(copy(stream, "--verify", "--json")), 12_000)


def test_what_is_doubled_is_found_and_is_exit_code_3(
    copy: Shardline, stream: str, kinesis: Any, tmp_path: Path
) -> None:
    # Given a state that has lost its last request
    fill(kinesis, stream, 3000)
    assert copy(stream).returncode == 0
    journal = next(tmp_path.rglob("shardId-000000000001.jsonl"))
    lines = journal.read_bytes().splitlines(keepends=True)
    count = json.loads(lines[-1])["records"]
    journal.write_bytes(b"".join(lines[:-2]))
    # When it goes on, and both sides are read again
    ended = copy(stream, "--verify")
    assert ended.returncode == 3
    assert "NOT THE SAME" in ended.stdout
    assert f"{count:,} doubled" in " ".join(ended.stdout.split())
    found = outcome(copy(stream, "--verify", "--json"))
    assert found["verified"]["differences"]["doubled"] == count
    assert not found["exact"]


def assert_refused(ended: subprocess.CompletedProcess[str], *words: str, code: int = 1) -> None:
    assert (ended.returncode, ended.stdout) == (code, "")
    for word in words:
        assert word in ended.stderr


def test_the_same_stream_is_refused_however_it_is_named(
    shardline: Shardline, stream: str, server: OwnServer, tmp_path: Path
) -> None:
    keys = json.loads(shardline("env", "--json").stdout)
    endpoint = keys.pop("AWS_ENDPOINT_URL")
    for to in (str(server.data_dir), endpoint, endpoint.replace("127.0.0.1", "localhost") + "/"):
        given = ("--from", str(server.data_dir), "--to", to, "--state", str(tmp_path))
        assert_refused(shardline("copy", *given, stream, **keys), "are the same stream")
    # Under another name it is another stream.
    given = ("--from", str(server.data_dir), "--to", endpoint, "--state", str(tmp_path))
    assert shardline("copy", *given, f"{stream}={stream}-again", **keys).returncode == 0


def test_a_copy_whose_state_is_elsewhere_is_not_made_twice(
    copy: Shardline, stream: str, kinesis: Any, tmp_path: Path
) -> None:
    fill(kinesis, stream, 10)
    assert copy(stream).returncode == 0
    elsewhere = ("--state", str(tmp_path / "elsewhere"))
    assert_refused(copy(stream, *elsewhere), "an earlier copy of this stream", "--state", "--anew")
    ended = copy(stream, *elsewhere, "--anew", "--verify", "--json")
    assert ended.returncode == 0
    assert outcome(ended)["verified"]["destination"] == 10


def test_larger_records_than_the_destination_takes_are_refused_before_anything_is_written(
    copy: Shardline, kinesis: Any, there: Any
) -> None:
    kinesis.create_stream(StreamName="large", ShardCount=1, MaxRecordSizeInKiB=2048)
    there.create_stream(StreamName="large", ShardCount=1)
    fill(kinesis, "large", 10)
    assert_refused(copy("large"), "1,024 KiB", "2,048", "update-max-record-size")
    assert there.describe_stream_summary(StreamName="large")


def test_mistakes(shardline: Shardline, copy: Shardline, stream: str, tmp_path: Path) -> None:
    assert_refused(copy("nope"), "has no stream nope")
    assert_refused(copy("a=b", "c=b"), "the same name", code=2)
    assert_refused(copy("=b"), "NAME=NEW_NAME", code=2)
    in_a_file = copy(stream, "--state", "/dev/null/state")
    assert in_a_file.returncode == 1
    assert "the state cannot be written" in in_a_file.stderr
    assert_refused(copy(stream, "--to", str(tmp_path / "none")), "neither a data directory")
    assert_refused(copy(stream, "--to", "http://127.0.0.1:1"), "nothing listens at")
    assert_refused(copy(stream, "--to-profile", "x"), "takes no profile")
    assert_refused(shardline("copy", stream, "--to", "aws"), "--from", code=2)
    no_keys = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}
    ended = copy(stream, "--to", "aws", "--to-region", "eu-west-1", **no_keys)
    assert_refused(ended, "no access key for AWS")


def test_to_and_from_what_is_no_shardline(
    shardline: Shardline, stream: str, kinesis: Any, server: OwnServer, tmp_path: Path
) -> None:
    # Given moto's server in the place of AWS
    fill(kinesis, stream, 300)
    keys = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }
    with running_moto() as endpoint:
        given = ("--state", str(tmp_path), "--verify", "--json")
        # When a stream is copied there, and back under another name
        to = shardline(
            "copy", "--from", str(server.data_dir), "--to", endpoint, stream, *given, **keys
        )
        back = shardline(
            *("copy", "--from", endpoint, "--to", str(server.data_dir), f"{stream}={stream}-back"),
            *given,
            **keys,
        )
    # Then it is the same
    assert (to.returncode, back.returncode) == (0, 0), (to.stderr, back.stderr)
    assert_exact(outcome(to), 300)
    assert_exact(outcome(back), 300)
