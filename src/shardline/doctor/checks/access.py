"""Permissions: who may what by which policy, a principal's missing actions, faulty grants."""

import json
from collections.abc import Iterator, Mapping
from typing import get_args

from shardline.doctor.checks import module_policies
from shardline.doctor.facts import Account, Facts, Failed, Principal, Simulation, Stream
from shardline.doctor.findings import Finding, Section, Verdict
from shardline.doctor.grants import Statement, grant, statements
from shardline.doctor.roles import CORE, Need, actions
from shardline.doctor.words import aws, listed

WHO: Mapping[str, str] = {
    "read": "kinesis:GetRecords",
    "write": "kinesis:PutRecords",
    "manage": "kinesis:DeleteStream",
}
"""The action by which each is known."""
_NO_RESOURCE = ("kinesis:DescribeLimits", "kinesis:ListStreams")
MOST = 8


def check(facts: Facts) -> Section:
    """The section."""
    stream, account = facts.stream, facts.account
    assert not isinstance(stream, Failed)
    findings = list(_simulated(facts, stream))
    commands = _commands(facts)
    if isinstance(account, Failed):
        line = f"policies cannot be read: {account}"
        remedy = f"Give the caller {account.call}." if account.is_denied else ""
        unknown = Finding("unknown", Verdict.UNKNOWN, line, remedy=remedy)
        return Section("access", (*findings, unknown), line, commands=commands)
    findings += _faults(facts, stream, account)
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


def _simulated(facts: Facts, stream: Stream) -> Iterator[Finding]:
    simulation = facts.simulation
    if simulation is None:
        return
    if isinstance(simulation, Failed):
        yield Finding(
            "unknown",
            Verdict.UNKNOWN,
            f"the principal cannot be simulated: {simulation}",
            remedy=f"Give the caller {simulation.call}." if simulation.is_denied else "",
        )
        return
    asked: list[Need] = [need for need in get_args(Need) if need in facts.needs]
    intended = asked or [
        need
        for need in get_args(Need)
        if any(simulation.decisions.get(action) == "allowed" for action in CORE[need])
    ]
    if not intended:
        yield Finding(
            "principal",
            Verdict.ILL,
            f"{_named(simulation)} may neither read, write nor manage the stream",
            _decisions(simulation),
            "Attach one of the stream's policies to it.",
            _simulate(stream, simulation, list(simulation.decisions)),
        )
    for need in intended:
        yield from _need(stream, simulation, need, asked=bool(asked))


def _named(simulation: Simulation) -> str:
    return simulation.principal.rpartition(":")[2]


def _need(stream: Stream, simulation: Simulation, need: Need, *, asked: bool) -> Iterator[Finding]:
    needed = [each.name for each in actions(need, stream.key)]
    missing = [each for each in needed if simulation.decisions.get(each) != "allowed"]
    if not missing:
        line = f"{_named(simulation)} may all that a {need} needs"
        yield Finding("principal", Verdict.WELL, line, tuple(needed))
        return
    yield Finding(
        "principal",
        Verdict.ILL if asked or CORE[need].intersection(missing) else Verdict.WARNING,
        f"{_named(simulation)} lacks {listed(missing, 2)}, which a {need} needs",
        tuple(f"{each}: {simulation.decisions.get(each, 'not asked')}" for each in needed),
        "Grant what is missing: SubscribeToShard and DescribeStreamConsumer on the consumer's "
        "ARN, KMS's on the key, the others on the stream's."
        if need == "fan-out"
        else "Grant what is missing on the stream's ARN, and KMS's on the key.",
        _simulate(stream, simulation, missing),
    )


def _decisions(simulation: Simulation) -> tuple[str, ...]:
    return tuple(f"{action}: {decision}" for action, decision in simulation.decisions.items())


def _simulate(stream: Stream, simulation: Simulation, names: list[str]) -> tuple[str, ...]:
    on_stream = [each for each in names if each.startswith("kinesis:")]
    command = ("iam", "simulate-principal-policy", "--policy-source-arn", simulation.principal)
    resource = stream.arn
    if on_stream == [each for each in on_stream if "Subscri" in each or "StreamConsumer" in each]:
        resource = f"{stream.arn}/consumer/*"
    shown = ("--action-names", *on_stream, "--resource-arns", resource, "--query")
    query = "EvaluationResults[].[EvalActionName,EvalDecision]"
    return (aws(*command, *shown, query, "--output", "text"),) if on_stream else ()


def _faults(facts: Facts, stream: Stream, account: Account) -> Iterator[Finding]:
    """What policies often get wrong. AWS's own are left alone: nobody here can change them."""
    for principal in account.principals:
        own = [
            each
            for policy in principal.policies
            if not policy.of_aws
            for each in statements(policy)
            if each.allows
        ]
        yield from _too_wide(principal, own)
        yield from _fan_out_on_stream(stream, principal, own)
        yield from _without_resource(stream, principal, own)


def _too_wide(principal: Principal, own: list[Statement]) -> Iterator[Finding]:
    for each in own:
        if each.resources == ("*",) and "kinesis:*" in (each.actions or ()):
            yield Finding(
                "too-wide",
                Verdict.WARNING,
                f"{principal.kind} {principal.name} may do everything to every stream",
                (f"{each.policy.source} allows kinesis:* on *",),
                "Name the streams, and the actions that are needed: kinesis:* also deletes.",
                _show(each, principal),
            )


def _fan_out_on_stream(
    stream: Stream, principal: Principal, own: list[Statement]
) -> Iterator[Finding]:
    action, consumer = "kinesis:SubscribeToShard", f"{stream.arn}/consumer/doctor:1"
    if grant(principal, action, consumer) is not None:
        return
    for each in own:
        if each.actions and action.lower() in each.actions and each.covers(stream.arn):
            yield Finding(
                "fan-out-on-stream",
                Verdict.WARNING,
                f"{principal.kind} {principal.name} has SubscribeToShard on the stream: no use",
                (f"{each.policy.source} names {json.dumps(each.resources)}",),
                f"SubscribeToShard is checked on the consumer's ARN: grant it on "
                f"{stream.arn}/consumer/*.",
                _show(each, principal),
            )


def _without_resource(
    stream: Stream, principal: Principal, own: list[Statement]
) -> Iterator[Finding]:
    for each in own:
        named = [name for name in _NO_RESOURCE if name.lower() in (each.actions or ())]
        useless = [name for name in named if grant(principal, name, "*") is None]
        if useless and each.covers(stream.arn):
            yield Finding(
                "no-resource",
                Verdict.WARNING,
                f"{principal.kind} {principal.name} has {listed(useless)} on an ARN: no use",
                (f"{each.policy.source} names {json.dumps(each.resources)}",),
                "These actions have no resource: grant them on *.",
                _show(each, principal),
            )


def _show(statement: Statement, principal: Principal) -> tuple[str, ...]:
    source = statement.policy.source
    if source.startswith("arn:"):
        return (aws("iam", "list-entities-for-policy", "--policy-arn", source),)
    kind = principal.kind
    return (
        aws("iam", f"list-{kind}-policies", f"--{kind}-name", principal.name),
        *(
            (
                aws(
                    "iam", f"get-{kind}-policy", f"--{kind}-name", principal.name,
                    "--policy-name", source.removeprefix("inline "),
                ),
            )
            if " of group " not in source
            else ()
        ),
    )  # fmt: skip
