"""AWS's sentence for a call that is not allowed.

The source is the User Guide, "Troubleshoot access denied error messages": its examples name the
resource where there is one. For a trust policy the words differ from the other kinds.
"""

from shardline.iam.policy.arns import ANY_RESOURCE
from shardline.iam.policy.evaluation import Decision, Request, Result
from shardline.iam.policy.grammar import Kind

_WITH_ARTICLE = {
    Kind.IDENTITY: "an identity-based policy",
    Kind.RESOURCE: "a resource-based policy",
    Kind.BOUNDARY: "a permissions boundary",
    Kind.SESSION: "a session policy",
    Kind.TRUST: "the role trust policy",
}


def sentence(request: Request, result: Result) -> str:
    """What the caller is told. `result` must be a denial."""
    assert result.denied_by is not None, "an allowed call has no denial"
    on = "" if request.resource == ANY_RESOURCE else f" on resource: {request.resource}"
    if result.decision is Decision.EXPLICIT_DENY:
        why = f"with an explicit deny in {_WITH_ARTICLE[result.denied_by]}"
    else:
        why = f"because no {result.denied_by.value} allows the {request.action} action"
    return f"User: {request.principal.arn} is not authorized to perform: {request.action}{on} {why}"
