"""CPU of whole calls without sockets: ``python -m bench.inprocess put1|get``.

Signed requests go into the application as the HTTP library would hand them over, through every step
of the pipeline, into a real record log with fsync, and out again; `--connections` calls are open at
a time. CPU is that of the process (µs a record), so the HTTP library, the kernel's sockets and
what a load generator does to the caches are not in it, and neither is most of what others do to
the machine. It tells where a µs went; what a user pays is measured by ``scripts/bench``.

With ``--against CHECKOUT`` another checkout is measured too, in a process of its own: the two take
turns of a third of a second, and what counts is the ratio of two turns that follow each other. So
two versions can be told apart by 2 % on a machine that does other things too.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Generator, MutableMapping
from pathlib import Path
from typing import Any
from unittest import mock

import click
import uvloop

from bench import servers
from bench.plan import Plan, Workload
from bench.scenarios import SCENARIOS, Scenario
from bench.signing import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Signer
from bench.workloads import SEQUENCE_NUMBER, Puts
from shardline.gateway.server import SERVERS, ASGIApp, ServerSettings
from shardline.node import Node
from shardline.settings import NodeSettings, StreamAtStart
from shardline.tuning import tune_process

_STREAM = "bench"
_SHARDS = 4
_HOST, _PORT = "127.0.0.1", 4567
_FILL_RECORDS = 100_000
_FILL_PER_REQUEST = 500
_ROUND_SECONDS = 0.3
_PUT_RECORDS = 3_200  # of one pass over the calls
_MEASURED = ("put1", "putN", "putS", "get", "getS")

_Message = MutableMapping[str, Any]


class _Captured:
    """An `HttpServer` that serves nobody: what the node hands it is called directly."""

    app: ASGIApp

    def __init__(self, app: ASGIApp, _: ServerSettings) -> None:
        _Captured.app = staticmethod(app)

    async def start(self) -> tuple[str, int]:
        return _HOST, _PORT

    async def stop(self) -> None:
        pass

    async def stopped(self) -> None:
        await asyncio.Event().wait()


class _Done:
    """What awaits to a value at once, as the HTTP library's own awaitables do."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def __await__(self) -> Generator[None, None, Any]:
        yield from ()
        return self._value


class _Call:
    """One request, as often as it is made; and what came back the last time."""

    def __init__(self, request: bytes, records: int) -> None:
        head, _, self._body = request.partition(b"\r\n\r\n")
        lines = [line.split(b": ", 1) for line in head.split(b"\r\n")[1:]]
        self._headers = [(name.lower(), value) for name, value in lines]
        self.records = records
        self.answer: list[bytes] | None = None  # kept where it is wanted

    async def make(self, app: ASGIApp) -> None:
        """Raises `BenchError` for an answer that is no success."""
        status = 0
        answer = self.answer

        def receive() -> Any:
            return _Done({"type": "http.request", "body": self._body, "more_body": False})

        def send(message: _Message) -> Any:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif answer is not None:
                answer.append(message["body"])
            return _Done(None)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "headers": list(self._headers),
        }
        await app(scope, receive, send)
        if status != 200:
            raise servers.BenchError(f"an answer has status {status}")


async def _all(app: ASGIApp, calls: list[_Call], connections: int) -> None:
    rest = iter(calls)

    async def connection() -> None:
        for call in rest:
            await call.make(app)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(connections):
            tasks.create_task(connection())


def _plan(scenario: Scenario, workload: Workload, records_per_request: int) -> Plan:
    return Plan(
        workload=workload,
        host=_HOST,
        port=_PORT,
        server_pid=os.getpid(),
        stream=_STREAM,
        records_per_request=records_per_request,
        record_bytes=scenario.record_bytes,
        connections=1,
        warmup_seconds=0,
        seconds=0,
    )


def _puts(scenario: Scenario, per_request: int, records: int) -> list[_Call]:
    puts = Puts(_plan(scenario, "put", per_request), Signer(_HOST, _PORT))
    return [_Call(puts.next_request(), per_request) for _ in range(records // per_request)]


async def _asked(app: ASGIApp, operation: str, **members: object) -> tuple[dict[str, Any], _Call]:
    call = _Call(Signer(_HOST, _PORT).request(operation, json.dumps(members).encode()), 0)
    call.answer = []
    await call.make(app)
    answer = b"".join(call.answer)
    call.answer = None
    call.records = answer.count(SEQUENCE_NUMBER)
    return json.loads(answer), call


async def _gets(app: ASGIApp, limit: int) -> list[_Call]:
    """The calls that read every shard from its beginning to its end."""
    calls = []
    for shard in range(_SHARDS):
        answer, _ = await _asked(
            app,
            "GetShardIterator",
            StreamName=_STREAM,
            ShardId=f"shardId-{shard:012}",
            ShardIteratorType="TRIM_HORIZON",
        )
        iterator = answer["ShardIterator"]
        while True:
            answer, call = await _asked(app, "GetRecords", ShardIterator=iterator, Limit=limit)
            if not call.records:
                break
            calls.append(call)
            iterator = answer["NextShardIterator"]
    return calls


@contextlib.asynccontextmanager
async def _node(directory: Path) -> AsyncIterator[ASGIApp]:
    """The application of a node that has the stream."""
    settings = NodeSettings(
        directory,
        region=REGION,
        root_key=(ACCESS_KEY_ID, SECRET_ACCESS_KEY),
        streams=(StreamAtStart(_STREAM, _SHARDS),),
    )
    with mock.patch.dict(SERVERS, {settings.http_server: _Captured}):
        async with Node.running(settings):
            yield _Captured.app


async def _calls(app: ASGIApp, scenario: Scenario) -> list[_Call]:
    """What is made again and again."""
    per_request = scenario.records_per_request
    if scenario.workload == "put":
        return _puts(scenario, per_request, max(_PUT_RECORDS, 8 * per_request))
    await _all(app, _puts(scenario, _FILL_PER_REQUEST, _FILL_RECORDS), scenario.connections)
    return await _gets(app, per_request)


async def _round(app: ASGIApp, calls: list[_Call], connections: int) -> float:
    """CPU µs per record of about `_ROUND_SECONDS`."""
    began, before, records = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() < began + _ROUND_SECONDS:
        await _all(app, calls, connections)
        records += sum(call.records for call in calls)
    return (time.process_time() - before) / records * 1e6


async def _serve_rounds(scenario: Scenario, directory: Path) -> None:
    """Make a round for each line that comes in, and answer its figure."""
    async with _node(directory) as app:
        calls = await _calls(app, scenario)
        tune_process()
        for _ in sys.stdin:
            print(await _round(app, calls, scenario.connections), flush=True)


class _Version:
    """A process that measures one checkout's `src`, a round whenever it is asked."""

    def __init__(self, checkout: Path, name: str, data_dir: Path) -> None:
        self.figures: list[float] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.inprocess", name, "--rounds", "--data-dir", data_dir],
            cwd=servers.ROOT,
            env={**os.environ, "PYTHONPATH": str(checkout / "src")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def round(self) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise servers.BenchError("a version that is measured has ended")
        return float(line)

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def _measure(checkouts: list[Path], name: str, rounds: int, data_dir: Path) -> list[list[float]]:
    """The figures of each checkout, round by round."""
    with contextlib.ExitStack() as stack:
        versions = []
        for checkout in checkouts:
            versions.append(_Version(checkout, name, data_dir))
            stack.callback(versions[-1].end)
        for version in versions:
            version.round()  # to warm up
        rows = []
        for number in range(rounds):
            # Who goes first changes: what the machine does in a rhythm is to count for both.
            turn = versions if number % 2 else versions[::-1]
            figures = [version.round() for version in turn]
            rows.append(figures if number % 2 else figures[::-1])
    return rows


def _report(name: str, rows: list[list[float]]) -> str:
    # What others do to the caches of the machine only ever makes a round dearer.
    quartile = len(rows) // 4
    columns = [sorted(column) for column in zip(*rows, strict=True)]
    shown = " against ".join(f"{column[quartile]:.2f}" for column in columns)
    line = f"{name:<8}{shown} CPU us a record"
    if len(columns) == 2:
        ratios = sorted(ours / theirs for ours, theirs in rows)
        low, middle, high = (ratios[len(ratios) * part // 4] for part in (1, 2, 3))
        line += f", ratio {middle:.3f} ({low:.3f} to {high:.3f})"
    return line


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=click.Choice(_MEASURED), metavar="[SCENARIO]...")
@click.option("--turns", default=20, show_default=True, help="Rounds of 0.3 s.")
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True),
    help="Another checkout, to be measured in turn with this one.",
)
@click.option(
    "--data-dir", type=click.Path(path_type=Path), default=servers.CACHE / "data", help="On a disk."
)
@click.option("--rounds", is_flag=True, hidden=True)
def main(
    names: tuple[str, ...], turns: int, against: Path | None, data_dir: Path, rounds: bool
) -> None:
    """Measure the CPU of whole calls, without sockets (put1 and get when none is named).

    The figure is the lower quartile of the rounds; of a ratio, the median and the quartiles.
    """
    if rounds:
        data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="inprocess-", dir=data_dir) as directory:
            uvloop.run(_serve_rounds(SCENARIOS[names[0]], Path(directory)))
        return
    checkouts = [servers.ROOT] if against is None else [servers.ROOT, against.resolve()]
    for name in names or ("put1", "get"):
        print(_report(name, _measure(checkouts, name, turns, data_dir)), flush=True)


if __name__ == "__main__":
    main()
