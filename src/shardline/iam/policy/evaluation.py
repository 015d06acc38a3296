"""The decision: may this caller do this to that resource, given all policies that apply.

As AWS documents it (IAM User Guide, "Policy evaluation logic"):

1. A statement that denies, in whatever policy, wins.
2. Within one account, an identity policy *or* the resource's policy must allow. How far a grant of
   the resource's policy goes without the identity's own policies depends on whom it names
   (`shardline.iam.policy.principals.Directness`).
3. Across accounts both must: the resource's policy, and an identity policy.
4. A permissions boundary and session policies only ever limit: what comes from identity policies
   (or from a grant to the session's role) must be allowed by each of them too.
5. A role's trust policy must always allow; if it only names the account, identity policies too.

The account's root may do all in its own account, but a resource policy's explicit deny binds it
as on AWS. Whoever enforces may ask nothing for root.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from shardline.iam.policy.arns import account_of
from shardline.iam.policy.documents import Policy, candidates
from shardline.iam.policy.grammar import Kind
from shardline.iam.policy.principals import Directness, Principal, Type
from shardline.iam.policy.variables import Context


class Decision(Enum):
    """The values are those of SimulateCustomPolicy's `EvalDecision`."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


class Request(NamedTuple):
    """Who wants to do what to which resource, and what conditions may ask about.

    `action` is `service:Operation`. `resource` is an ARN, or `*` for an action without resource.
    `owner` is the account of the resource where its ARN does not say it.
    """

    principal: Principal
    action: str
    resource: str
    context: Context
    owner: str = ""

    @property
    def crosses_accounts(self) -> bool:
        """Whether caller and resource are of two accounts."""
        owner = account_of(self.resource) or self.owner or self.principal.account
        return owner != self.principal.account


@dataclass(frozen=True, slots=True)
class Policies:
    """All policies that apply to a request. No session policies is None: nothing is limited."""

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    resource: Policy | None = None  # the resource's own policy, or the trust policy of a role


class Match(NamedTuple):
    """A statement that is about the request: of which policy, and which one in it."""

    kind: Kind
    policy: str
    number: int
    sid: str | None
    allows: bool
    directness: Directness = Directness.NONE


class Result(NamedTuple):
    """A decision with its reasons. `denied_by` is the kind of policy that denies or lacks a grant;
    None when the request is allowed."""

    decision: Decision
    denied_by: Kind | None = None
    matches: tuple[Match, ...] = ()

    @property
    def is_allowed(self) -> bool:
        """Whether the call may be made."""
        return self.decision is Decision.ALLOWED


def evaluate(request: Request, policies: Policies) -> Result:
    """Decide over a request; depends on nothing but what it is given.

    When several kinds of policy deny, the first of identity, resource, boundary, session is named.
    """
    matches = _of_caller(request, Kind.IDENTITY, policies.identity)
    if policies.resource is not None:
        matches += _of_resource(request, policies.resource)
    if policies.boundary is not None:
        matches += _of_caller(request, Kind.BOUNDARY, (policies.boundary,))
    if policies.session:
        matches += _of_caller(request, Kind.SESSION, policies.session)
    for match in matches:
        if not match.allows:
            return Result(Decision.EXPLICIT_DENY, match.kind, tuple(matches))
    lacking = _lacking(request, policies, matches)
    decision = Decision.ALLOWED if lacking is None else Decision.IMPLICIT_DENY
    return Result(decision, lacking, tuple(matches))


def _of_caller(request: Request, kind: Kind, policies: Iterable[Policy]) -> list[Match]:
    """The statements about a request. What they are to it hangs on where they are attached: one
    managed policy may be an identity's, a boundary and a session policy."""
    action, resource, context = request.action.lower(), request.resource, request.context
    return [
        Match(kind, policy.name, each.number, each.sid, each.allows)
        for policy in policies
        for each in candidates(policy, action, resource)
        if each.holds(resource, context)
    ]


def _of_resource(request: Request, policy: Policy) -> list[Match]:
    matches = []
    for each in candidates(policy, request.action.lower(), request.resource):
        assert each.principals is not None, "a resource policy names principals"
        directness = each.principals.match(request.principal)
        if directness and each.holds(request.resource, request.context):
            matches.append(
                Match(policy.kind, policy.name, each.number, each.sid, each.allows, directness)
            )
    return matches


def _lacking(request: Request, policies: Policies, matches: Iterable[Match]) -> Kind | None:
    """The kind of policy that had to allow the request and does not; None when all do."""
    allowing = [match.kind for match in matches]  # few: quicker than a set of an enum's members
    granted = Directness.NONE
    if policies.resource is not None:
        granted = max((match.directness for match in matches), default=granted)
        if policies.resource.kind is Kind.TRUST and not granted:
            return Kind.TRUST
    crosses = request.crosses_accounts
    if granted is Directness.DIRECT and not crosses:
        return None
    by_identity = Kind.IDENTITY in allowing or request.principal.type is Type.ROOT
    if not by_identity and (crosses or granted is not Directness.ROLE):
        return Kind.IDENTITY
    if crosses and not granted:
        return Kind.RESOURCE
    if policies.boundary is not None and Kind.BOUNDARY not in allowing:
        return Kind.BOUNDARY
    if policies.session is not None and Kind.SESSION not in allowing:
        return Kind.SESSION
    return None
