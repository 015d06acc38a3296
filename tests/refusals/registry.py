"""The refusals of Kinesis: for an operation and an error of its model, what brings it about.

A *situation* prepares a server, and says with which members the operation is then called, by whom,
and what AWS says. It gets the operation's name, so that one situation can do for many operations.
Texts are AWS's where the tests of the operation name a source, or the code says that it is ours.
"""

from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.session import Session

from shardline.kinesis.api import kinesis_api

if TYPE_CHECKING:
    from refusals.world import World

MODEL = Session().get_service_model("kinesis")


def _built() -> list[str]:
    parts = signature(kinesis_api).parameters.values()
    nothing: dict[str, Any] = {part.name: None for part in parts if part.default is part.empty}
    return sorted(kinesis_api(**nothing).handlers)  # nothing is called


BUILT = _built()

# What AWS sends for the one error of the model that it calls by another name on the wire (K).
WIRE_CODES = {"InternalFailureException": "InternalFailure"}


class Refused(NamedTuple):
    """A call that is about to be refused. `message` None: AWS sends no message."""

    client: Any  # boto3's
    members: Mapping[str, Any]
    message: str | None
    of_a_record: bool = False  # PutRecords: the call succeeds, and each record has the error


Situation = Callable[["World", str], Refused]


class Refusal(NamedTuple):
    """One row of the registry. The first of a pair has no `variant`; further ones say theirs."""

    operation: str
    error: str  # the name of botocore's error shape
    variant: str
    situation: Situation

    @property
    def id(self) -> str:
        """The name of its test."""
        return "-".join(filter(None, (self.operation, self.error, self.variant)))

    @property
    def code(self) -> str:
        """The error's code on the wire."""
        return WIRE_CODES.get(self.error, self.error)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return 500 if self.error in WIRE_CODES else 400


REFUSALS: dict[str, Refusal] = {}


def refusal(
    operations: str | Iterable[str], error: str, variant: str = ""
) -> Callable[[Situation], Situation]:
    """Register a situation for one operation or for many."""
    names = [operations] if isinstance(operations, str) else list(operations)

    def register(situation: Situation) -> Situation:
        for operation in names:
            made = Refusal(operation, error, variant, situation)
            if made.id in REFUSALS:
                raise ValueError(f"{made.id} is there twice")
            REFUSALS[made.id] = made
        return situation

    return register


def errors_of(operation: str) -> list[str]:
    """The errors that the model has for an operation."""
    return [shape.name for shape in MODEL.operation_model(operation).error_shapes]


def with_error(error: str, operations: Iterable[str]) -> list[str]:
    """Those of the operations that have that error in the model."""
    return [operation for operation in operations if error in errors_of(operation)]


def members_of(operation: str) -> set[str]:
    """The names of an operation's parameters."""
    return set(MODEL.operation_model(operation).input_shape.members)
