"""The steps of a request through the gateway, in AWS's order of checks: `STEPS` is the list.

Each step is a function of the same signature: it reads what earlier steps found out, adds its own
to the call, and raises a `ServiceError` to refuse. A step that sets `call.response` ends the way
early. One that has to wait hands back what for, and what comes of that is the call's output.

The order decides what a client with two faults is told: an undecodable body beats an unknown
operation, that beats a missing signature, that beats a wrong type, and that beats a broken
constraint. (The bound on sizes stands before all of it, where the body is read:
`shardline.gateway.app`.) Its source is the answers of real AWS as recorded by kinesalite's
`test/connection.js`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from shardline.gateway import constraints, refusals
from shardline.gateway.compression import unpacked
from shardline.gateway.errors import NotBuilt, NotInStep, NotInThisProtocol, ServiceError
from shardline.gateway.protocols.query import QueryProtocol
from shardline.gateway.streaming import Stream
from shardline.gateway.types import Call, Caller, Handler, Response

if TYPE_CHECKING:
    from shardline.gateway.pipeline import Pipeline

# What a call takes from the budget of answers before it is made; of it, an answer keeps what it
# really is. GetRecords: 10 MB of records, the same in base64, and the envelope of 10,000 of them.
LARGE_ANSWER_BYTES = 26 * 1024 * 1024
# Most operations: the longest answers, of lists, are of 10,000 shards.
ANSWER_BYTES = 4 * 1024 * 1024


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
Step = Callable[["Pipeline", Call], Awaitable[Any] | None]

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
