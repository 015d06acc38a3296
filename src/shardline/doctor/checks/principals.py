"""What IAM's simulation says of a principal, against what its part needs."""

from collections.abc import Iterator
from typing import get_args

from shardline.doctor.facts import Facts, Failed, Simulation, Stream
from shardline.doctor.findings import Finding, Verdict
from shardline.doctor.roles import CORE, Need, actions
from shardline.doctor.words import aws, listed


def findings(facts: Facts, stream: Stream) -> Iterator[Finding]:
    """What the principal lacks."""
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
