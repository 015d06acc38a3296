"""SimulateCustomPolicy, SimulatePrincipalPolicy, and which context keys they need to be given."""

from collections.abc import Iterable, Mapping
from typing import Any

from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Caller
from shardline.iam.identities.book import IdentityBook
from shardline.iam.operations import errors
from shardline.iam.operations import simulation_inputs as inputs
from shardline.iam.operations.paging import page
from shardline.iam.operations.policy_sources import boundary_source, holder_of, sources_of
from shardline.iam.policy import context
from shardline.iam.policy.context_keys import context_keys
from shardline.iam.policy.principals import Principal
from shardline.iam.simulation import Simulation, Source

Call = Mapping[str, Any]


class Simulating:
    """The operations that only ask what policies would come to."""

    def __init__(self, book: IdentityBook) -> None:
        self._book = book

    async def get_context_keys_for_custom_policy(self, caller: Caller, call: Call) -> Any:
        """The keys that some documents ask about."""
        return _keys_asked(inputs.policies(call))

    async def get_context_keys_for_principal_policy(self, caller: Caller, call: Call) -> Any:
        """The keys that the policies of an identity, and further documents, ask about."""
        directory = self._book.directory(caller.account)
        holder = holder_of(directory, call["PolicySourceArn"])
        return _keys_asked([*sources_of(directory, holder), *inputs.policies(call)])

    async def simulate_custom_policy(self, caller: Caller, call: Call) -> dict[str, Any]:
        """What documents would come to, whoever had them."""
        if call.get("ResourcePolicy") and not call.get("CallerArn"):
            raise errors.invalid_input("CallerArn is required with a ResourcePolicy.")
        directory = self._book.directory(caller.account)
        principal = inputs.principal(directory, call.get("CallerArn"))
        return _simulated(call, principal, [*inputs.policies(call), *inputs.boundary(call)])

    async def simulate_principal_policy(self, caller: Caller, call: Call) -> dict[str, Any]:
        """What the policies of an identity would come to, with further documents.

        A boundary that is given takes the place of the one that the identity has.
        """
        if call.get("PolicyExclusionList"):
            raise _not_built("PolicyExclusionList")
        directory = self._book.directory(caller.account)
        arn = call["PolicySourceArn"]
        holder = holder_of(directory, arn)
        own = dict.fromkeys(sources_of(directory, holder))  # a group may have what its members have
        boundary = inputs.boundary(call) or boundary_source(directory, holder)
        principal = inputs.principal(directory, call.get("CallerArn", arn))
        return _simulated(call, principal, [*own, *inputs.policies(call), *boundary])


def _simulated(call: Call, principal: Principal, sources: list[Source]) -> dict[str, Any]:
    if call.get("OrderedOrganizationPolicyInputList"):
        raise _not_built("OrderedOrganizationPolicyInputList")
    of_caller = context.of_principal(principal) if principal.unique_id else {}
    simulation = Simulation(
        principal=principal,
        sources=[*sources, *inputs.resource_policy(call)],
        context={**of_caller, **inputs.context(call)},
        resources=call.get("ResourceArns") or None,
        owner=inputs.owner(call),
    )
    numbered = [(f"{number:06}", action) for number, action in enumerate(inputs.actions(call))]
    told, rest = page(call, numbered, lambda item: item[:1])
    return {"EvaluationResults": simulation.results([action for _, action in told]), **rest}


def _keys_asked(sources: Iterable[Source]) -> dict[str, Any]:
    return {"ContextKeyNames": context_keys((source.text, source.kind) for source in sources)}


def _not_built(member: str) -> ServiceError:
    return ServiceError(
        "NotImplementedException",
        f"iam has the parameter {member}, but Shardline has not built it.",
        status=501,
    )
