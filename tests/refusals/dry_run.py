"""DryRunOperationException: the call would have succeeded."""

from refusals.calls import CALLS
from refusals.readiness import ready
from refusals.registry import Refused, refusal, with_error
from refusals.world import World

DRY_RUN = "DryRunOperationException"


@refusal(with_error(DRY_RUN, CALLS), DRY_RUN)
def it_was_only_asked(aws: World, operation: str) -> Refused:
    message = "The request would have succeeded, but the DryRun parameter was set."
    return Refused(aws.kinesis, ready(aws, operation) | {"DryRun": True}, message)
