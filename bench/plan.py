"""What the load generator is told and what it answers; both cross a process boundary as JSON."""

from typing import Literal

import msgspec

Workload = Literal["put", "get", "fanout"]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One run of load against one server."""

    workload: Workload
    host: str
    port: int
    more_ports: tuple[int, ...] = ()
    """Where connections go by turns, beside `port`."""
    server_pid: int
    stream: str
    more_streams: tuple[str, ...] = ()
    """For ``put``: what is written to by turns, beside `stream`."""
    records_per_request: int
    record_bytes: int
    connections: int
    warmup_seconds: float
    seconds: float
    stop_after_requests: int = 0
    """End as soon as so many requests were answered; 0 means by the clock alone."""
    iterators: tuple[str, ...] = ()
    """For ``get``: one TRIM_HORIZON shard iterator per shard."""
    consumers: tuple[str, ...] = ()
    """For ``fanout``: the ARN of a consumer for each subscription."""
    requests_per_second: float = 0
    """For ``fanout``: how many the producer sends."""


class Result(msgspec.Struct, kw_only=True):
    """What was measured between the end of the warm-up and the end of the load."""

    records: int
    """Records of successful answers only."""
    requests: int
    failures: int
    first_failure: str
    seconds: float
    data_bytes: int
    """Payload: records times their size, before base64."""
    server_cpu_seconds: float
    server_cpu_by_thread: dict[str, float]
    server_peak_bytes: int
    load_cpu_seconds: float
    other_cpu_seconds: float
    """What the rest of the machine used meanwhile, the kernel's own threads included."""
    p50_ms: float
    """Of a request; of ``fanout``, from when a request was sent to when its records came."""
    p99_ms: float
