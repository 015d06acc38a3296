"""Which checks a call needs: one table for each service, after AWS's Service Authorization
Reference.

An operation that is in no table is checked on `*`, which only those may pass who may do it to
everything.
"""

from shardline.iam import cloudwatch_actions, iam_actions, kinesis_actions, sts_actions
from shardline.iam.arns import ANY_RESOURCE
from shardline.iam.calls import ApiCall, Check, on

RULES = {
    "kinesis": kinesis_actions.RULES,
    "cloudwatch": cloudwatch_actions.RULES,
    "iam": iam_actions.RULES,
    "sts": sts_actions.RULES,
}


def checks_of(call: ApiCall) -> tuple[Check, ...]:
    """Every check that must be allowed for a call; none for what needs no permission."""
    rule = RULES.get(call.service, {}).get(call.operation)
    return rule(call) if rule else on(call, [ANY_RESOURCE])
