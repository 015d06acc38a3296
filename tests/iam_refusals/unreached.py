"""Modelled errors that no test reaches, each with the reason."""

from collections.abc import Iterator, Mapping

from iam_refusals.situations import SITUATIONS, changes
from iam_refusals.world import BUILT, errors_of

_REASONS = {
    "EntityTemporarilyUnmodifiableException": "nothing is being deleted behind a call's back",
    "InvalidInputException": "no value that the model allows is known to be refused",
    "LimitExceededException": "it makes nothing of which there can be too much",
    "NoSuchEntityException": "it names nothing that could be missing",
    "PolicyEvaluationException": "an evaluation cannot fail",
    "PolicyNotAttachableException": "every policy that there is can be attached",
    "ServiceNotSupportedException": "there are no services with credentials of their own",
    "UnmodifiableEntityException": "there are no service-linked roles",
}
_READS = "a call that reads asks no store"


def _unreached() -> Iterator[tuple[tuple[str, str], str]]:
    for operation in BUILT:
        for error in errors_of(operation):
            if (operation, error) in SITUATIONS:
                continue
            if error == "ServiceFailureException" and operation not in changes():
                yield (operation, error), _READS
            elif error in _REASONS:
                yield (operation, error), _REASONS[error]


UNREACHED: Mapping[tuple[str, str], str] = dict(_unreached())
