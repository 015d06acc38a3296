"""What passes through the pipeline: a request, a call, a response.

These are our own types, not an HTTP server's, so that the server can be changed without touching
a step of the pipeline. Operations (in `kinesis/` and its neighbours) see only `Caller` and their
own parameters.

What every request makes is a msgspec struct: a dataclass, or a named tuple, takes three times as
long to be made.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, runtime_checkable
from typing import Protocol as Interface

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from shardline.gateway.budget import ByteBudget
    from shardline.gateway.errors import ServiceError
    from shardline.gateway.model import Operation, Service
    from shardline.gateway.protocols import Protocol
    from shardline.gateway.streaming import Stream


class Request(Struct):
    """One HTTP request, its body complete. Header names are lower-case, values as sent.

    `peer` is the address that the connection comes from; empty where there is none.
    """

    method: str
    path: bytes  # as sent, still percent-encoded, without the query
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes
    peer: str = ""
    is_secure: bool = False  # came by TLS


class Response(Struct):
    """One HTTP answer. `headers` are added to the ones every answer carries.

    An answer of megabytes is `body` and then `more`: to put it together would cost a copy of it.
    With a `stream` it has no length: its body is what the stream gives, until that ends.
    """

    status: int
    body: bytes = b""
    content_type: bytes | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    held: int = 0  # bytes of the answer budget to give back when it has been sent
    stream: Stream | None = None
    code: str = ""  # AWS's, of an error
    more: Sequence[bytes] = ()

    @property
    def size(self) -> int:
        """Its length in bytes, which a stream has not."""
        return len(self.body) + sum(map(len, self.more)) if self.more else len(self.body)


class DeniedKey(NamedTuple):
    """A KMS key that a caller may not use, by its ARN, and what the caller is told of it."""

    arn: str
    message: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call: known only after the signature was verified.

    `arn` is the principal's ARN as AWS writes it in messages. `region` is the one signed for;
    streams are per account and region. Of a call about another account's stream, an operation is
    given that account. `actor` is what the key store knows of the principal for whoever authorizes.
    What is encrypted with one of `denied_keys` is not for this caller to read.
    """

    account: str
    region: str
    access_key: str
    arn: str
    is_root: bool
    actor: object = None
    denied_keys: tuple[DeniedKey, ...] = ()


Handler = Callable[[Caller, Any], Awaitable[Any]]
"""An operation: gets who calls and checked parameters, answers the output's members or None.

One whose output is an event stream answers an `EventSource`."""


@runtime_checkable
class JsonElements(Interface):
    """A sequence in an answer that writes its own JSON, because it is megabytes long."""

    def json_pieces(self) -> list[bytes]:
        """The text of the elements, with the commas between them, in pieces to be sent.

        A piece is up to about `PIECE_BYTES` long.
        """
        ...


@dataclass(slots=True)
class Event:
    """One event of an answer that is a stream of them.

    `kind` is the name of its member in the model's union; `output` is written as it stands. One and
    the same event may be given to many clients: when it is first written, `wire` takes it, in
    pieces, and `output` lets it go.
    """

    kind: str
    output: Struct | None
    wire: tuple[bytes, ...] | None = None


class EventSource(Interface):
    """What an operation whose answer is an event stream gives: its events, one at a time.

    Memory is taken between `ready` and `next`, so that who waits for something to happen holds
    none. Both raise `ServiceError` for what ends the stream with an error inside of it.
    """

    async def ready(self) -> int | None:
        """Wait for an event. Answers what making and sending it may take, None after the last."""
        ...

    async def next(self) -> Event:
        """The event that is ready."""
        ...

    def close(self) -> None:
        """Nobody reads any more, or everything was read. Idempotent."""
        ...


Throttle = Callable[[Caller, str, Any], None]
"""Counts a call of an operation before it is made; raises a `ServiceError` for one too many."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A hot operation's own way in: a msgspec struct that JSON is decoded into in one pass.

    `accepts` says whether the struct is within every constraint of the model. The fast way only
    ever accepts: whatever it cannot decode or does not accept goes the general way, which alone
    makes the error answers.
    """

    struct: type[Struct]
    accepts: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Api:
    """One AWS API as the gateway serves it: its model, and what is built of it.

    `end_streams` ends the answers that are streams of events, in order, and lets no other begin: to
    be called before the server stops.

    The operations of `self_validating` are given parameters of the right types that may break the
    model's constraints: AWS refuses those in words that the service has of its own.
    """

    model: Service
    handlers: Mapping[str, Handler]
    typed: Mapping[str, Typed] = field(default_factory=dict)
    large_answers: frozenset[str] = frozenset()  # operations that answer megabytes
    throttle: Throttle | None = None
    self_validating: frozenset[str] = frozenset()
    end_streams: Callable[[], None] | None = None


class Verdict(NamedTuple):
    """One decision over a call: an action on a resource (`*` for one that has none).

    `by` is the kind of policy that decided, or `root`; `policy` and `statement` say which one (a
    statement's Sid, or its place from 0), and are None where nothing allowed.
    """

    action: str
    resource: str
    allowed: bool
    by: str
    policy: str | None = None
    statement: str | None = None


class Call(Struct):
    """A request on its way through the pipeline; each step fills in what it found out."""

    request: Request
    answers: ByteBudget
    request_id: bytes
    body: bytes = b""  # the request's, unpacked
    protocol: Protocol | None = None
    api: Api | None = None
    operation: Operation | None = None
    decoded: Any = None  # the body as the protocol read it, or, the fast way, a typed struct
    is_typed: bool = False
    caller: Caller | None = None
    verdicts: list[Verdict] = msgspec.field(default_factory=list)
    decided: bool = False  # it may be made
    refusal: ServiceError | None = None
    output: Any = None
    held: int = 0  # bytes taken from the budget of answers
    response: Response | None = None
