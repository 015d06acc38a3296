"""`shardline serve --workers N`: what a user, an operator and a terminal see of its processes."""

import contextlib
import json
import os
import pty
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from botocore.config import Config

from gateway.socket_support import signed_headers
from serve_process import Server, environment, serving

pytestmark = pytest.mark.slow

NO_RETRIES = Config(retries={"total_max_attempts": 1})
TOKEN = "0123456789abcdef-metrics-token"


@contextlib.contextmanager
def workers(data_dir: Path, count: int, *arguments: object, **env: str) -> Iterator[Server]:
    options = ("--data-dir", data_dir, "--port", 0, "--stream", "events:2", "--workers", count)
    with serving(*options, *arguments, env=environment(**env)) as server:
        yield server


def pids_of(server: Server) -> list[int]:
    return [child.pid for child in psutil.Process(server.process.pid).children()]


def until(is_so: Callable[[], Any], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def refused(data_dir: Path, *arguments: object) -> str:
    """The one line with which it refuses to start, by exit code 1."""
    options = ("--data-dir", data_dir, "--port", 0, "--workers", 2, *arguments)
    with serving(*options, ready=False) as server:
        assert server.wait() == 1, server.errors
        assert server.process.stdout is not None
        assert server.process.stdout.read() == ""
    (line,) = server.errors
    return line


def call(server: Server, client: httpx.Client) -> int:
    url = server.endpoint + "/"
    return client.post(url, content=b"{}", headers=signed_headers(url)).status_code


def is_served(server: Server) -> bool:
    with httpx.Client(timeout=20) as client:
        return call(server, client) == 200


def assert_well_ended(server: Server, data_dir: Path) -> None:
    assert server.wait() == 0, server.errors
    assert not (data_dir / "node.json").exists()
    assert server.errors == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.address)


def test_all_serve_on_one_port_and_stop_in_order(tmp_path: Path) -> None:
    with workers(tmp_path, 3) as server, contextlib.ExitStack() as stack:
        assert is_served(server)
        # Given connections to all of them, one with half a request
        for _ in range(60):
            begun = stack.enter_context(socket.create_connection(server.address))
            begun.sendall(b"POST ")  # what has said nothing has been given to none of them
        pids = pids_of(server)
        assert len(pids) == 3
        until(lambda: all(map(connections, pids)))
        url = server.endpoint + "/"
        head = "".join(f"{k}: {v}\r\n" for k, v in signed_headers(url).items())
        half = stack.enter_context(socket.create_connection(server.address))
        half.sendall(f"POST / HTTP/1.1\r\n{head}Host: x\r\nContent-Length: 2\r\n\r\n".encode())
        time.sleep(0.3)  # nobody tells that it has been accepted
        # When
        server.signal(signal.SIGTERM)
        until(lambda: not can_connect(server))
        assert server.process.poll() is None
        half.sendall(b"{}")
        # Then
        half.settimeout(10)
        assert half.recv(10_000).startswith(b"HTTP/1.1 ")
        assert_well_ended(server, tmp_path)


def connections(pid: int) -> int:
    return len(psutil.Process(pid).net_connections(kind="tcp")) - 1  # its listener


def can_connect(server: Server) -> bool:
    try:
        socket.create_connection(server.address, 1).close()
    except OSError:
        return False
    return True


def test_the_commands_find_it(tmp_path: Path) -> None:
    with workers(tmp_path, 2) as server:
        node = json.loads((tmp_path / "node.json").read_text())
        assert (node["endpoint"], node["pid"]) == (server.endpoint, server.process.pid)
        ended = subprocess.run(
            [sys.executable, "-m", "shardline", "env", "--data-dir", tmp_path, "--json"],
            env=environment(),
            capture_output=True,
            check=True,
        )
        assert json.loads(ended.stdout)["AWS_ENDPOINT_URL"] == server.endpoint


def test_nobody_sees_secrets_among_the_processes(tmp_path: Path) -> None:
    with workers(tmp_path, 2, SHARDLINE_METRICS_TOKEN=TOKEN) as server:
        family = psutil.Process(server.process.pid).children()
        lines = [" ".join(worker.cmdline()) for worker in family]
        assert [line.split()[-2:] for line in lines] == [
            ["shardline.cli.workers.worker", "1"],
            ["shardline.cli.workers.worker", "2"],
        ]
        groups = {os.getpgid(worker.pid) for worker in family}
        assert os.getpgid(server.process.pid) not in groups  # a terminal's Ctrl-C is not theirs


def test_one_that_is_killed_is_replaced(tmp_path: Path) -> None:
    with workers(tmp_path, 2) as server:
        killed, other = pids_of(server)
        # When
        os.kill(killed, signal.SIGKILL)
        # Then
        until(lambda: any("is there again" in line for line in server.errors))
        assert f"worker 1 (pid {killed}) was ended by SIGKILL" in server.errors[0]
        assert len(pids_of(server)) == 2
        assert other in pids_of(server)
        for _ in range(20):
            assert is_served(server)
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert len(server.errors) == 2


def test_what_waits_for_a_dead_one_is_served_by_the_next(tmp_path: Path) -> None:
    with workers(tmp_path, 2) as server, httpx.Client(timeout=20) as client:
        for pid in pids_of(server):
            os.kill(pid, signal.SIGKILL)
        assert call(server, client) == 200


def test_none_outlives_its_parent(tmp_path: Path) -> None:
    with workers(tmp_path, 2) as server:
        family = psutil.Process(server.process.pid).children()
        # When
        server.signal(signal.SIGKILL)
        # Then
        _, alive = psutil.wait_procs(family, timeout=2)
        assert alive == []
        assert server.wait() == -signal.SIGKILL


def test_after_a_kill_port_and_data_are_free_at_once(tmp_path: Path) -> None:
    with workers(tmp_path, 2) as server, socket.create_connection(server.address) as peer:
        peer.sendall(b"POST / HT")  # a connection that lingers
        server.signal(signal.SIGKILL)
        server.process.wait()
        with workers(tmp_path, 2, "--port", server.address[1]) as next_one:
            assert next_one.address == server.address
            assert is_served(next_one)


def test_a_second_signal_ends_all_at_once(tmp_path: Path) -> None:
    with workers(tmp_path, 2) as server, socket.create_connection(server.address) as peer:
        family = psutil.Process(server.process.pid).children()
        peer.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
        time.sleep(0.3)
        server.signal(signal.SIGINT)
        server.signal(signal.SIGINT)  # at once: a wrapper that hands on what it got
        for worker in family:
            worker.send_signal(signal.SIGINT)  # so does one that knows the workers too
        until(lambda: not can_connect(server))
        time.sleep(1.1)
        assert server.process.poll() is None
        server.signal(signal.SIGINT)
        assert server.wait() == 128 + signal.SIGINT
        _, alive = psutil.wait_procs(family, timeout=2)
        assert alive == []
    assert "stopped at once" in server.errors[-1]


def test_an_exchange_without_an_error_at_clients_that_retry_nothing(tmp_path: Path) -> None:
    with workers(tmp_path, 2, "--drain-s", 2) as server:
        before = pids_of(server)
        is_over = threading.Event()
        statuses: list[int] = []

        def keep_calling(pauses_s: float, one_connection: bool) -> None:
            while not is_over.is_set():
                with httpx.Client(timeout=20) as client:
                    statuses.append(call(server, client))
                    while one_connection and not is_over.wait(pauses_s):
                        statuses.append(call(server, client))

        put: list[str] = []

        def keep_putting() -> None:
            with contextlib.closing(server.client(config=NO_RETRIES)) as kinesis:
                while not is_over.is_set():
                    key = str(len(put))
                    kinesis.put_record(StreamName="events", Data=b"data", PartitionKey=key)
                    put.append(key)

        kinds = [(0.0, True), (0.0, True), (0.3, True), (0.0, False)]
        threads = [threading.Thread(target=keep_calling, args=kind) for kind in kinds]
        threads.append(threading.Thread(target=keep_putting))
        for thread in threads:
            thread.start()
        # When
        server.signal(signal.SIGHUP)
        until(lambda: any("workers are exchanged" in line for line in server.errors), 60)
        is_over.set()
        for thread in threads:
            thread.join(20)
        # Then
        assert set(statuses) == {200}
        assert sorted(put) == sorted(keys_in(server))
        assert len(put) > 10
        assert not set(pids_of(server)) & set(before)
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
    assert len(server.errors) == 2


@pytest.mark.skipif(not hasattr(socket, "TCP_DEFER_ACCEPT"), reason="needs Linux's deferred accept")
def test_who_has_connected_and_asked_nothing_outlives_an_exchange(tmp_path: Path) -> None:
    with workers(tmp_path, 2, "--drain-s", 0) as server, contextlib.ExitStack() as stack:
        early = [socket.create_connection(server.address, timeout=20) for _ in range(16)]
        for each in early:
            stack.enter_context(each)
        # When
        server.signal(signal.SIGHUP)
        until(lambda: any("workers are exchanged" in line for line in server.errors), 60)
        # Then
        for each in early:
            each.sendall(b"GET /_shardline/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert each.recv(64).startswith(b"HTTP/1.1 200")


def keys_in(server: Server) -> Iterator[str]:
    """The partition keys of all records."""
    with contextlib.closing(server.client()) as kinesis:
        for shard in kinesis.list_shards(StreamName="events")["Shards"]:
            answer = kinesis.get_shard_iterator(
                StreamName="events", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )
            answer["MillisBehindLatest"] = 1
            while answer["MillisBehindLatest"]:
                iterator = answer.get("NextShardIterator") or answer["ShardIterator"]
                answer = kinesis.get_records(ShardIterator=iterator)
                yield from (record["PartitionKey"] for record in answer["Records"])


def test_one_that_gets_sigterm_leaves_and_is_replaced(tmp_path: Path) -> None:
    with workers(tmp_path, 2, "--drain-s", 1) as server:
        os.kill(pids_of(server)[1], signal.SIGTERM)
        until(lambda: any("worker 2 is there again" in line for line in server.errors))
        assert "ended with exit code 0" in server.errors[0]


def test_a_second_server_on_the_directory(tmp_path: Path) -> None:
    with workers(tmp_path, 2) as server:
        for count in (1, 2):
            line = refused(tmp_path, "--workers", count)
            assert f"in use by another server (pid {server.process.pid})" in line


def test_a_port_in_use(tmp_path: Path) -> None:
    with workers(tmp_path / "first", 2) as server:
        port = server.address[1]
        line = refused(tmp_path / "second", "--port", port)
        assert f"cannot listen on 127.0.0.1 port {port} (Address already in use)" in line


def test_what_keeps_a_worker_from_starting_is_told(tmp_path: Path) -> None:
    with workers(tmp_path, 2) as server:
        server.signal(signal.SIGTERM)
        assert_well_ended(server, tmp_path)
    (tmp_path / "catalog.db").write_bytes(b"garbled" * 1000)
    line = refused(tmp_path)
    assert line.startswith("shardline: ")
    assert str(tmp_path / "catalog.db") in line
    assert "Traceback" not in line


def test_streams_of_the_start_are_made_once(tmp_path: Path) -> None:
    with workers(tmp_path, 3, "--http-server", "granian") as server:
        kinesis = server.client()
        for _ in range(10):
            assert kinesis.list_streams()["StreamNames"] == ["events"]
        kinesis.close()


@pytest.mark.parametrize("delay_s", [0.1, 0.5, 1.0])
def test_a_signal_before_it_is_ready(tmp_path: Path, delay_s: float) -> None:
    options = ("--data-dir", tmp_path, "--port", 0, "--workers", 2)
    with serving(*options, ready=False) as server:
        time.sleep(delay_s)
        family = psutil.Process(server.process.pid).children()
        server.signal(signal.SIGTERM)
        assert server.wait() in (0, -signal.SIGTERM)
        assert not any("Traceback" in line for line in server.errors), server.errors
        _, alive = psutil.wait_procs(family, timeout=2)
        assert alive == []


def test_all_serve_with_one_certificate(tmp_path: Path) -> None:
    with workers(tmp_path, 2, "--tls", "self-signed") as server:
        os.kill(pids_of(server)[0], signal.SIGKILL)
        until(lambda: any("is there again" in line for line in server.errors))
        node = json.loads((tmp_path / "node.json").read_text())
        context = ssl.create_default_context(cafile=node["tls_ca"])
        for _ in range(10):
            with httpx.Client(verify=context, timeout=20) as client:
                assert call(server, client) == 200


def test_it_ends_with_its_terminal(tmp_path: Path) -> None:
    # Given a server in the foreground of a terminal
    ours, theirs = pty.openpty()
    options = ["--data-dir", tmp_path, "--port", "0", "--workers", "2", "--drain-s", "1"]
    process = subprocess.Popen(
        [sys.executable, "-c", IN_TERMINAL, *map(str, options)],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )
    os.close(theirs)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"Shardline is ready")
        family = psutil.Process(process.pid).children()
        # When
        os.close(ours)
        # Then
        assert process.wait(20) == 0
    assert not any(worker.is_running() for worker in family)


IN_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from shardline.cli import group
group.main(["serve", *sys.argv[1:]])
"""
