"""The audit log's lines: of every request that came to the pipeline, who asked for what, and why it
was allowed or denied. Parameters, bodies, signatures and tokens never get into a line.

A line is a JSON object. `allowed` is false for who could not be authenticated and for what a policy
denies, null for a call that was refused before anything was decided, such as one that cannot be
read. Without a `principal`, `access_key` is what the request claims.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from shardline.gateway.sigv4_errors import CODES
from shardline.gateway.types import Call, Request, Verdict

_CLAIMED_KEY = re.compile(rb"Credential=([A-Za-z0-9_.@+-]{1,128})")


class Audit(Protocol):
    """Is told of every request, on the event loop, when it comes to its end; never waits."""

    def note(self, call: Call) -> None:
        """Note a request with its answer; it has none if the client went before."""
        ...


class Line(msgspec.Struct, omit_defaults=True):
    """One line of the log."""

    time: str
    request: str
    source_ip: str
    allowed: bool | None
    status: int | None
    principal: str | None = None
    access_key: str | None = None
    service: str | None = None
    operation: str | None = None
    region: str | None = None
    checks: tuple[Verdict, ...] = ()
    error: str | None = None


class Entry(msgspec.Struct):
    """What the event loop keeps of a call, to be written as a line by another thread."""

    wall_ms: int
    line: Line


class AuditLog:
    """Makes lines, and hands them to `write`, which takes them without waiting."""

    def __init__(self, write: Callable[[Entry], None], wall_ms: Callable[[], int]) -> None:
        self._write = write
        self._wall_ms = wall_ms

    def note(self, call: Call) -> None:
        """See `Audit.note`. A browser's question before a call is none."""
        status = None if call.response is None else call.response.status
        if call.request.method == "OPTIONS" and status == 200:
            return
        caller, api, operation = call.caller, call.api, call.operation
        line = Line(
            time="",
            request=call.request_id.decode(),
            source_ip=call.request.peer,
            allowed=_allowed(call),
            status=status,
            principal=caller.arn if caller else None,
            access_key=caller.access_key if caller else _claimed_key(call.request),
            service=api.model.name if api else None,
            operation=operation.name if operation else None,
            region=caller.region if caller else None,
            checks=tuple(call.verdicts),
            error=call.refusal.code if call.refusal else None,
        )
        self._write(Entry(self._wall_ms(), line))


_encoder = msgspec.json.Encoder()


def encode(entry: Entry) -> bytes:
    """An entry as a line of JSON."""
    line = entry.line
    line.time = _iso(entry.wall_ms)
    fields = msgspec.to_builtins(line)
    if line.checks:
        fields["checks"] = [each._asdict() for each in line.checks]
    return _encoder.encode(fields) + b"\n"


def encode_lost(wall_ms: int, lost: int) -> bytes:
    """The line that stands for lines that could not be written."""
    return _encoder.encode({"time": _iso(wall_ms), "lost": lost}) + b"\n"


def _allowed(call: Call) -> bool | None:
    if call.caller is None:
        return False if call.refusal is not None and call.refusal.code in CODES else None
    if not all(each.allowed for each in call.verdicts):
        return False
    return True if call.decided else None


def _claimed_key(request: Request) -> str | None:
    found = _CLAIMED_KEY.search(request.headers.get(b"authorization", b"")[:512])
    return found[1].decode() if found else None


def _iso(wall_ms: int) -> str:
    moment = datetime.fromtimestamp(wall_ms / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{wall_ms % 1000:03d}Z"
