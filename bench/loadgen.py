"""The load generator: ``python -m bench.loadgen`` takes a Plan on stdin, gives a Result on stdout.

A process of its own, so that its work is not counted as the server's, and cheap, so that on few
cores the server keeps most of them: raw sockets, requests signed before the clock starts, answers
read only as far as success needs. Each connection has one request open at a time.
"""

import asyncio
import contextlib
import gc
import itertools
import sys
import time
from array import array
from dataclasses import dataclass, field
from typing import cast

import msgspec
import uvloop

from bench import fanout, proc
from bench.answers import AnswerReader, ProtocolError
from bench.plan import Plan, Result
from bench.signing import SIGNATURE_LIFE_SECONDS, Signer
from bench.workloads import SEQUENCE_NUMBER, Workload, workload_of

_REOPEN_SECONDS = 0.05


@dataclass
class Tally:
    """What all connections together have done since the first one opened."""

    stop_after_requests: int
    records: int = 0
    requests: int = 0
    failures: int = 0
    first_failure: str = ""
    waits: "array[float]" = field(default_factory=lambda: array("d"))
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    def answered(self, records: int, wait: float) -> None:
        self.records += records
        self.requests += 1
        self.waits.append(wait)
        if self.requests == self.stop_after_requests:
            self.finished.set()

    def failed(self, why: str) -> None:
        self.failures += 1
        self.first_failure = self.first_failure or why


class Connection(asyncio.Protocol):
    """Sends the next request as soon as the answer to the last one is complete."""

    def __init__(self, workload: Workload, tally: Tally) -> None:
        self._workload = workload
        self._tally = tally
        self._answer = AnswerReader(SEQUENCE_NUMBER)
        self._sent_at = 0.0
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def _send(self) -> None:
        request = self._workload.next_request()
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        try:
            complete = self._answer.feed(data)
        except (ProtocolError, ValueError) as error:
            self._tally.failed(str(error))
            self._transport.abort()
            return
        if complete:
            self._judge(self._answer)
            if self._tally.finished.is_set():
                self._transport.close()
            else:
                self._send()

    def _judge(self, answer: AnswerReader) -> None:
        records = self._workload.accepted(answer)
        if records is None:
            self._tally.failed(f"{answer.status} {answer.head[:200].decode(errors='replace')}")
        else:
            self._tally.answered(records, time.perf_counter() - self._sent_at)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._tally.finished.is_set():
            self._tally.failed(f"the connection was closed ({exc or 'by the server'})")
        if not self.closed.done():
            self.closed.set_result(None)


async def _keep_connected(plan: Plan, port: int, workload: Workload, tally: Tally) -> None:
    loop = asyncio.get_running_loop()
    while not tally.finished.is_set():
        try:
            _, connection = await loop.create_connection(
                lambda: Connection(workload, tally), plan.host, port
            )
            await connection.closed
        except OSError as error:
            tally.failed(str(error))
        await asyncio.sleep(_REOPEN_SECONDS)


@dataclass(frozen=True)
class _Mark:
    """Every counter at one moment."""

    at: float
    records: int
    requests: int
    failures: int
    server_cpu: float
    by_thread: dict[str, float]
    load_cpu: float
    machine_busy: float

    @classmethod
    def now(cls, plan: Plan, tally: Tally) -> "_Mark":
        return cls(
            time.perf_counter(),
            tally.records,
            tally.requests,
            tally.failures,
            proc.cpu_seconds(plan.server_pid),
            proc.cpu_seconds_by_thread(plan.server_pid),
            time.process_time(),
            proc.machine_busy_seconds(),
        )


def _quantile_ms(ordered: list[float], share: float) -> float:
    return ordered[int(share * (len(ordered) - 1))] * 1000 if ordered else 0.0


def _result(plan: Plan, tally: Tally, start: _Mark, end: _Mark) -> Result:
    waits = sorted(tally.waits[start.requests : end.requests])
    records = end.records - start.records
    server_cpu = end.server_cpu - start.server_cpu
    load_cpu = end.load_cpu - start.load_cpu
    busy = end.machine_busy - start.machine_busy
    return Result(
        records=records,
        requests=end.requests - start.requests,
        failures=end.failures - start.failures,
        first_failure=tally.first_failure,
        seconds=end.at - start.at,
        data_bytes=records * plan.record_bytes,
        server_cpu_seconds=server_cpu,
        server_cpu_by_thread={
            name: seconds - start.by_thread.get(name, 0.0)
            for name, seconds in end.by_thread.items()
        },
        server_peak_bytes=proc.peak_memory_bytes(plan.server_pid),
        load_cpu_seconds=load_cpu,
        other_cpu_seconds=max(0.0, busy - server_cpu - load_cpu),
        p50_ms=_quantile_ms(waits, 0.50),
        p99_ms=_quantile_ms(waits, 0.99),
    )


def _begin(plan: Plan, signer: Signer, tally: Tally) -> list[asyncio.Task[None]]:
    """Prepare the load, and let it begin as soon as this task waits."""
    if plan.workload == "fanout":
        return [asyncio.create_task(fanout.begin(plan, signer, tally.answered, tally.failed))]
    workloads = workload_of(plan, signer)
    ports = itertools.cycle((plan.port, *plan.more_ports))
    return [
        asyncio.create_task(_keep_connected(plan, port, work, tally))
        for port, work in zip(ports, workloads, strict=False)
    ]


async def run(plan: Plan) -> Result:
    """Warm up, measure, stop."""
    if plan.warmup_seconds + plan.seconds > SIGNATURE_LIFE_SECONDS * 0.9 and plan.workload == "put":
        raise ValueError("the run would outlive its signatures; use fewer seconds")
    tally = Tally(plan.stop_after_requests)
    tasks = _begin(plan, Signer(plan.host, plan.port), tally)
    gc.collect()
    gc.freeze()
    gc.disable()
    await asyncio.sleep(plan.warmup_seconds)
    proc.reset_peak_memory(plan.server_pid)
    start = _Mark.now(plan, tally)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(tally.finished.wait(), plan.seconds)
    end = _Mark.now(plan, tally)
    tally.finished.set()
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            tally.failed(str(ended))
    return _result(plan, tally, start, end)


def main() -> None:
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(run(plan))))


if __name__ == "__main__":
    main()
