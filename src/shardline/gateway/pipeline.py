"""One request's way through the gateway: through the steps of `shardline.gateway.steps`, in order.

Whatever the end of the way, there is an answer that AWS could have given, and it is counted here.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter

from shardline.gateway.audit import Audit
from shardline.gateway.authorization import Authorizer, RootOnly
from shardline.gateway.budget import ByteBudget, NoRoom
from shardline.gateway.dialects import Dialects
from shardline.gateway.errors import (
    AtItsBounds,
    InternalFailure,
    RecordsOutOfReach,
    ServiceError,
)
from shardline.gateway.ids import id_headers, new_request_id
from shardline.gateway.model import Operation
from shardline.gateway.protocols import Protocol
from shardline.gateway.protocols.cbor import CborProtocol
from shardline.gateway.protocols.json import JsonProtocol
from shardline.gateway.request_counts import GONE, OK, RequestCounts
from shardline.gateway.sigv4 import SigV4Verifier
from shardline.gateway.steps import STEPS
from shardline.gateway.types import Api, Call, Caller, Request, Response
from shardline.storage.record_log import OutOfReach, StorageError

log = logging.getLogger("shardline.gateway")

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
