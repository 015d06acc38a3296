"""AccessDeniedException: the caller is known, and nothing allows the call."""

from refusals.calls import CALLS
from refusals.readiness import ready
from refusals.registry import Refused, errors_of, refusal, with_error
from refusals.world import GUEST, World

DENIED = "AccessDeniedException"


def nothing_allows_it(aws: World, operation: str) -> Refused:
    action = f"kinesis:{operation}"
    message = (
        f"User: {GUEST.arn} is not authorized to perform: {action} "
        f"because no identity-based policy allows the {action} action"
    )
    return Refused(aws.guest, ready(aws, operation), message)


refusal(with_error(DENIED, CALLS), DENIED)(nothing_allows_it)
refusal([each for each in CALLS if DENIED not in errors_of(each)], DENIED, "not in its model")(
    nothing_allows_it
)
