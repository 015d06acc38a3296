"""`shardline put` and `shardline tail` against a running server."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Shardline, bare_environment
from shardline.cli.demo.server import OwnServer

pytestmark = [pytest.mark.client, pytest.mark.slow]


def data_of(tail: str) -> list[str]:
    """The data column of tail's output."""
    return [line.split()[4] for line in tail.splitlines()]


@contextmanager
def following(server: OwnServer, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`shardline tail --follow`, ended if the test does not end it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "shardline", "tail", "--follow", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=bare_environment() | {"SHARDLINE_DATA_DIR": str(server.data_dir)},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_standard_input_comes_back_complete(shardline: Shardline, stream: str) -> None:
    # Given 1,200 lines, a blank one and one without an end
    lines = [f"line-{number}" for number in range(1200)]
    put = shardline("put", stream, "--json", stdin="\n".join([*lines[:5], " ", *lines[5:]]))
    # When they have been put and are printed
    summary = json.loads(put.stdout)
    tail = shardline("tail", stream)
    # Then all are there, spread over both shards
    assert sorted(data_of(tail.stdout)) == sorted(lines)
    assert summary["records"] == sum(summary["shards"].values()) == 1200
    assert min(summary["shards"].values()) > 400
    assert (put.stderr, tail.stderr) == ("", "")


def test_a_file_with_keys_keeps_each_keys_order(
    shardline: Shardline, stream: str, tmp_path: Path
) -> None:
    # Given a file of JSON lines of two aeroplanes
    path = tmp_path / "flights.jsonl"
    path.write_text("".join(f'{{"plane":"N{n % 2}","n":{n}}}\n' for n in range(1000)))
    # When it is put with the aeroplane as the key
    put = shardline("put", stream, str(path), "--key-field", "plane")
    assert put.stdout.startswith(f"Put 1,000 records (23,890 bytes) into {stream} in ")
    # Then each aeroplane's lines come in order
    tail = shardline("tail", stream, "--key", "N1", "--json").stdout.splitlines()
    records = [json.loads(line) for line in tail]
    assert [json.loads(record["data"])["n"] for record in records] == list(range(1, 1000, 2))
    assert len({record["shard"] for record in records}) == 1


def test_a_reshard_is_followed_in_order(shardline: Shardline, stream: str, kinesis: Any) -> None:
    for part in range(3):
        lines = "".join(f"{part}-{number}\n" for number in range(100))
        assert shardline("put", stream, "--key", "hot", stdin=lines).returncode == 0
        kinesis.update_shard_count(
            StreamName=stream, TargetShardCount=3 - part % 2, ScalingType="UNIFORM_SCALING"
        )
    wanted = [f"{part}-{number}" for part in range(3) for number in range(100)]
    assert data_of(shardline("tail", stream, "--key", "hot").stdout) == wanted


def test_follow_prints_what_arrives_until_ctrl_c(
    shardline: Shardline, stream: str, server: OwnServer
) -> None:
    # Given a follower that has seen the first record
    shardline("put", stream, "--key", "k", stdin="first\n")
    with following(server, stream) as follower:
        assert follower.stdout is not None
        assert follower.stdout.readline().endswith("  first\n")
        # When another one arrives, and then Ctrl-C
        shardline("put", stream, "--key", "k", stdin="second\n")
        assert follower.stdout.readline().endswith("  second\n")
        follower.send_signal(signal.SIGINT)
        # Then that was printed at once, and the end is a good one
        rest, complaints = follower.communicate(timeout=20)
    assert (follower.returncode, rest, complaints) == (0, "", "")


def test_a_reader_that_goes_away_is_no_failure(
    shardline: Shardline, stream: str, server: OwnServer
) -> None:
    shardline("put", stream, "--key", "k", stdin="first\n")
    with following(server, stream) as follower:
        assert follower.stdout is not None
        assert follower.stderr is not None
        follower.stdout.readline()
        follower.stdout.close()
        shardline("put", stream, "--key", "k", stdin="second\n")
        assert follower.wait(timeout=20) == 0
        assert follower.stderr.read() == ""


def test_limit_shard_and_since(shardline: Shardline, stream: str) -> None:
    shardline("put", stream, stdin="".join(f"{number}\n" for number in range(100)))
    assert len(shardline("tail", stream, "-n", "7").stdout.splitlines()) == 7
    only = shardline("tail", stream, "--shard", "1", "--json").stdout.splitlines()
    assert {json.loads(line)["shard"] for line in only} == {"shardId-000000000001"}
    assert len(shardline("tail", stream, "--since", "1h").stdout.splitlines()) == 100
    assert shardline("tail", stream, "--since", "0s").stdout == ""


def test_binary_lines_survive(shardline: Shardline, stream: str) -> None:
    shardline("put", stream, "--key", "k", stdin=b"\xff\x00\n\x1b[31mred\r\n")
    first, second = shardline("tail", stream, "--json").stdout.splitlines()
    assert json.loads(first)["data_base64"] == "/wA="
    assert json.loads(second)["data"] == "\x1b[31mred"
    assert "\x1b" not in shardline("tail", stream).stdout


def assert_failed(ended: subprocess.CompletedProcess[str], *words: str) -> None:
    """Exit code 1, nothing on standard output, one line with those words on standard error."""
    assert (ended.returncode, ended.stdout) == (1, "")
    assert len(ended.stderr.splitlines()) == 1
    for word in words:
        assert word in ended.stderr


def test_a_stream_that_is_not_there(shardline: Shardline) -> None:
    assert_failed(shardline("tail", "nope"), "ResourceNotFoundException", "list-streams")
    assert_failed(shardline("put", "nope", stdin="x\n"), "ResourceNotFound", "0 records have")


def test_a_shard_that_is_not_there(shardline: Shardline, stream: str) -> None:
    assert_failed(shardline("tail", stream, "--shard", "9"), "no shard shardId-000000000009")


def test_a_bad_line_is_named_with_what_has_arrived(shardline: Shardline, stream: str) -> None:
    put = shardline("put", stream, "--key-field", "plane", stdin='{"plane":"N1"}\n{}\n')
    assert_failed(put, "line 2", "'plane'", f"1 records have arrived in {stream}")


def test_a_record_that_is_too_large_is_named(shardline: Shardline, stream: str) -> None:
    put = shardline("put", stream, stdin="x" * (2 * 1024 * 1024))
    assert_failed(put, "lines 1 to 1", "ValidationException", "0 records have arrived")


def test_an_endpoint_that_nothing_listens_at(shardline: Shardline) -> None:
    ended = shardline("tail", "any", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert_failed(ended, "nothing listens at http://127.0.0.1:1")


def test_no_server(shardline: Shardline, tmp_path: Path) -> None:
    ended = shardline("tail", "any", SHARDLINE_DATA_DIR=str(tmp_path / "none"))
    assert_failed(ended, "no server runs on", "shardline serve --data-dir", "AWS_ENDPOINT_URL")


def test_the_environment_that_env_prints_is_enough(
    shardline: Shardline, stream: str, server: OwnServer, tmp_path: Path
) -> None:
    variables = json.loads(shardline("env", "--json").stdout)
    variables["SHARDLINE_DATA_DIR"] = str(tmp_path / "none")
    assert shardline("put", stream, "--key", "k", stdin="x\n", **variables).returncode == 0
    assert data_of(shardline("tail", stream, **variables).stdout) == ["x"]


def test_a_data_directory_on_the_command_line_goes_before_the_environment(
    shardline: Shardline, stream: str, server: OwnServer
) -> None:
    given = ("--data-dir", str(server.data_dir))
    ended = shardline("tail", stream, *given, AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert (ended.returncode, ended.stdout) == (0, "")


def test_aws_ignores_the_endpoint_of_the_environment(shardline: Shardline) -> None:
    """Without keys it ends before it calls anybody, and names AWS as what it would have called."""
    ended = shardline(
        "tail",
        "any",
        "--aws",
        "--region",
        "eu-west-1",
        AWS_ENDPOINT_URL="http://127.0.0.1:1",
        AWS_EC2_METADATA_DISABLED="true",
        HOME=os.devnull,
    )
    assert_failed(ended, "no access key for AWS")


@pytest.mark.parametrize(
    "arguments",
    [
        ("put", "s", "--key", "a", "--key-field", "b"),
        ("put", "s", "--key", ""),
        ("put", "s", "/no/such/file"),
        ("tail", "s", "--since", "soon"),
        ("tail", "s", "-n", "0"),
        ("tail",),
        ("env", "--port", "0"),
    ],
)
def test_a_mistake_of_usage_is_exit_code_2(shardline: Shardline, arguments: Any) -> None:
    ended = shardline(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Error: " in ended.stderr
