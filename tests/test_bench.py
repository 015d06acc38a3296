"""The benchmark measures what it says: its signatures, its reading of answers, its command line."""

import json
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # bench/ is not installed: it stands beside the package

from bench import proc  # noqa: E402 - importable only from here on
from bench.answers import AnswerReader, ProtocolError  # noqa: E402
from bench.plan import Plan  # noqa: E402
from bench.signing import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Signer  # noqa: E402
from bench.workloads import Puts, Reads  # noqa: E402

pytestmark = pytest.mark.slow

NEEDLE = b'"SequenceNumber"'


def _plan(**changes):
    plan = {
        "workload": "put",
        "host": "127.0.0.1",
        "port": 4567,
        "server_pid": os.getpid(),
        "stream": "bench",
        "records_per_request": 2,
        "record_bytes": 10_000,
        "connections": 1,
        "warmup_seconds": 0.0,
        "seconds": 1.0,
    }
    return Plan(**(plan | changes))


def _answer(body, status=b"200 OK", chunk=0):
    if not chunk:
        return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)
    pieces = [body[at : at + chunk] for at in range(0, len(body), chunk)]
    coded = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 %s\r\ntransfer-encoding: chunked\r\n\r\n%s0\r\n\r\n" % (status, coded)


def _read(data):
    reader = AnswerReader(NEEDLE)
    assert reader.feed(data)
    return reader


def test_a_request_is_signed_as_botocore_signs_it(monkeypatch):
    # Given botocore's signer at the second in which the request was made
    signed = Signer("127.0.0.1", 4567).request("PutRecord", b'{"StreamName": "bench"}')
    head, _, body = signed.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    at = datetime.strptime(headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: at)
    sent = {name: headers[name] for name in ("Content-Type", "X-Amz-Target", "User-Agent")}
    request = AWSRequest("POST", "http://127.0.0.1:4567/", headers=sent, data=body)

    # When it signs the same request
    credentials = Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)
    botocore.auth.SigV4Auth(credentials, "kinesis", REGION).add_auth(request)

    # Then both say the same
    assert headers["Authorization"] == request.headers["Authorization"]
    assert abs((datetime.now(UTC).replace(tzinfo=None) - at).total_seconds()) < 60


@given(
    records=st.integers(0, 200),
    chunk=st.sampled_from([0, 1, 7, 64, 5000]),
    cuts=st.lists(st.integers(1, 900), min_size=1, max_size=5),
)
def test_an_answer_is_counted_right_however_it_is_cut(records, chunk, cuts):
    # Given an answer that arrives in pieces
    body = b'{"Records":[%s],"x":1}' % b",".join([b'{"SequenceNumber":"1"}'] * records)
    data = _answer(body, chunk=chunk)
    reader = AnswerReader(NEEDLE)

    for _ in range(2):  # the reader is used again for the connection's next answer
        # When the pieces are fed
        rest, step, complete = data, 0, False
        while rest:
            assert not complete
            size = cuts[step % len(cuts)]
            complete = reader.feed(rest[:size])
            rest, step = rest[size:], step + 1

        # Then it is complete with the last one, and nothing is counted twice
        assert complete
        assert (reader.status, reader.count) == (200, records)
        assert reader.head == body[:2048]
        assert reader.tail == body[-2048:]


def test_bytes_that_belong_to_no_request_are_refused():
    with pytest.raises(ProtocolError):
        AnswerReader(NEEDLE).feed(_answer(b"{}") + b"x")
    with pytest.raises(ProtocolError):
        AnswerReader(NEEDLE).feed(b"HTTP/1.1 200 OK\r\n\r\n")


@pytest.mark.parametrize(
    ("body", "status", "records"),
    [
        (b'{"FailedRecordCount":0,"Records":[]}', b"200 OK", 2),
        (b'{"Records":[%s], "FailedRecordCount": 0}' % (b" " * 9000), b"200 OK", 2),
        (b'{"FailedRecordCount":1,"Records":[]}', b"200 OK", None),
        (b"{}", b"200 OK", None),
        (b'{"FailedRecordCount":0,"Records":[]}', b"400 Bad Request", None),
    ],
)
def test_only_a_batch_without_a_refused_record_is_a_success(body, status, records):
    puts = Puts(_plan(), Signer("127.0.0.1", 4567))

    assert puts.accepted(_read(_answer(body, status))) == records


def test_a_batch_is_what_the_plan_says():
    puts = Puts(_plan(), Signer("127.0.0.1", 4567))

    request = puts.next_request()

    head, _, body = request.partition(b"\r\n\r\n")
    assert b"X-Amz-Target: Kinesis_20131202.PutRecords\r\n" in head + b"\r\n"
    assert int(re.search(rb"Content-Length: (\d+)", head)[1]) == len(body)
    records = json.loads(body)["Records"]
    assert len(records) == 2
    assert request != puts.next_request()


def test_a_reader_walks_on_and_begins_again_at_the_end():
    # Given a reader of one shard
    reads = Reads(_plan(workload="get", iterators=("first",)), Signer("127.0.0.1", 4567), 0)
    some = b'{"NextShardIterator":"second","Records":[{"SequenceNumber":"1"}]}'
    none = b'{"NextShardIterator":"third","Records":[]}'
    assert b'"first"' in reads.next_request()

    # When it gets records, it goes on
    assert reads.accepted(_read(_answer(some))) == 1
    assert b'"second"' in reads.next_request()

    # And when there are no more, it begins again
    assert reads.accepted(_read(_answer(none))) == 0
    assert b'"first"' in reads.next_request()


def test_cpu_time_is_that_of_the_process_and_its_children():
    # Given a process whose child has worked
    before = proc.cpu_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)

    # When some work is done here too
    start = time.process_time()
    while time.process_time() - start < 0.05:
        pass

    # Then both are counted
    assert proc.cpu_seconds(os.getpid()) - before > 0.05
    assert sum(proc.cpu_seconds_by_thread(os.getpid()).values()) > 0
    assert proc.peak_memory_bytes(os.getpid()) > 1 << 20


@pytest.mark.slow
def test_the_command_measures_and_compares(tmp_path):
    # Given figures of an earlier run
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "bench", "floor", "--seconds", "0.3", "--warmup", "0.1"]
    command += ["--data-dir", str(tmp_path)]
    subprocess.run([*command, "--json", str(figures)], cwd=ROOT, check=True, capture_output=True)

    # When the same is measured again and compared
    again = [*command, "--compare", str(figures)]
    done = subprocess.run(again, cwd=ROOT, check=True, capture_output=True, text=True)

    # Then the table has the figures, within a terminal's width
    row = json.loads(figures.read_text())["rows"][0]
    assert row["result"]["records"] > 0
    assert row["result"]["failures"] == 0
    assert row["result"]["server_cpu_seconds"] > 0
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert len([line for line in lines if line.startswith("floor ")]) == 2


@pytest.mark.slow
def test_fan_out_delivers_what_is_put_to_every_consumer(tmp_path):
    # Given 20 consumers of a shard that takes 1,000 records a second
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "bench", "fanout20", "--seconds", "2", "--warmup", "0.5"]
    command += ["--data-dir", str(tmp_path), "--json", str(figures)]

    # When they are measured
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    # Then each gets all of it, soon
    result = json.loads(figures.read_text())["rows"][0]["result"]
    assert result["failures"] == 0
    assert 10_000 < result["records"] / result["seconds"] < 30_000
    assert 0 < result["p50_ms"] <= result["p99_ms"] < 5_000


def test_a_wrong_scenario_is_a_usage_error():
    done = subprocess.run(
        [sys.executable, "-m", "bench", "nonsense"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 2
    assert "put1" in done.stderr
