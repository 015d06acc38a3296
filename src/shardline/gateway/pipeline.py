"""One request's way through the gateway: `STEPS`, read from top to bottom, is the whole of it.

Each step is a function of the same signature: it reads what earlier steps found out, adds its own
to the call, and raises a `ServiceError` to refuse. One that has to wait hands back what for, of
which the call's output comes. A step that sets
`call.response` ends the way early. The order is AWS's own order of checks, which decides what a
client with two faults is told: an undecodable body beats an unknown operation, that beats a missing
signature, that beats a wrong type, and that beats a broken constraint. (The bound on sizes stands
before all of it, where the body is read: `shardline.gateway.app`.) Whatever the end of the way, the
request is counted there.

The source of the order is the answers of real AWS as recorded by kinesalite's `test/connection.js`.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter
from typing import Any

import msgspec

from shardline.gateway import constraints, refusals
from shardline.gateway.audit import Audit
from shardline.gateway.authorization import Authorizer, RootOnly
from shardline.gateway.budget import ByteBudget, NoRoom
from shardline.gateway.compression import unpacked
from shardline.gateway.dialects import Dialects
from shardline.gateway.errors import (
    AtItsBounds,
    InternalFailure,
    NotBuilt,
    NotInStep,
    NotInThisProtocol,
    RecordsOutOfReach,
    ServiceError,
)
from shardline.gateway.ids import id_headers, new_request_id
from shardline.gateway.model import Operation
from shardline.gateway.protocols import Protocol
from shardline.gateway.protocols.cbor import CborProtocol
from shardline.gateway.protocols.json import JsonProtocol
from shardline.gateway.protocols.query import QueryProtocol
from shardline.gateway.request_counts import GONE, OK, RequestCounts
from shardline.gateway.sigv4 import SigV4Verifier
from shardline.gateway.streaming import Stream
from shardline.gateway.types import Api, Call, Caller, Handler, Request, Response
from shardline.storage.record_log import OutOfReach, StorageError

log = logging.getLogger("shardline.gateway")

# What a call takes from the budget of answers before it is made; of it, an answer keeps what it
# really is. GetRecords: 10 MB of records, the same in base64, and the envelope of 10,000 of them.
LARGE_ANSWER_BYTES = 26 * 1024 * 1024
# Most operations: the longest answers, of lists, are of 10,000 shards.
ANSWER_BYTES = 4 * 1024 * 1024


NoteUse = Callable[[Caller, str], None]
"""Is told of every call that was signed, who signed it and for which service."""


MayServe = Callable[[], bool]
"""Whether what this process knows may be used: it is in step with others. Asked at every call."""


def _always() -> bool:
    return True


IsInStep = Callable[[], Awaitable[bool]]
"""The same, after waiting a moment for that to come back. Asked when `MayServe` said no."""


async def _never() -> bool:
    return False


class Pipeline:
    """The steps, and what they need: the protocols, the APIs by target, the verifier."""

    def __init__(
        self,
        apis: Sequence[Api],
        verifier: SigV4Verifier,
        authorizer: Authorizer | None = None,
        *,
        note_use: NoteUse | None = None,
        may_serve: MayServe = _always,
        is_in_step: IsInStep = _never,
        audit: Audit | None = None,
    ) -> None:
        self.json = json = JsonProtocol()
        self.protocols: Mapping[bytes, Protocol] = {
            protocol.content_type: protocol for protocol in (json, CborProtocol())
        }
        prefixes = {api.model.target_prefix: api for api in apis if api.model.target_prefix}
        self.targets: dict[bytes, tuple[Api, Operation]] = {
            f"{prefix}.{name}".encode(): (api, operation)
            for prefix, api in prefixes.items()
            for name, operation in api.model.operations.items()
        }
        self.target_prefixes = {prefix.encode() for prefix in prefixes}
        self.dialects = Dialects(apis)
        self.verifier = verifier
        self.authorizer = authorizer or RootOnly()
        self.audit = audit
        self.note_use = note_use
        self.may_serve = may_serve
        self.is_in_step = is_in_step
        self.counts = RequestCounts()

    async def handle(self, request: Request, answers: ByteBudget) -> Response:
        """Take one request all the way; whatever happens, answer something that AWS could have."""
        begun, request_id = perf_counter(), new_request_id()
        call = Call(request, answers, request_id)
        try:
            response = await self._answer(call, request_id)
            # Of what it took, an answer keeps what it really is, until it has been sent.
            response.held = min(response.size, call.held)
        finally:
            # Also when the client goes, and the HTTP server cancels its request.
            if call.held:
                answers.give(call.held - (call.response.held if call.response else 0))
            self.counts.add(call.operation, _code(call.response), perf_counter() - begun)
            if self.audit is not None:
                self.audit.note(call)
        response.headers += id_headers(request, request_id)
        return response

    async def _answer(self, call: Call, request_id: bytes) -> Response:
        try:
            for step in STEPS:
                waits = step(self, call)
                if waits is not None:
                    call.output = await waits
                if call.response is not None:
                    return call.response
            raise AssertionError("the last step answers")
        except ServiceError as error:
            call.response = self._error_response(call, error)
        except NoRoom:
            call.response = self._error_response(call, AtItsBounds())
        except OutOfReach:  # of which the log has told once
            call.response = self._error_response(call, RecordsOutOfReach())
        except StorageError as error:
            # Nothing was acknowledged; a 500 is what SDKs retry.
            log.error("storage, in request %s: %s", request_id.decode(), error)
            call.response = self._error_response(call, InternalFailure("Internal Service Failure"))
        except Exception:
            name = call.operation.name if call.operation else "no operation"
            log.exception("a fault of ours in %s, request %s", name, request_id.decode())
            call.response = self._error_response(call, InternalFailure())
        return call.response

    def _error_response(self, call: Call, error: ServiceError) -> Response:
        call.refusal = error
        protocol = call.protocol or self.json
        response = protocol.error_response(error, call.api.model if call.api else None)
        response.code = error.code
        return response


def _code(response: Response | None) -> str:
    """What a request is counted as."""
    if response is None:
        return GONE
    return response.code or (OK if response.status == 200 else str(response.status))


def preflight(pipeline: Pipeline, call: Call) -> None:
    """A browser's OPTIONS is answered at once; it carries no signature."""
    if call.request.method == "OPTIONS" and b"origin" in call.request.headers:
        call.response = refusals.preflight_answer(call.request)


def identify(pipeline: Pipeline, call: Call) -> None:
    """Find protocol, service and operation; refuse what is none of ours as AWS's front does."""
    headers = call.request.headers
    content_type = headers.get(b"content-type", b"")
    call.protocol = pipeline.protocols.get(content_type)
    if call.protocol is None:
        content_type = content_type.partition(b";")[0].strip()
        call.protocol = pipeline.protocols.get(content_type)
    known = pipeline.targets.get(headers.get(b"x-amz-target", b""))
    if known is not None:
        call.api, call.operation = known
    if call.protocol is None:
        pipeline.dialects.identify(call, content_type)
    if call.protocol is None or call.request.method != "POST":
        call.response = refusals.refuse(pipeline, call, content_type)


def unpack(pipeline: Pipeline, call: Call) -> None:
    """Undo the packing of a body, within the bound of its protocol."""
    assert call.protocol is not None
    limit = call.protocol.body_limit
    call.body = call.request.body if limit is None else unpacked(call.request, limit)


def decode(pipeline: Pipeline, call: Call) -> None:
    """Read the body: in one pass into a struct where an operation has one, else generally."""
    assert call.protocol is not None
    body = call.body
    if not body and call.operation is None:
        return  # an unknown operation without a body is told about the operation
    typed = call.api.typed.get(call.operation.name) if call.api and call.operation else None
    if typed is not None and call.protocol is pipeline.json:
        try:
            call.decoded = msgspec.json.decode(body, type=typed.struct)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass  # the general way knows AWS's words for what is wrong
        else:
            if typed.accepts(call.decoded):
                call.is_typed = True
                return
    call.decoded = call.protocol.decode(body)


def know_operation(pipeline: Pipeline, call: Call) -> None:
    """Refuse a target that no API of ours has. Query names its operation in the body."""
    if isinstance(call.protocol, QueryProtocol):
        call.api, call.operation = pipeline.dialects.operation_of_form(call.decoded or {})
    elif call.operation is None:
        raise ServiceError("UnknownOperationException")


def keep_step(pipeline: Pipeline, call: Call) -> Awaitable[None] | None:
    """Refuse while this process cannot know what others changed: keys, policies, streams.

    It stands before all that asks for these. The steps from here to `invoke` do not wait, so that
    what they find is what was known when this was asked.
    """
    return None if pipeline.may_serve() else _get_back_in_step(pipeline)


async def _get_back_in_step(pipeline: Pipeline) -> None:
    if not await pipeline.is_in_step():
        raise NotInStep


def authenticate(pipeline: Pipeline, call: Call) -> None:
    """Verify the signature: always, for every call."""
    assert call.api is not None
    call.caller = pipeline.verifier.verify(call.request, service=call.api.model.signing_name)
    if pipeline.note_use is not None:
        pipeline.note_use(call.caller, call.api.model.signing_name)


def validate(pipeline: Pipeline, call: Call) -> None:
    """Check member types, then the model's constraints; the fast way was checked when decoded."""
    api, operation, protocol = call.api, call.operation, call.protocol
    assert api is not None
    assert operation is not None
    assert protocol is not None
    if operation.name not in api.handlers:
        raise NotBuilt(api.model.name, operation.name)
    if operation.has_event_stream and protocol is not pipeline.json:
        raise NotInThisProtocol(api.model.name, operation.name)
    if call.is_typed:
        return
    params: Any = protocol.check(operation, call.decoded)
    if operation.name not in api.self_validating:
        constraints.validate(operation, params)
    typed = api.typed.get(operation.name)
    call.decoded = (
        msgspec.convert(params, typed.struct, builtin_types=(bytes,)) if typed else params
    )


def authorize(pipeline: Pipeline, call: Call) -> None:
    """Refuse what no policy allows. Who may is then the one who acts: see `Authorizer`."""
    call.caller = pipeline.authorizer.authorize(call)
    call.decided = True


def throttle(pipeline: Pipeline, call: Call) -> None:
    """Count the call, and refuse one that comes too soon after too many."""
    api, operation, caller = call.api, call.operation, call.caller
    assert api is not None
    assert operation is not None
    assert caller is not None
    if api.throttle is not None:
        api.throttle(caller, operation.name, call.decoded)


def invoke(pipeline: Pipeline, call: Call) -> Awaitable[Any]:
    """Call the operation, with room for its answer; those of puts are small."""
    api, operation, caller = call.api, call.operation, call.caller
    assert api is not None
    assert operation is not None
    assert caller is not None
    handler = api.handlers[operation.name]
    if operation.name in api.large_answers:
        return _with_room(LARGE_ANSWER_BYTES, handler, caller, call)
    if operation.name not in api.typed:
        return _with_room(ANSWER_BYTES, handler, caller, call)
    return handler(caller, call.decoded)


async def _with_room(size: int, handler: Handler, caller: Caller, call: Call) -> Any:
    call.held = await call.answers.take(size)
    return await handler(caller, call.decoded)


def serialize(pipeline: Pipeline, call: Call) -> None:
    """Write the answer in the protocol that asked."""
    assert call.api is not None
    assert call.protocol is not None
    assert call.operation is not None
    if call.operation.has_event_stream:
        stream = Stream(call.output, call.operation, call.protocol)
        call.response = Response(200, content_type=stream.content_type, stream=stream)
        return
    more: Sequence[bytes] = ()
    if call.protocol is pipeline.json and call.operation.name in call.api.large_answers:
        body, *more = pipeline.json.encode_in_pieces(call.operation, call.output)
    else:
        body = call.protocol.encode(call.operation, call.output)
    call.response = Response(
        200, body, call.protocol.content_type, call.protocol.headers, more=more
    )


# Steps are plain functions: a coroutine for each would cost a request 1 µs.
Step = Callable[[Pipeline, Call], Awaitable[Any] | None]

STEPS: tuple[Step, ...] = (
    preflight,
    identify,
    unpack,
    decode,
    know_operation,
    keep_step,
    authenticate,
    validate,
    authorize,
    throttle,
    invoke,
    serialize,
)
