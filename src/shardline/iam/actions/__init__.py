"""Which checks a call needs: one table for each service, after AWS's Service Authorization
Reference.

An operation that is in no table is checked on `*`, which only those may pass who may do it to
everything.
"""

from shardline.iam.actions import cloudwatch, iam, kinesis, sts
from shardline.iam.actions.calls import ApiCall, Check, on
from shardline.iam.policy.arns import ANY_RESOURCE

RULES = {
    "kinesis": kinesis.RULES,
    "cloudwatch": cloudwatch.RULES,
    "iam": iam.RULES,
    "sts": sts.RULES,
}


def checks_of(call: ApiCall) -> tuple[Check, ...]:
    """Every check that must be allowed for a call; none for what needs no permission."""
    rule = RULES.get(call.service, {}).get(call.operation)
    return rule(call) if rule else on(call, [ANY_RESOURCE])
