"""The three policies: what they allow of every operation, and that no tool finds a fault."""

import json
import warnings
from dataclasses import replace
from typing import Any

import pytest
from botocore.session import Session

from module_policies import ELSEWHERE, NO_RESOURCE, READ, WRITE
from shardline.iam.actions import checks_of
from shardline.iam.actions.calls import ApiCall
from shardline.iam.policy.documents import MANAGED_CHARACTERS, parse, size
from shardline.iam.policy.evaluation import Policies, Request, evaluate
from shardline.iam.policy.grammar import Kind
from shardline.iam.policy.principals import Principal, Type
from shardline.module.places import Place
from shardline.module.policies import ACCESSES, Access, document, policy_name

PLACE = Place("000000000000", "eu-west-1")
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"

OPERATIONS = frozenset(Session().get_service_model("kinesis").operation_names)
ALLOWED = {"read": READ, "write": WRITE, "manage": OPERATIONS - ELSEWHERE}
ON_CONSUMER = {"SubscribeToShard", "DescribeStreamConsumer", "DeregisterStreamConsumer"}


def allows(access: Access, action: str, resource: str, **about: Any) -> bool:
    """Whether the policy alone lets a user do something."""
    policy = parse(document(PLACE, "orders", access, **about), Kind.IDENTITY)
    user = Principal(
        account="000000000000",
        type=Type.USER,
        arn="arn:aws:iam::000000000000:user/ann",
        unique_id="AIDAEXAMPLE",
        name="ann",
    )
    return evaluate(Request(user, action, resource, {}), Policies(identity=(policy,))).is_allowed


def call(operation: str, stream: str) -> ApiCall:
    """A call of an operation about a stream or its consumer."""
    arn = PLACE.stream(stream)
    params: dict[str, Any] = {"StreamARN": arn, "ResourceARN": arn}
    consumer = f"{arn}/consumer/billing:1790000000"
    return ApiCall(
        "kinesis", operation, params, "000000000000", "eu-west-1", stream_arn=arn,
        consumer_arn=consumer if operation in ON_CONSUMER else None,
    )  # fmt: skip


@pytest.mark.one_in(6)
@pytest.mark.parametrize("access", ACCESSES)
@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_every_operation_is_allowed_or_denied(operation: str, access: Access) -> None:
    checks = checks_of(call(operation, "orders"))

    allowed = all(allows(access, check.action, check.resource) for check in checks)

    assert allowed is (operation in ALLOWED[access])


@pytest.mark.parametrize("access", ACCESSES)
@pytest.mark.parametrize("operation", sorted(NO_RESOURCE))
def test_what_has_no_resource_at_aws_is_allowed_without_one(operation: str, access: Access) -> None:
    assert allows(access, f"kinesis:{operation}", "*") is (operation in ALLOWED[access])


@pytest.mark.parametrize("access", ACCESSES)
@pytest.mark.parametrize("key", [KEY, "alias/orders", "alias/aws/kinesis", PLACE.key(f"key/{KEY}")])
@pytest.mark.parametrize("operation", ["StartStreamEncryption", "StopStreamEncryption"])
def test_encryption_is_checked_on_the_key_too(operation: str, key: str, access: Access) -> None:
    about = call(operation, "orders")
    checks = checks_of(replace(about, params={**about.params, "KeyId": key}))

    assert len(checks) == 2
    assert all(allows(access, each.action, each.resource) for each in checks) is (
        access == "manage"
    )


@pytest.mark.parametrize("access", ACCESSES)
@pytest.mark.parametrize("other", ["order", "orders2", "orders-eu", "payments"])
def test_another_stream_is_out_of_reach(other: str, access: Access) -> None:
    for operation in OPERATIONS - NO_RESOURCE - ELSEWHERE:
        checks = checks_of(call(operation, other))
        assert not any(allows(access, check.action, check.resource) for check in checks), operation


@pytest.mark.parametrize("operation", sorted(ON_CONSUMER))
def test_fan_out_is_not_granted_on_the_stream(operation: str) -> None:
    # Given the trap: what others grant on the stream's ARN grants nothing at AWS
    granted = json.loads(document(PLACE, "orders", "read"))["Statement"]
    on_stream = next(each for each in granted if each["Resource"] == [PLACE.stream("orders")])

    assert f"kinesis:{operation}" not in on_stream["Action"]


@pytest.mark.parametrize(
    ("access", "actions"),
    [
        ("read", {"kms:Decrypt"}),
        ("write", {"kms:GenerateDataKey"}),
        ("manage", {"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"}),
    ],
)
def test_kms_actions_come_with_a_key_of_the_customer_alone(
    access: Access, actions: set[str]
) -> None:
    key = PLACE.key(f"key/{KEY}")
    every = {
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKey",
        "kms:Encrypt",
        "kms:PutKeyPolicy",
    }

    assert {each for each in every if allows(access, each, key, key=KEY)} == actions
    assert {each for each in every if allows(access, each, key, key=key)} == actions
    for none in (None, "alias/aws/kinesis", PLACE.key("alias/aws/kinesis")):
        assert not any(allows(access, each, key, key=none) for each in every)


@pytest.mark.parametrize("key", ["alias/orders", PLACE.key("alias/orders")])
def test_an_alias_becomes_a_condition(key: str) -> None:
    statement = json.loads(document(PLACE, "orders", "read", key))["Statement"][-1]

    assert statement["Resource"] == [PLACE.key("key/*")]
    assert statement["Condition"] == {
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/orders"}
    }


def found_by_parliament(text: str) -> list[Any]:
    """The findings of a tool that takes long to import."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports what setuptools gives up
        import parliament
    return list(parliament.analyze_policy_string(text).findings)


@pytest.mark.parametrize("access", ACCESSES)
@pytest.mark.parametrize("key", [None, KEY, "alias/orders"])
def test_no_tool_finds_a_fault(access: Access, key: str | None) -> None:
    text = document(PLACE, "orders", access, key)

    found = found_by_parliament(text)

    assert [each for each in found if not excused(each)] == []


def excused(finding: Any) -> bool:
    """What is no fault: the tool's lists of actions and condition keys are older than AWS's, and it
    takes `kinesis:*` for a list of actions, of which each must go with a statement's resources.
    Those that do not must be granted in another statement."""
    if finding.issue == "UNKNOWN_ACTION":
        return str(finding.detail).split("kinesis:")[1] in OPERATIONS
    if finding.issue == "UNKNOWN_CONDITION_FOR_ACTION":
        return "kms:ResourceAliases" in str(finding.detail)
    if finding.issue == "RESOURCE_MISMATCH":
        actions = {each["action"].removeprefix("kinesis:") for each in finding.detail}
        return actions <= NO_RESOURCE | {"StartStreamEncryption", "StopStreamEncryption"}
    return False


def test_the_tool_does_find_the_faults_of_others() -> None:
    # Given the read policy of a module that is widely used
    broken = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": ["kinesis:DescribeLimits", "kinesis:SubscribeToShard"],
                "Resource": PLACE.stream("orders"),
            },
        }
    )

    found = found_by_parliament(broken)

    assert {each.issue for each in found} == {"RESOURCE_MISMATCH"}


@pytest.mark.parametrize("access", ACCESSES)
def test_the_document_is_the_same_each_time_and_fits(access: Access) -> None:
    longest = "s" * 106

    text = document(PLACE, longest, access, "alias/" + "k" * 250)

    assert text == document(PLACE, longest, access, "alias/" + "k" * 250)
    assert size(text) < MANAGED_CHARACTERS
    assert len(policy_name(longest, access)) <= 128
