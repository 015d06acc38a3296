"""Whatever is garbled, a policy or a call: never a fault of ours, never allowed by accident."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from example_counts import examples
from gateway.shape_values import values_of
from iam.people import OWN, People, allow, document
from shardline.gateway.budget import ByteBudget
from shardline.gateway.model import load_service
from shardline.gateway.pipeline import Pipeline
from shardline.gateway.types import Caller, Request, Response
from shardline.iam.identities.actors import of_user
from shardline.iam.policy.documents import parse
from shardline.iam.policy.errors import MalformedPolicy
from shardline.iam.policy.grammar import Kind

pytestmark = pytest.mark.slow

MODEL = load_service("kinesis")
OPERATIONS = sorted(MODEL.operations)
ORDERS = f"arn:aws:kinesis:us-east-1:{OWN}:stream/orders"
GRANT = allow("kinesis:PutRecord", ORDERS)
FEW = settings(
    deadline=None,
    max_examples=examples(100),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
WORDS = ["Allow", "Deny", "*", "kinesis:*", "Effect", "Action", "Resource", "Statement", "Version"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)
_good = document(allow("*"))
POLICIES = (
    st.text(max_size=30)
    | JSON.map(lambda value: msgspec.json.encode(value).decode())
    | st.tuples(st.integers(0, len(_good)), st.text(max_size=3)).map(
        lambda cut: _good[: cut[0]] + cut[1] + _good[cut[0] + 1 :]
    )
)


class Impersonator:
    """Takes every request to be one user's, so that a test need not sign."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def verify(self, request: Request, *, service: str) -> Caller:
        return self._caller


@pytest.fixture(autouse=True)
def no_fault_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.ERROR):
        yield
    assert [record for record in caplog.records if "a fault of ours" in record.getMessage()] == []


@pytest.fixture(scope="module")
def garbler(people: People, root: Any) -> People:
    """The account, with a user whose policies are changed."""
    people.user("garbled")
    return people


def answer(people: People, request: Request, *policies: str) -> Response:
    """What the server answers a user who has these inline policies."""
    inline = tuple((f"p{number}", text) for number, text in enumerate(policies))
    people.put(replace(people.user_named("garbled"), inline=inline))
    node = people.server.node
    actor = of_user(node.identities.directory(OWN), people.user_named("garbled"))
    caller = Caller(OWN, "us-east-1", "AKIA", actor.principal.arn, False, actor)
    pipeline = Pipeline(node.apis, Impersonator(caller), node.enforcer)  # type: ignore[arg-type]
    return people.server.run(pipeline.handle(request, ByteBudget(2**30)))


def kinesis(operation: str, call: Any) -> Request:
    headers = {
        b"content-type": b"application/x-amz-json-1.1",
        b"x-amz-target": f"Kinesis_20131202.{operation}".encode(),
    }
    return Request("POST", b"/", b"", headers, msgspec.json.encode(call))


PUT = kinesis("PutRecord", {"StreamName": "orders", "Data": "eA==", "PartitionKey": "k"})


def is_garbled(text: str) -> bool:
    try:
        parse(text, Kind.IDENTITY)
    except MalformedPolicy:
        return True
    return False


def test_the_call_itself_can_be_allowed(garbler: People) -> None:
    assert answer(garbler, PUT, document(GRANT)).status == 200


@given(text=POLICIES)
@FEW
def test_a_garbled_policy_allows_nothing(garbler: People, text: str) -> None:
    assume(is_garbled(text))
    for policies in ((text,), (text, document(GRANT))):
        response = answer(garbler, PUT, *policies)
        assert response.status == 400
        assert b"AccessDenied" in response.body


@given(text=POLICIES)
@FEW
def test_a_garbled_boundary_allows_nothing(garbler: People, text: str) -> None:
    assume(is_garbled(text))
    arn = garbler.policy(GRANT, name="garbled-boundary")
    stored = garbler.server.node.identities.directory(OWN).policy(arn)
    assert stored is not None
    version = replace(stored.versions[0], text=text)
    garbler.put(replace(stored, versions=(version,)))
    garbler.put(replace(garbler.user_named("garbled"), boundary=arn))
    try:
        assert b"AccessDenied" in answer(garbler, PUT, document(GRANT)).body
    finally:
        garbler.put(replace(garbler.user_named("garbled"), boundary=None))
        garbler.remove(stored)


@st.composite
def garbled_calls(draw: st.DrawFn) -> Request:
    operation = draw(st.sampled_from(OPERATIONS))
    shape = MODEL.operations[operation].input
    call = draw(values_of(shape, garbled=draw(st.booleans()))) if shape is not None else {}
    if isinstance(call, dict) and draw(st.booleans()):
        names = st.sampled_from(["StreamARN", "ConsumerARN", "ResourceARN", "StreamName", "KeyId"])
        arns = st.sampled_from(
            [
                ORDERS,
                ORDERS.replace("orders", "bills"),
                ORDERS.replace(OWN, "111122223333"),
                f"{ORDERS}/consumer/x:1",
                f"{ORDERS}/consumer/",
                "arn:aws:kinesis:*:000000000000:stream/*",
                "bills",
                "*",
            ]
        )
        call = call | {draw(names): draw(arns)}
    return kinesis(operation, call)


@given(request=garbled_calls())
@FEW
def test_a_garbled_call_is_no_other_than_what_is_granted(garbler: People, request: Request) -> None:
    before = len(garbler.server.run(garbler.server.node.book.of(OWN, "us-east-1")))
    response = answer(garbler, request, document(GRANT))
    assert response.status in (200, 400, 501)
    if response.status == 200:
        assert request.headers[b"x-amz-target"].endswith(b".PutRecord")
    assert len(garbler.server.run(garbler.server.node.book.of(OWN, "us-east-1"))) == before


_NAMES = "RoleArn RoleSessionName Policy DurationSeconds ExternalId AccessKeyId SourceIdentity"
_members = st.sampled_from(
    [*_NAMES.split(), "Tags.member.1.Key", "Tags.member.1.Value", "PolicyArns.member.1.arn"]
)
_role = f"arn:aws:iam::{OWN}:role/app"
_values = st.sampled_from([_role, "arn:" * 8, "s1", "900", "{", "AKIA" + "A" * 16]) | st.text(
    max_size=5
)


@given(
    action=st.sampled_from(["AssumeRole", "GetAccessKeyInfo", "GetSessionToken"]),
    members=st.lists(st.tuples(_members, _values), max_size=5),
)
@FEW
def test_garbled_calls_of_sts(garbler: People, action: str, members: list[tuple[str, str]]) -> None:
    form = urlencode([("Action", action), ("Version", "2011-06-15"), *members])
    headers = {b"content-type": b"application/x-www-form-urlencoded"}
    response = answer(garbler, Request("POST", b"/", b"", headers, form.encode()), document(GRANT))
    assert response.status in (200, 400, 403)
    assert response.status != 200 or action == "GetSessionToken"
