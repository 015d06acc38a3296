"""A call of an API, and the checks that AWS makes for it: which action, on which resource.

What a resource is can often be read from the parameters. Where it cannot (a shard iterator, a
consumer by name, the path of a user), whoever enforces looks it up and gives it with the call;
what was looked up wins over what the parameters say.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shardline.iam.policy import context
from shardline.iam.policy.variables import Values


def _root_path(kind: str, name: str) -> str:
    return "/"


@dataclass(frozen=True, slots=True)
class ApiCall:
    """An operation with its parameters, as the caller sent them.

    `account` and `region` are those the call was made in. `stream_arn` and `consumer_arn` were
    looked up. `user` is the caller's own name (if it is an IAM user), or the owner of the access
    key in question. `path_of` gives the path of a user, group, role or policy (its kind, its name).
    """

    service: str
    operation: str
    params: Mapping[str, Any]
    account: str
    region: str
    stream_arn: str | None = None
    consumer_arn: str | None = None
    user: str | None = None
    path_of: Callable[[str, str], str] = _root_path

    @property
    def action(self) -> str:
        """The action that has the operation's name."""
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, slots=True)
class Check:
    """One decision to make: an action on a resource. `keys` are what the request adds to the
    context: its tags, and keys of the service."""

    action: str
    resource: str
    keys: Mapping[str, Values] = field(default_factory=dict)


Rule = Callable[[ApiCall], tuple[Check, ...]]
"""The checks of a call of one operation; none when AWS asks for no permission."""


def on(call: ApiCall, resources: Iterable[str], keys: Mapping[str, Values] | None = None) -> (
    tuple[Check, ...]
):  # fmt: skip
    """The operation's own action on each of the resources: all must be allowed."""
    added = {**request_keys(call.params), **(keys or {})}
    return tuple(Check(call.action, resource, added) for resource in resources)


def request_keys(params: Mapping[str, Any]) -> dict[str, Values]:
    """The keys of the tags in a request: a map, or AWS's list of Key and Value."""
    tags = params.get("Tags")
    if tags:
        if not isinstance(tags, Mapping):
            tags = {tag["Key"]: tag.get("Value", "") for tag in tags}
        return context.of_request_tags(tags)
    return context.of_tag_keys(params.get("TagKeys") or ())
