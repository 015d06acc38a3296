"""An answer that is a stream of events, as it goes out: encoded, bounded, ended in order."""

import logging
from collections.abc import Awaitable, Callable

from shardline.gateway import eventstream
from shardline.gateway.bounds import PIECE_BYTES
from shardline.gateway.budget import ByteBudget, NoRoom
from shardline.gateway.errors import RecordsOutOfReach, ServiceError
from shardline.gateway.model import Operation
from shardline.gateway.protocols import Protocol
from shardline.gateway.shapes import StructureShape
from shardline.gateway.types import Event, EventSource
from shardline.storage.record_log import OutOfReach, StorageError

log = logging.getLogger("shardline.gateway")

Pieces = tuple[bytes, ...]
SendPieces = Callable[[Pieces], Awaitable[None]]

INTERNAL_FAILURE = "InternalFailureException"  # its name inside of a stream


class Stream:
    """The answer to one call of an operation whose output is an event stream.

    Only what is being sent takes memory. While the reader does not take it, nothing more is made.
    """

    content_type = eventstream.CONTENT_TYPE

    def __init__(self, source: EventSource, operation: Operation, protocol: Protocol) -> None:
        self._source = source
        self._operation = operation
        self._protocol = protocol
        self._payload_type = protocol.content_type.decode()
        self._ended = False

    async def write(self, answers: ByteBudget, send: SendPieces) -> None:
        """Send the events as they come, until the source ends or fails. What `send` raises ends it.

        What an event takes of the budget is given back when `send` returns.
        """
        await send((eventstream.event("initial-response", b"{}", self._payload_type),))
        while not self._ended:
            pieces, held = await self._next(answers)
            try:
                await send(pieces)
            finally:
                answers.give(held)

    def close(self) -> None:
        """Nobody reads any more, or everything was read. Idempotent."""
        self._source.close()

    async def _next(self, answers: ByteBudget) -> tuple[Pieces, int]:
        """What is to be sent next, and what of the budget it holds."""
        held = 0
        try:
            most = await self._source.ready()
            if most is None:
                self._ended = True
                return (), 0
            held = await answers.take(most)
            pieces = self._wire(await self._source.next())
        except BaseException as error:
            answers.give(held)
            self._ended = True
            return (self._exception(error),), 0
        size = sum(map(len, pieces))
        answers.give(max(0, held - size))
        return pieces, min(held, size)

    def _wire(self, event: Event) -> Pieces:
        if event.wire is None:
            payload = self._protocol.encode(self._operation, event.output)
            message = eventstream.event(event.kind, payload, self._payload_type)
            starts = range(0, len(message), PIECE_BYTES)
            event.wire = tuple(message[start : start + PIECE_BYTES] for start in starts)
            event.output = None
        return event.wire

    def _exception(self, error: BaseException) -> bytes:
        """The message of an error that ends the stream. Raises it, if it is no failure of a call.

        An error that the model does not have for the stream goes as InternalFailureException.
        """
        if isinstance(error, ServiceError):
            code, text = error.code, error.message
        elif isinstance(error, NoRoom):
            code, text = INTERNAL_FAILURE, "The server is at its bounds. Try again."
        elif isinstance(error, Exception):
            code, text = INTERNAL_FAILURE, "Internal Service Failure"
            if isinstance(error, OutOfReach):
                text = RecordsOutOfReach().message
            elif isinstance(error, StorageError):
                log.error("storage, in a stream of %s: %s", self._operation.name, error)
            else:
                log.exception("a fault of ours in a stream of %s", self._operation.name)
        else:
            raise error
        if code not in _members(self._operation):
            code = INTERNAL_FAILURE
        payload = self._protocol.error_response(ServiceError(code, text), None).body
        return eventstream.exception(code, payload, self._payload_type)


def _members(operation: Operation) -> set[str]:
    """The names of events and errors that the model has for an operation's stream."""
    assert operation.output is not None
    return {
        name
        for union in operation.output.members.values()
        if isinstance(union, StructureShape)
        for name in union.members
    }
