"""What policies often get wrong of Kinesis. AWS's own are left alone: nobody can change them."""

import json
from collections.abc import Iterator

from shardline.doctor.facts import Account, Principal, Stream
from shardline.doctor.findings import Finding, Verdict
from shardline.doctor.grants import Statement, grant, statements
from shardline.doctor.words import aws, listed

_NO_RESOURCE = ("kinesis:DescribeLimits", "kinesis:ListStreams")


def findings(stream: Stream, account: Account) -> Iterator[Finding]:
    """Grants that are too wide, or of no use."""
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
