"""What a simulation is given, checked: documents, actions, who calls, context, owner. Pure.

Raises InvalidInput, whose texts are ours.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shardline.iam.identities.directory import Directory
from shardline.iam.operations import answers, errors
from shardline.iam.policy import documents
from shardline.iam.policy.errors import MalformedPolicy
from shardline.iam.policy.grammar import Kind
from shardline.iam.policy.principals import Principal, Type
from shardline.iam.policy.variables import Values
from shardline.iam.simulation import Source
from shardline.storage.identities import Role, User

Call = Mapping[str, Any]

_ACTION = re.compile(r"[a-zA-Z0-9\-.]+:[^:*?\s]+", re.ASCII)
_CALLER = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):(user|role|group)/(?:.*/)?([^/]+)", re.ASCII)
_ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?", re.ASCII)
_NOBODY = "simulated"


def policies(call: Call) -> list[Source]:
    """The documents of PolicyInputList."""
    return _numbered(call, "PolicyInputList", Kind.IDENTITY)


def boundary(call: Call) -> list[Source]:
    """The boundary of a call, of which there is at most one."""
    given = _numbered(call, "PermissionsBoundaryPolicyInputList", Kind.BOUNDARY)
    if len(given) > 1:
        raise errors.invalid_input("Only one permissions boundary can be simulated.")
    return given


def resource_policy(call: Call) -> list[Source]:
    """The policy that each resource is treated as having, if there is one."""
    text = call.get("ResourcePolicy")
    return _checked([("ResourcePolicy", text)], Kind.RESOURCE) if text else []


def actions(call: Call) -> Sequence[str]:
    """The actions, each with its service and without wildcards."""
    names: Sequence[str] = call["ActionNames"]
    for name in names:
        if not _ACTION.fullmatch(name):
            raise errors.invalid_input(f"Invalid Entity Action: {name}")
    return names


def principal(directory: Directory, arn: str | None) -> Principal:
    """Who calls: the user or role of an ARN, with its id and tags if it is one of the account.

    Documents without a caller, like a group's policies, are asked about for nobody who is known.
    """
    if arn is None:
        arn = f"arn:aws:iam::{directory.account}:user/{_NOBODY}"
    found = _CALLER.fullmatch(arn)
    if found is None:
        raise errors.invalid_input(f"Invalid Caller Arn: {arn}")
    account, word, name = found.groups()
    known = _known(directory, arn, word, name)
    unique_id, tags = ("", ()) if known is None else (known.id, known.tags)
    if word != "role":
        return Principal(Type.USER, arn, account, unique_id, name=name, tags=tags)
    session = f"arn:aws:sts::{account}:assumed-role/{name}/{_NOBODY}"
    return Principal(
        Type.SESSION, session, account, unique_id, name=_NOBODY, role_arn=arn, tags=tags
    )


def context(call: Call) -> dict[str, Values]:
    """The context entries by key, in lower case: one value, or several where the type is a list."""
    found: dict[str, Values] = {}
    for entry in call.get("ContextEntries") or ():
        values = tuple(entry.get("ContextKeyValues") or ())
        kind = entry.get("ContextKeyType", "string")
        if "ContextKeyName" not in entry or not values:
            raise errors.invalid_input("A context entry needs a ContextKeyName and values.")
        if len(values) > 1 and not kind.endswith("List"):
            raise errors.invalid_input(
                f"{entry['ContextKeyName']} has several values, and its type {kind} has one."
            )
        found[entry["ContextKeyName"].lower()] = values if kind.endswith("List") else values[0]
    return found


def owner(call: Call) -> str:
    """The account of ResourceOwner: its number, or the ARN of its root; empty without one."""
    given = call.get("ResourceOwner")
    if given is None:
        return ""
    found = _ACCOUNT.fullmatch(given)
    if found is None:
        raise errors.invalid_input(f"Invalid Resource Owner: {given}")
    return found[1]


def _numbered(call: Call, member: str, kind: Kind) -> list[Source]:
    """The documents of a parameter, called by it and their number."""
    texts = call.get(member) or ()
    return _checked([(f"{member}.{number}", text) for number, text in enumerate(texts, 1)], kind)


def _checked(named: Iterable[tuple[str, str]], kind: Kind) -> list[Source]:
    sources = [Source(name, kind, text) for name, text in named]
    for source in sources:
        try:
            documents.parse(source.text, kind)
        except MalformedPolicy as error:
            raise errors.invalid_input(f"{source.id}: {error}") from error
    return sources


def _known(directory: Directory, arn: str, word: str, name: str) -> User | Role | None:
    holder: User | Role | None = None
    if word != "group":
        holder = directory.user(name) if word == "user" else directory.role(name)
    return holder if holder is not None and answers.arn_of(holder) == arn else None
