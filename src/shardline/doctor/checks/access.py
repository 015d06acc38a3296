"""Permissions: who may what by which policy.

A principal's missing actions are in `principals`, what policies get wrong in `faulty_grants`, the
stream module's own policies in `module_policies`.
"""

from collections.abc import Mapping

from shardline.doctor.checks import faulty_grants, module_policies, principals
from shardline.doctor.facts import Account, Facts, Failed, Simulation, Stream
from shardline.doctor.findings import Finding, Section, Verdict
from shardline.doctor.grants import grant
from shardline.doctor.words import aws, listed

WHO: Mapping[str, str] = {
    "read": "kinesis:GetRecords",
    "write": "kinesis:PutRecords",
    "manage": "kinesis:DeleteStream",
}
"""The action by which each is known."""
MOST = 8


def check(facts: Facts) -> Section:
    """The section."""
    stream, account = facts.stream, facts.account
    assert not isinstance(stream, Failed)
    findings = list(principals.findings(facts, stream))
    commands = _commands(facts)
    if isinstance(account, Failed):
        line = f"policies cannot be read: {account}"
        remedy = f"Give the caller {account.call}." if account.is_denied else ""
        unknown = Finding("unknown", Verdict.UNKNOWN, line, remedy=remedy)
        return Section("access", (*findings, unknown), line, commands=commands)
    findings += faulty_grants.findings(stream, account)
    findings += module_policies.findings(facts, stream, account)
    may = {who: _who_may(account, action, stream.arn) for who, action in WHO.items()}
    counted = ", ".join(f"{len(names)} may {who}" for who, names in may.items())
    evidence = [f"may {who}: {listed(names, MOST)}" for who, names in may.items() if names]
    overview = Finding(
        "who-may", Verdict.WELL, f"{counted}, by their policies", tuple(evidence), commands=commands
    )
    summary = f"{counted}, besides the root of the account"
    return Section("access", (*findings, overview), summary, commands=commands)


def _commands(facts: Facts) -> tuple[str, ...]:
    """The `aws` commands of the runbook: whose policies, the principal's or those that matter."""
    roles: list[str] = []
    users: list[str] = []
    if isinstance(facts.simulation, Simulation):
        name = facts.simulation.principal.rpartition("/")[2]
        (users if ":user/" in facts.simulation.principal else roles).append(name)
    elif isinstance(facts.account, Account) and isinstance(facts.stream, Stream):
        for each in facts.account.principals:
            if any(grant(each, action, facts.stream.arn) for action in WHO.values()):
                (users if each.kind == "user" else roles).append(each.name)
    return (
        *(aws("iam", "list-attached-role-policies", "--role-name", each) for each in roles[:3]),
        *(aws("iam", "list-attached-user-policies", "--user-name", each) for each in users[:3]),
        aws("iam", "get-account-authorization-details", "--filter", "LocalManagedPolicy"),
    )


def _who_may(account: Account, action: str, arn: str) -> list[str]:
    found = (grant(each, action, arn) for each in account.principals)
    return [str(each) for each in found if each is not None]
