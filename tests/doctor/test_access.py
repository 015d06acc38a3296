"""Permissions: the check by itself."""

import json
from dataclasses import replace
from typing import Any

import pytest

from doctor_samples import ARN, FACTS, STREAM, allow, faults, found, principal, section
from shardline.doctor.facts import (
    Account,
    Config,
    Facts,
    Failed,
    ManagedPolicy,
    Principal,
    Simulation,
)
from shardline.doctor.findings import Verdict
from shardline.doctor.roles import NEEDS
from shardline.module.policies import ACCESSES, ON_STREAM, document
from shardline.module.spec.wanted import Grantee

WARNING, ILL, UNKNOWN = Verdict.WARNING, Verdict.ILL, Verdict.UNKNOWN
CONSUMERS = f"{ARN}/consumer/*"


def having(*principals: Principal) -> Facts:
    return replace(FACTS, account=Account(principals, {}))


def test_who_may_what_by_which_policy() -> None:
    reader = principal("reader", allow(["kinesis:Get*"], ARN))
    writer = principal("writer", allow("kinesis:PutRecords", f"{ARN[:-3]}*"))
    other = principal("other", allow("kinesis:*", "arn:aws:kinesis:*:*:stream/bills"))
    admin = principal("admin", allow("*", "*"), source="arn:aws:iam::aws:policy/Admin", of_aws=True)
    seen = section("access", having(reader, writer, other, admin))
    assert seen.verdict is Verdict.WELL
    assert seen.line == "2 may read, 2 may write, 1 may manage, besides the root of the account"
    (overview,) = seen.findings
    assert overview.evidence[0] == "may read: role reader by inline p, role admin by Admin"
    assert "aws iam list-attached-role-policies --role-name reader" in seen.commands


@pytest.mark.parametrize(
    ("documents", "may"),
    [
        ([allow("kinesis:GetRecords", "*")], 1),
        ([allow("KINESIS:getrecords", "*")], 1),
        ([{"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}], 1),
        ([{"Statement": {"Effect": "Allow", "Action": "kinesis:*", "NotResource": ARN}}], 0),
        (
            [allow("*", "*"), {"Statement": {**allow("*", "*")["Statement"][0], "Effect": "Deny"}}],
            0,
        ),
        ([allow("*", "*", Condition={"Bool": {"aws:SecureTransport": "true"}})], 1),
        ([allow("kinesis:GetRecord?", "*")], 1),
        ([{}], 0),
        ([{"Statement": "nonsense"}], 0),
    ],
)
def test_statements(documents: list[dict[str, Any]], may: int) -> None:
    line = section("access", having(principal("p", *documents))).line
    # What is too wide besides is a warning of its own
    overview = section("access", having(principal("p", *documents))).findings[-1]
    assert overview.line.startswith(f"{may} may read"), line


def test_a_grant_that_is_too_wide() -> None:
    facts = having(principal("app", allow("kinesis:*", "*")))
    assert found("access", facts) == [("too-wide", WARNING)]
    # AWS's own policy is nobody's mistake here
    full = "arn:aws:iam::aws:policy/AmazonKinesisFullAccess"
    own = having(principal("app", allow("kinesis:*", "*"), source=full, of_aws=True))
    assert found("access", own) == []


def test_subscribing_granted_on_the_stream() -> None:
    grant = allow(["kinesis:SubscribeToShard", "kinesis:GetRecords"], ARN)
    assert found("access", having(principal("app", grant))) == [("fan-out-on-stream", WARNING)]
    right = allow("kinesis:SubscribeToShard", CONSUMERS)
    assert found("access", having(principal("app", grant, right))) == []


def test_an_action_without_a_resource_granted_on_an_arn() -> None:
    grant = allow(["kinesis:DescribeLimits", "kinesis:PutRecord"], ARN)
    assert found("access", having(principal("app", grant))) == [("no-resource", WARNING)]
    right = allow("kinesis:DescribeLimits", "*")
    assert found("access", having(principal("app", grant, right))) == []


def simulated(allowed: set[str], needs: tuple[str, ...] = ()) -> Facts:
    names = {each.name for actions in NEEDS.values() for each in actions}
    decisions = {each: "allowed" if each in allowed else "implicitDeny" for each in sorted(names)}
    arn = "arn:aws:iam::123456789012:role/app"
    return replace(FACTS, simulation=Simulation(arn, decisions), needs=needs)


READER = {each.name for each in NEEDS["reader"]}
WRITER = {each.name for each in NEEDS["writer"]}


@pytest.mark.parametrize(
    ("allowed", "needs", "expected"),
    [
        (READER, (), []),
        (WRITER, (), []),
        (READER | WRITER, ("reader", "writer"), []),
        (READER - {"kinesis:GetRecords"}, (), [("principal", ILL)]),
        (READER - {"kinesis:ListShards"}, (), [("principal", WARNING)]),
        (READER - {"kinesis:ListShards"}, ("reader",), [("principal", ILL)]),
        ({"kinesis:PutRecord"}, (), [("principal", ILL)]),
        (WRITER, ("reader",), [("principal", ILL)]),
        ({"kinesis:ListShards"}, (), [("principal", ILL)]),
        (set(), (), [("principal", ILL)]),
    ],
)
def test_a_principal(
    allowed: set[str], needs: tuple[str, ...], expected: list[tuple[str, Verdict]]
) -> None:
    assert found("access", simulated(allowed, needs)) == expected


def test_the_missing_action_is_named_with_what_needs_it() -> None:
    (finding,) = faults("access", simulated(READER - {"kinesis:GetRecords"}))
    assert finding.line == "role/app lacks kinesis:GetRecords, which a reader needs"
    assert "--action-names kinesis:GetRecords --resource-arns" in finding.commands[0]
    commands = section("access", simulated(READER)).commands
    assert "aws iam list-attached-role-policies --role-name app" in commands


def test_a_key_of_the_customers_is_asked_for() -> None:
    facts = simulated(READER - {"kms:Decrypt"})
    assert found("access", facts) == []
    encrypted = replace(facts, stream=replace(STREAM, key="alias/orders"))
    assert found("access", encrypted) == [("principal", WARNING)]


def test_everything_that_is_asked_of_a_reader_or_writer_is_in_the_modules_policies() -> None:
    for need, access in (("reader", "read"), ("writer", "write")):
        on_stream = {each.name for each in NEEDS[need] if each.on == "stream"}  # type: ignore[index]
        assert on_stream <= set(ON_STREAM[access])  # type: ignore[index]


def test_callers_without_permission_are_told_which() -> None:
    facts = replace(
        FACTS,
        account=Failed("iam:GetAccountAuthorizationDetails", "AccessDenied"),
        simulation=Failed("iam:SimulatePrincipalPolicy", "AccessDenied"),
    )
    assert found("access", facts) == [("unknown", UNKNOWN)] * 2
    assert [each.remedy for each in faults("access", facts)] == [
        "Give the caller iam:SimulatePrincipalPolicy.",
        "Give the caller iam:GetAccountAuthorizationDetails.",
    ]


def policies(**changes: dict[str, Any] | None) -> dict[str, ManagedPolicy]:
    """The module's three; one of them another, or not there."""
    made = {}
    for access in ACCESSES:
        text = changes.get(access, json.loads(document(STREAM.place, "orders", access)))
        name = f"kinesis-stream-orders-{access}"
        if text is not None:
            arn = f"arn:aws:iam::123456789012:policy/{name}"
            made[name] = ManagedPolicy(name, arn, text, 1)
    return made


def test_the_modules_policies() -> None:
    assert found("access", replace(FACTS, account=Account((), policies()))) == []
    for broken in (policies(read=None), policies(write=allow("kinesis:PutRecord", ARN))):
        facts = replace(FACTS, account=Account((), broken))
        assert found("access", facts) == [("module-policy", WARNING)]
    owned = replace(FACTS, tags={"shardline:module": "us-east-1/orders"})
    assert found("access", owned) == [("module-policy", WARNING)]


def test_what_differs_is_told() -> None:
    changed = policies(write=allow(["kinesis:PutRecord", "kinesis:DeleteStream"], ARN))
    (finding,) = faults("access", replace(FACTS, account=Account((), changed)))
    assert "kinesis:PutRecords" in finding.evidence[0]
    assert finding.evidence[1] == "adds: kinesis:DeleteStream"


def test_a_policy_that_the_file_gives_and_that_is_not_attached() -> None:
    arn = "arn:aws:iam::123456789012:policy/kinesis-stream-orders-read"
    config = Config("stream.yaml", None, {"read": (Grantee("role", "app"),)})
    lacking = principal("app", allow("s3:*", "*"))
    facts = replace(FACTS, account=Account((lacking,), policies()), config=config)
    (finding,) = faults("access", facts)
    assert (finding.check, finding.verdict) == ("not-attached", WARNING)
    assert finding.fix is not None
    assert finding.fix.params == {"RoleName": "app", "PolicyArn": arn}
    having_it = principal("app", policies()["kinesis-stream-orders-read"].document, source=arn)
    assert found("access", replace(facts, account=Account((having_it,), policies()))) == []
