"""The two evaluators: ours, and npm's `@cloud-copilot/iam-simulate` in a process of its own."""

import json
import subprocess
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

from iam.oracle.cases import Case, document
from iam.oracle.words import OWN, ROLE, SESSION, USER
from shardline.iam.policy.documents import Policy, parse
from shardline.iam.policy.evaluation import Policies, Request, evaluate
from shardline.iam.policy.grammar import Kind
from shardline.iam.policy.principals import Principal, Type

PRINCIPALS = {
    USER: Principal(Type.USER, USER, OWN, "AIDAEXAMPLE", "ann"),
    SESSION: Principal(Type.SESSION, SESSION, OWN, "AROAEXAMPLE", "blue", role_arn=ROLE),
}
WORDS = {
    "Allowed": "allowed",
    "ExplicitlyDenied": "explicitDeny",
    "ImplicitlyDenied": "implicitDeny",
}


_parsed = lru_cache(maxsize=1000)(parse)


def ours(case: Case) -> str:
    """Our decision."""

    def policy(statements: list[dict[str, Any]], kind: Kind, version: str = "2012-10-17") -> Policy:
        return _parsed(json.dumps(document(statements, version)), kind)

    request = Request(
        PRINCIPALS[case.principal],
        case.action,
        case.resource,
        {
            key.lower(): value if isinstance(value, str) else tuple(value)
            for key, value in case.context.items()
        },
    )
    attached = Kind.TRUST if case.action == "sts:AssumeRole" else Kind.RESOURCE
    policies = Policies(
        identity=tuple(policy(each, Kind.IDENTITY) for each in case.identity),
        boundary=policy(case.boundary, Kind.BOUNDARY) if case.boundary else None,
        session=(policy(case.session, Kind.SESSION),) if case.session else None,
        resource=policy(case.of_resource, attached, case.version) if case.of_resource else None,
    )
    return evaluate(request, policies).decision.value


class Oracle:
    """The other evaluator: asked line by line."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def decide(self, case: Case) -> str:
        """Its decision, in our words."""
        named = [
            {"name": str(number), "policy": document(each, "2012-10-17")}
            for number, each in enumerate(case.identity)
        ]
        simulation: dict[str, Any] = {
            "request": {
                "principal": case.principal,
                "action": case.action,
                "resource": {"resource": case.resource, "accountId": case.owner},
                "contextVariables": case.context,
            },
            "identityPolicies": named,
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
        }
        if case.boundary:
            boundary = {"name": "boundary", "policy": document(case.boundary, "2012-10-17")}
            simulation["permissionBoundaryPolicies"] = [boundary]
        if case.session:
            simulation["sessionPolicy"] = document(case.session, "2012-10-17")
        if case.of_resource:
            simulation["resourcePolicy"] = document(case.of_resource, case.version)
        return WORDS[self._ask({"simulation": simulation})]

    def resource_types(self, service: str) -> dict[str, list[str]]:
        """AWS's reference: action → the resource types that it is checked against."""
        found: dict[str, list[str]] = self._ask({"service": service})
        return found

    def _ask(self, question: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert not (isinstance(answer, dict) and "error" in answer), answer
        return answer
