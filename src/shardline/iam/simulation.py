"""A simulated call: which decision some policies come to, and by which of their statements. Pure.

What is evaluated is what is enforced (`shardline.iam.policy.evaluation`). How results are told was
recorded from AWS: one for each action; with several resources it has the resources' own results
inside, and the strictest of their decisions is its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shardline.iam.policy.arns import ANY_RESOURCE
from shardline.iam.policy.context_keys import context_keys
from shardline.iam.policy.documents import Policy, parse
from shardline.iam.policy.evaluation import Decision, Match, Policies, Request, Result, evaluate
from shardline.iam.policy.grammar import Kind
from shardline.iam.policy.positions import Position, statement_spans
from shardline.iam.policy.principals import Principal
from shardline.iam.policy.variables import Values

_STRICTEST_FIRST = (Decision.EXPLICIT_DENY, Decision.IMPLICIT_DENY, Decision.ALLOWED)


@dataclass(frozen=True, slots=True)
class Source:
    """A policy of a simulation: what it is called in results, what it is, its text."""

    id: str
    kind: Kind
    text: str

    @property
    def type(self) -> str:
        """AWS's word for where a policy is from."""
        return "Resource Policy" if self.kind is Kind.RESOURCE else "IAM Policy"


@dataclass(frozen=True, slots=True)
class Simulation:
    """What is simulated: who calls, with which policies, in which context.

    `context` has keys in lower case. `resources` is None where the call names none: then it is
    about all, `*`. `owner` is the account of resources whose ARNs do not say it.
    """

    principal: Principal
    sources: Sequence[Source]
    context: Mapping[str, Values]
    resources: Sequence[str] | None
    owner: str = ""

    def results(self, actions: Sequence[str]) -> list[dict[str, Any]]:
        """The result of each action, in IAM's shape. Raises `MalformedPolicy`."""
        run = _Run(self)
        return [run.of_action(action) for action in actions]


class _Run:
    """A simulation whose policies are compiled."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        sources = simulation.sources
        compiled: dict[Kind, tuple[Policy, ...]] = {
            kind: tuple(
                parse(source.text, kind, str(number))  # ids are not unique: AWS has names too
                for number, source in enumerate(sources)
                if source.kind is kind
            )
            for kind in Kind
        }
        self._policies = Policies(
            identity=compiled[Kind.IDENTITY],
            boundary=next(iter(compiled[Kind.BOUNDARY]), None),
            resource=next(iter(compiled[Kind.RESOURCE]), None),
        )
        asked = context_keys([(source.text, source.kind) for source in sources])
        self._missing = [key for key in asked if key.lower() not in simulation.context]

    def of_action(self, action: str) -> dict[str, Any]:
        """The result of one action on all resources."""
        resources = self._simulation.resources
        if resources is None or list(resources) == [ANY_RESOURCE]:
            result = self._evaluate(action, ANY_RESOURCE)
            return {
                "EvalActionName": action,
                "EvalResourceName": ANY_RESOURCE,
                "EvalDecision": result.decision.value,
                "MatchedStatements": self._statements(result),
                "MissingContextValues": self._missing,
                **self._boundary(result),
            }
        each = [(resource, self._evaluate(action, resource)) for resource in resources]
        only = each[0] if len(each) == 1 else None
        strictest = min((found for _, found in each), key=_strictness)
        return {
            "EvalActionName": action,
            "EvalResourceName": only[0] if only else ANY_RESOURCE,
            "EvalDecision": strictest.decision.value,
            "MatchedStatements": self._statements(only[1]) if only else [],
            "MissingContextValues": [],
            **self._boundary(*(found for _, found in each)),
            "EvalDecisionDetails": {},
            "ResourceSpecificResults": [
                {
                    "EvalResourceName": resource,
                    "EvalResourceDecision": found.decision.value,
                    "MatchedStatements": self._statements(found),
                    "MissingContextValues": self._missing,
                    **self._boundary(found),
                }
                for resource, found in each
            ],
        }

    def _evaluate(self, action: str, resource: str) -> Result:
        it = self._simulation
        return evaluate(
            Request(it.principal, action, resource, it.context, it.owner), self._policies
        )

    def _statements(self, result: Result) -> list[dict[str, Any]]:
        """The statements that decide: a denial is by those that deny, and by no others."""
        if result.decision is Decision.IMPLICIT_DENY:
            return []
        allows = result.decision is Decision.ALLOWED
        return [self._statement(match) for match in result.matches if match.allows is allows]

    def _statement(self, match: Match) -> dict[str, Any]:
        source = self._simulation.sources[int(match.policy)]
        span = statement_spans(source.text)[match.number]
        return {
            "SourcePolicyId": source.id,
            "SourcePolicyType": source.type,
            "StartPosition": _place(span.start),
            "EndPosition": _place(span.end),
        }

    def _boundary(self, *results: Result) -> dict[str, Any]:
        if self._policies.boundary is None:
            return {}
        allowed = all(map(_bounds_allow, results))
        return {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": allowed}}


def _strictness(result: Result) -> int:
    return _STRICTEST_FIRST.index(result.decision)


def _bounds_allow(result: Result) -> bool:
    """Whether the boundary, of itself, lets a call through."""
    effects = [match.allows for match in result.matches if match.kind is Kind.BOUNDARY]
    return bool(effects) and all(effects)


def _place(position: Position) -> dict[str, int]:
    return {"Line": position.line, "Column": position.column}
