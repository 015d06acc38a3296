"""One check, decided: over the caller's policies and the resource's, with what conditions ask.

Nothing is remembered of a decision. What is kept from one call to the next hangs on the caller's
`Actor`, and on the text of a resource's policy; a change replaces either. What conditions can ask
is put together only for policies that ask.
"""

from collections.abc import Mapping
from functools import lru_cache

from shardline.clock import Clock
from shardline.gateway.authorization import Guarded, Resources
from shardline.gateway.types import Call, Verdict
from shardline.iam.actions.calls import Check
from shardline.iam.enforcement.own_resources import OwnResources
from shardline.iam.enforcement.resource_policies import SHARED, compiled
from shardline.iam.identities.actors import Actor, asked_by
from shardline.iam.policy import context
from shardline.iam.policy.arns import ANY_RESOURCE, account_of
from shardline.iam.policy.context import Connection
from shardline.iam.policy.documents import Policy
from shardline.iam.policy.evaluation import Decision, Policies, Request, Result, evaluate
from shardline.iam.policy.variables import Context

_NOTHING: Context = {}
_UNKNOWN = Guarded()
_of_connection = lru_cache(maxsize=1024)(context.of_connection)


class Decisions:
    """Decides over checks. `resources` are the services' by the name that their ARNs have."""

    def __init__(self, own: OwnResources, resources: Mapping[str, Resources], clock: Clock) -> None:
        self._own = own
        self._resources = resources
        self._clock = clock

    def decide(self, call: Call, actor: Actor, check: Check, owner: str) -> tuple[Request, Result]:
        """The decision over a check of a call; `owner` is the account of whatever has no ARN."""
        action, resource = check.action, check.resource
        owner = account_of(resource) or owner
        relevant = actor.relevant(action, resource)
        policies, asked = relevant
        guarded = self._guarded(resource)
        policy = self._policy_of(check, guarded, crosses=owner != actor.principal.account)
        if policy is not None:
            policies = Policies(policies.identity, policies.boundary, policies.session, policy)
            asked = asked | asked_by(policy, action, resource)
        keys = self._context(call, actor, check, owner, guarded, asked) if asked else _NOTHING
        request = Request(actor.principal, action, resource, keys, owner)
        return request, evaluate(request, policies)

    def _guarded(self, arn: str) -> Guarded:
        """What is known of whatever has this ARN."""
        parts = arn.split(":", 3)
        resources = self._resources.get(parts[2]) if len(parts) == 4 else None
        return (resources.guarded(arn) if resources is not None else None) or _UNKNOWN

    def _policy_of(self, check: Check, guarded: Guarded, *, crosses: bool) -> Policy | None:
        """The policy of a check's resource, or the trust policy of a role that is to be assumed."""
        if check.action.startswith("sts:") and check.resource != ANY_RESOURCE:
            return self._own.trust(check.resource)
        if guarded.policy is None or (crosses and check.action not in SHARED):
            return None
        return compiled(guarded.policy, check.resource)

    def _context(
        self,
        call: Call,
        actor: Actor,
        check: Check,
        owner: str,
        guarded: Guarded,
        asked: frozenset[str],
    ) -> Context:
        """What conditions can ask; the time only if one does, since it is new for each call."""
        request, caller = call.request, call.caller
        assert caller is not None
        connection = Connection(
            request.peer,
            request.is_secure,
            caller.region,
            request.headers.get(b"user-agent", b"").decode("latin-1"),
            request.headers.get(b"referer", b"").decode("latin-1"),
        )
        keys = {
            **actor.keys,
            **_of_connection(connection),
            **context.of_resource(owner, guarded.tags, check.action.partition(":")[0]),
            **check.keys,
        }
        if not asked.isdisjoint(context.TIMES):
            keys.update(context.of_time(self._clock.now_ms()))
        return keys


def verdict(check: Check, result: Result) -> Verdict:
    """A decision for the audit log: what decided, and which statement of it."""
    if result.decision is Decision.IMPLICIT_DENY:
        assert result.denied_by is not None
        return Verdict(check.action, check.resource, False, result.denied_by.value)
    match = next(each for each in result.matches if each.allows is result.is_allowed)
    statement = match.sid if match.sid is not None else str(match.number)
    return Verdict(
        check.action, check.resource, result.is_allowed, match.kind.value, match.policy, statement
    )
