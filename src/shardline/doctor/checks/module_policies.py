"""The stream module's three policies of a stream: there, as they should be, attached to whom."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from shardline.doctor.facts import Account, Facts, Failed, Stream
from shardline.doctor.findings import Finding, Fix, Verdict
from shardline.doctor.words import aws, listed
from shardline.module.places import OWNER_TAG
from shardline.module.policies import ACCESSES, Access, document, policy_name
from shardline.module.spec.wanted import Grantee


def findings(facts: Facts, stream: Stream, account: Account) -> Iterator[Finding]:
    """What is wrong with them, if the stream is one of the module's."""
    names = {access: policy_name(stream.name, access) for access in ACCESSES}
    there = {access: account.policies[name] for access, name in names.items()
             if name in account.policies}  # fmt: skip
    if not there and not _is_modules(facts):
        return
    missing = [names[access] for access in ACCESSES if access not in there]
    if missing:
        yield Finding(
            "module-policy",
            Verdict.WARNING,
            f"{listed(missing)} is not there" if len(missing) == 1 else
            f"{len(missing)} of the module's policies are not there",
            tuple(missing),
            "Run `shardline apply` with the stream's file.",
        )  # fmt: skip
    for access, policy in there.items():
        if not _is_as_made(stream, facts, access, policy.document):
            yield Finding(
                "module-policy",
                Verdict.WARNING,
                f"{policy.name} is not what the module makes",
                _difference(stream, facts, access, policy.document),
                "`shardline plan` shows what would change, `shardline apply` changes it.",
                (aws("iam", "list-policy-versions", "--policy-arn", policy.arn),),
            )
    for access, policy in there.items():
        yield from _attachments(facts, account, access, policy.arn)


def _is_modules(facts: Facts) -> bool:
    return not isinstance(facts.tags, Failed) and OWNER_TAG in facts.tags


def _keys(stream: Stream, facts: Facts) -> tuple[str | None, ...]:
    """The key as the file names it; without a file, as the stream does, by id or by alias."""
    return (facts.config.key,) if facts.config is not None else (stream.key, None)


def _is_as_made(stream: Stream, facts: Facts, access: Access, found: Mapping[str, Any]) -> bool:
    made = (
        json.loads(document(stream.place, stream.name, access, key)) for key in _keys(stream, facts)
    )
    if any(each == found for each in made):
        return True
    # A key that is named by its alias makes a statement of another form; its id is not known here.
    return (
        facts.config is None
        and stream.key is not None
        and _without_key(found)
        == _without_key(json.loads(document(stream.place, stream.name, access)))
    )


def _without_key(found: Mapping[str, Any]) -> Any:
    kept = [each for each in found.get("Statement", ()) if each.get("Sid") != "Key"]
    return {**found, "Statement": kept}


def _difference(
    stream: Stream, facts: Facts, access: Access, found: Mapping[str, Any]
) -> tuple[str, ...]:
    key = _keys(stream, facts)[0]
    made = _granted(json.loads(document(stream.place, stream.name, access, key)))
    has = _granted(found)
    lacks, adds = sorted(made - has), sorted(has - made)
    lines = [f"lacks: {listed(lacks)}"] if lacks else []
    lines += [f"adds: {listed(adds)}"] if adds else []
    return tuple(lines) or ("other resources or conditions",)


def _granted(policy: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for each in policy.get("Statement", ()):
        action = each.get("Action", ())
        found |= {action} if isinstance(action, str) else set(action)
    return found


def _attachments(facts: Facts, account: Account, access: Access, arn: str) -> Iterator[Finding]:
    """Those that the file names and that do not have the policy: --fix gives it to them."""
    if facts.config is None:
        return
    for who in facts.config.grants.get(access, ()):
        if not _has(account, who, arn):
            kind = who.kind
            command = (f"--{kind}-name", who.name, "--policy-arn", arn)
            yield Finding(
                "not-attached",
                Verdict.WARNING,
                f"{kind} {who.name} does not have the policy to {access}, as the file says",
                (f"{facts.config.file}: access: {access}",),
                "Attach it (--fix does).",
                (aws("iam", f"attach-{kind}-policy", *command),),
                Fix(
                    "attach-policy",
                    f"attach {arn.rpartition('/')[2]} to the {kind} {who.name}",
                    "iam",
                    f"Attach{kind.capitalize()}Policy",
                    {f"{kind.capitalize()}Name": who.name, "PolicyArn": arn},
                    aws("iam", f"detach-{kind}-policy", *command),
                ),
            )


def _has(account: Account, who: Grantee, arn: str) -> bool:
    """Somebody who is not there at all is the business of `plan`."""
    for each in account.principals:
        if (each.kind, each.name) == (who.kind, who.name):
            return any(policy.source == arn for policy in each.policies)
    return True
