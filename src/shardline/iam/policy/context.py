"""What conditions can ask about here: AWS's global keys, of the caller, the connection, the time,
and the tags of caller, request and resource.

A key that does not apply is left out, as on AWS ("aws:username … is not included for roles").
Keys are lower-case, since "context key names are not case-sensitive". The values are AWS's
("AWS global condition context keys"). Not here, because nothing of it exists: VPCs,
organizations, federation.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shardline.iam.policy.dates import iso
from shardline.iam.policy.principals import Principal, Type
from shardline.iam.policy.variables import Values

Tags = Iterable[tuple[str, str]]


class Connection(NamedTuple):
    """What is known of a call before its parameters: where it came from, and how."""

    source_ip: str
    is_secure: bool
    region: str
    user_agent: str = ""
    referer: str = ""


def of_principal(caller: Principal) -> dict[str, Values]:
    """The keys that stay as long as the credentials do; may be kept."""
    keys: dict[str, Values] = {
        "aws:principalarn": caller.role_arn or caller.arn,
        "aws:principalaccount": caller.account,
        "aws:principaltype": caller.type.value,
        "aws:userid": caller.unique_id,
        "aws:principalisawsservice": "true" if caller.service else "false",
        "aws:viaawsservice": "false",
    }
    if caller.type is Type.USER:
        keys["aws:username"] = caller.name
    if caller.type is Type.SESSION:
        keys["aws:userid"] = f"{caller.unique_id}:{caller.name}"
    if caller.issued_ms is not None:
        keys["aws:tokenissuetime"] = iso(caller.issued_ms)
        keys["aws:multifactorauthpresent"] = "false"  # as long-term keys have no such key
    for key, value in caller.tags:
        keys[f"aws:principaltag/{key.lower()}"] = value
    return keys


TIMES = frozenset({"aws:currenttime", "aws:epochtime"})
"""The keys that differ from call to call."""


def of_time(time_ms: int) -> dict[str, Values]:
    """The keys of the time of a call."""
    return {"aws:currenttime": iso(time_ms), "aws:epochtime": str(time_ms // 1000)}


def of_connection(connection: Connection) -> dict[str, Values]:
    """The keys of a call's connection, which stay from call to call; may be kept."""
    keys: dict[str, Values] = {
        "aws:sourceip": connection.source_ip,
        "aws:securetransport": "true" if connection.is_secure else "false",
        "aws:requestedregion": connection.region,
    }
    if connection.user_agent:
        keys["aws:useragent"] = connection.user_agent
    if connection.referer:
        keys["aws:referer"] = connection.referer
    return keys


def of_request_tags(tags: Mapping[str, str]) -> dict[str, Values]:
    """The keys of tags that a request sets."""
    keys: dict[str, Values] = {f"aws:requesttag/{key.lower()}": tags[key] for key in tags}
    return keys | of_tag_keys(tags)


def of_tag_keys(names: Iterable[str]) -> dict[str, Values]:
    """The key of the tag keys that a request names; left out when it names none."""
    listed = tuple(names)
    return {"aws:tagkeys": listed} if listed else {}


def of_resource(account: str, tags: Tags, service: str = "") -> dict[str, Values]:
    """The keys of the resource: its account and its tags; IAM has these under its own name too."""
    keys: dict[str, Values] = {"aws:resourceaccount": account}
    for key, value in tags:
        keys[f"aws:resourcetag/{key.lower()}"] = value
        if service == "iam":
            keys[f"iam:resourcetag/{key.lower()}"] = value
    return keys


def of_source(account: str, arn: str) -> dict[str, Values]:
    """The keys of a call that a service makes for a resource of somebody ("confused deputy")."""
    return {"aws:sourceaccount": account, "aws:sourcearn": arn}
