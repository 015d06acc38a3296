"""SimulateCustomPolicy, SimulatePrincipalPolicy, and which context keys they need to be given."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Caller
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.operations import answers, errors, lookups
from shardline.iam.operations.paging import page
from shardline.iam.operations.policy_sources import boundary_source, holder_of, sources_of
from shardline.iam.policy import context, documents
from shardline.iam.policy.context_keys import context_keys
from shardline.iam.policy.errors import MalformedPolicy
from shardline.iam.policy.grammar import Kind
from shardline.iam.policy.principals import Principal, Type
from shardline.iam.policy.variables import Values
from shardline.iam.simulation import Simulation, Source
from shardline.storage.identities import Group, Role, User

Call = Mapping[str, Any]

_ACTION = re.compile(r"[a-zA-Z0-9\-.]+:[^:*?\s]+", re.ASCII)
_USER_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):(user|role|group)/(?:.*/)?([^/]+)", re.ASCII)
_ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?", re.ASCII)
_NOBODY = "simulated"


class Simulating:
    """The operations that only ask what policies would come to."""

    def __init__(self, book: IdentityBook) -> None:
        self._book = book

    async def get_context_keys_for_custom_policy(self, caller: Caller, call: Call) -> Any:
        """The keys that some documents ask about."""
        return _keys_asked(_given(call, "PolicyInputList", Kind.IDENTITY))

    async def get_context_keys_for_principal_policy(self, caller: Caller, call: Call) -> Any:
        """The keys that the policies of an identity, and further documents, ask about."""
        directory = self._book.directory(caller.account)
        holder = holder_of(directory, call["PolicySourceArn"])
        given = _given(call, "PolicyInputList", Kind.IDENTITY)
        return _keys_asked([*sources_of(directory, holder), *given])

    async def simulate_custom_policy(self, caller: Caller, call: Call) -> dict[str, Any]:
        """What documents would come to, whoever had them."""
        if call.get("ResourcePolicy") and not call.get("CallerArn"):
            raise errors.invalid_input("CallerArn is required with a ResourcePolicy.")
        directory = self._book.directory(caller.account)
        sources = [*_given(call, "PolicyInputList", Kind.IDENTITY), *_boundary_given(call)]
        principal = _principal(directory, call.get("CallerArn"))
        return _simulated(call, directory, principal, sources)

    async def simulate_principal_policy(self, caller: Caller, call: Call) -> dict[str, Any]:
        """What the policies of an identity would come to, with further documents.

        A boundary that is given takes the place of the one that the identity has.
        """
        if call.get("PolicyExclusionList"):
            raise _not_built("PolicyExclusionList")
        directory = self._book.directory(caller.account)
        arn = call["PolicySourceArn"]
        holder = holder_of(directory, arn)
        given = _given(call, "PolicyInputList", Kind.IDENTITY)
        boundary = _boundary_given(call) or list(boundary_source(directory, holder))
        sources = [*dict.fromkeys(sources_of(directory, holder)), *given, *boundary]
        principal = _principal(directory, call.get("CallerArn", arn))
        return _simulated(call, directory, principal, sources)


def _simulated(
    call: Call, directory: Directory, principal: Principal, sources: list[Source]
) -> dict[str, Any]:
    if call.get("OrderedOrganizationPolicyInputList"):
        raise _not_built("OrderedOrganizationPolicyInputList")
    actions = _actions(call["ActionNames"])
    if call.get("ResourcePolicy"):
        sources = [*sources, *_checked([("ResourcePolicy", call["ResourcePolicy"])], Kind.RESOURCE)]
    simulation = Simulation(
        principal=principal,
        sources=sources,
        context={**_keys_of(directory, principal), **_entries(call.get("ContextEntries"))},
        resources=call.get("ResourceArns") or None,
        owner=_owner(call.get("ResourceOwner")),
    )
    numbered = [(f"{number:06}", action) for number, action in enumerate(actions)]
    told, rest = page(call, numbered, lambda item: item[:1])
    return {"EvaluationResults": simulation.results([action for _, action in told]), **rest}


def _given(call: Call, member: str, kind: Kind) -> list[Source]:
    """The documents of a parameter, called by it and their number."""
    texts = call.get(member) or ()
    return _checked([(f"{member}.{n}", text) for n, text in enumerate(texts, 1)], kind)


def _checked(named: Iterable[tuple[str, str]], kind: Kind) -> list[Source]:
    sources = [Source(name, kind, text) for name, text in named]
    for source in sources:
        try:
            documents.parse(source.text, kind)
        except MalformedPolicy as error:
            raise errors.invalid_input(f"{source.id}: {error}") from error
    return sources


def _boundary_given(call: Call) -> list[Source]:
    given = _given(call, "PermissionsBoundaryPolicyInputList", Kind.BOUNDARY)
    if len(given) > 1:
        raise errors.invalid_input("Only one permissions boundary can be simulated.")
    return given


def _actions(names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if not _ACTION.fullmatch(name):
            raise errors.invalid_input(f"Invalid Entity Action: {name}")
    return names


def _principal(directory: Directory, arn: str | None) -> Principal:
    """Who calls in the simulation: a user or role of the account, or whoever an ARN names."""
    if arn is None:
        arn = f"arn:aws:iam::{directory.account}:user/{_NOBODY}"
    found = _USER_ARN.fullmatch(arn)
    if found is None:
        raise errors.invalid_input(f"Invalid Caller Arn: {arn}")
    account, word, name = found.groups()
    known = _known(directory, arn, word, name) if account == directory.account else None
    unique_id = known.id if known is not None else ""
    tags = known.tags if isinstance(known, User | Role) else ()
    if word == "role":
        return Principal(
            Type.SESSION, arn, account, unique_id, name=_NOBODY, role_arn=arn, tags=tags
        )
    return Principal(Type.USER, arn, account, unique_id, name=name, tags=tags)


def _known(directory: Directory, arn: str, word: str, name: str) -> User | Group | Role | None:
    kind = next(each for each in lookups.HOLDERS if each.word == word)
    try:
        holder = kind.find(directory, name)
    except ServiceError:
        return None
    return holder if answers.arn_of(holder) == arn else None


def _keys_of(directory: Directory, principal: Principal) -> dict[str, Values]:
    """The keys that follow from the caller, if it is one that is known here."""
    return context.of_principal(principal) if principal.unique_id else {}


def _entries(entries: Sequence[Mapping[str, Any]] | None) -> dict[str, Values]:
    found: dict[str, Values] = {}
    for entry in entries or ():
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


def _owner(owner: str | None) -> str:
    if owner is None:
        return ""
    found = _ACCOUNT.fullmatch(owner)
    if found is None:
        raise errors.invalid_input(f"Invalid Resource Owner: {owner}")
    return found[1]


def _keys_asked(sources: Iterable[Source]) -> dict[str, Any]:
    return {"ContextKeyNames": context_keys((source.text, source.kind) for source in sources)}


def _not_built(member: str) -> ServiceError:
    return ServiceError(
        "NotImplementedException",
        f"iam has the parameter {member}, but Shardline has not built it.",
        status=501,
    )
