"""What the actions of STS are checked against.

GetCallerIdentity and GetSessionToken need no permission, and none can be taken away: "if an
administrator attaches a policy that explicitly denies access to the sts:GetCallerIdentity action,
you can still perform this operation" (API reference). AssumeRole with tags or a source identity
needs the permission for those as well.
"""

from shardline.iam.actions.calls import ApiCall, Check, Rule, on, request_keys
from shardline.iam.policy.arns import ANY_RESOURCE
from shardline.iam.policy.variables import Values

_KEYS = {
    "RoleSessionName": "sts:rolesessionname",
    "ExternalId": "sts:externalid",
    "SourceIdentity": "sts:sourceidentity",
    "DurationSeconds": "sts:durationseconds",
}


def _assume_role(call: ApiCall) -> tuple[Check, ...]:
    role = str(call.params.get("RoleArn") or ANY_RESOURCE)
    keys: dict[str, Values] = dict(request_keys(call.params))
    for member, key in _KEYS.items():
        if call.params.get(member) is not None:
            keys[key] = str(call.params[member])
    transitive = tuple(call.params.get("TransitiveTagKeys") or ())
    if transitive:
        keys["sts:transitivetagkeys"] = transitive
    actions = ["sts:AssumeRole"]
    if call.params.get("Tags"):
        actions.append("sts:TagSession")
    if call.params.get("SourceIdentity"):
        actions.append("sts:SetSourceIdentity")
    return tuple(Check(action, role, keys) for action in actions)


def _free(call: ApiCall) -> tuple[Check, ...]:
    return ()


def _on_all(call: ApiCall) -> tuple[Check, ...]:
    return on(call, [ANY_RESOURCE])


RULES: dict[str, Rule] = {
    "AssumeRole": _assume_role,
    "GetCallerIdentity": _free,
    "GetSessionToken": _free,
    "GetAccessKeyInfo": _on_all,
    "DecodeAuthorizationMessage": _on_all,
}
