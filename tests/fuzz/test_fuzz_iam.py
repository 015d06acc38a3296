"""Any calls of IAM, one after another, get what IAM could answer; after them all is in order.

What is in order: what the catalog holds is what the book knows, what is attached is there, and a
member's group is. The calls name things that are there, that are not, and garbage.
"""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from example_counts import examples
from gateway.query_support import form_request
from gateway.sigv4_support import verifier
from iam_refusals.world import BUILT, MODEL, members_of
from iam_samples import KINESIS, document, trust
from shardline.gateway.budget import ByteBudget
from shardline.gateway.pipeline import Pipeline
from shardline.iam.api import iam_api
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.masterkey import MasterKey
from shardline.storage.catalog import SqlCatalog
from shardline.testing import ManualClock

pytestmark = pytest.mark.slow

POLICY = "arn:aws:iam::123456789012:policy/{}"
# The first ones of each are there, or right; garbage is the exception, or no call would come far.
names = st.sampled_from([*["a", "b"] * 4, "B", "nothing", "", "é", "x" * 200])
policies = st.sampled_from(
    [*[POLICY.format("a"), POLICY.format("b"), KINESIS] * 3, "longpolicynamebutnoarn", "*"]
)
documents = st.sampled_from([*[document(), document("s3:*", "Deny")] * 4, trust(), "{", "[]", "é"])
trusts = st.sampled_from([*[trust()] * 8, document(), "{"])
BEGINNING = [
    {"Action": "CreateUser", "UserName": "a"},
    {"Action": "CreateGroup", "GroupName": "a"},
    {"Action": "CreateRole", "RoleName": "a", "AssumeRolePolicyDocument": trust()},
    {"Action": "CreatePolicy", "PolicyName": "a", "PolicyDocument": document()},
    {"Action": "AddUserToGroup", "GroupName": "a", "UserName": "a"},
    {"Action": "AttachUserPolicy", "UserName": "a", "PolicyArn": POLICY.format("a")},
]
VALUES: dict[str, Any] = {
    "ActionNames": st.lists(st.sampled_from(["kinesis:PutRecord", "s3:*", "x"]), max_size=2),
    "ContextEntries": st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "ContextKeyName": st.just("aws:username"),
                "ContextKeyValues": st.lists(names, max_size=2),
                "ContextKeyType": st.sampled_from(["string", "stringList", "odd"]),
            },
        ),
        max_size=2,
    ),
    "Marker": st.sampled_from(["x", "W10="]),
    "MaxItems": st.sampled_from(["1", "2", "1000", "0", "x"]),
    "Path": st.sampled_from(["/", "/x/", "x"]),
    "PolicySourceArn": st.sampled_from(["user", "role", "group", "policy"]).map(
        "arn:aws:iam::123456789012:{}/a".format
    ),
    "Status": st.sampled_from(["Active", "Inactive", "Expired", "odd"]),
    "TagKeys": st.lists(names, max_size=3),
    "Tags": st.lists(st.fixed_dictionaries({"Key": names, "Value": names}), max_size=3),
    "VersionId": st.sampled_from(["v1", "v2", "v9", "x"]),
}


def values_of(member: str) -> Any:
    """Values for a parameter of that name."""
    if member in VALUES:
        return VALUES[member]
    if member.endswith("PolicyInputList"):
        return st.lists(documents, max_size=2)
    if member in ("PolicyArn", "PermissionsBoundary"):
        return policies
    if member == "AssumeRolePolicyDocument":
        return trusts
    return documents if member.endswith(("Document", "ResourcePolicy")) else names


def form_of(name: str, value: Any) -> dict[str, str]:
    """A value as fields of a form."""
    if isinstance(value, list):
        fields = [form_of(f"{name}.member.{n}", each) for n, each in enumerate(value, 1)]
    elif isinstance(value, dict):
        fields = [form_of(f"{name}.{key}", each) for key, each in value.items()]
    else:
        return {name: value}
    return {key: text for each in fields for key, text in each.items()}


@st.composite
def calls(draw: st.DrawFn) -> dict[str, str]:
    """A call of an operation that is built, with its required parameters and perhaps others."""
    operation = draw(st.sampled_from(BUILT))
    shape = MODEL.operation_model(operation).input_shape
    required = shape.required_members if shape else ()
    form = {"Action": operation}
    for member in members_of(operation):
        if member in required or draw(st.integers(0, 3)) == 0:
            form |= form_of(member, draw(values_of(member)))
    return form


@pytest.fixture(autouse=True)
def no_fault_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.ERROR):
        yield
    assert not caplog.records


@given(history=st.lists(calls(), min_size=15, max_size=40))
@settings(
    deadline=None,
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_any_history_of_calls(history: list[dict[str, str]]) -> None:
    async def scenario() -> None:
        catalog = await SqlCatalog.open(None)
        book = IdentityBook(catalog, ManualClock())
        pipeline = Pipeline([iam_api(book, MasterKey.random())], verifier())
        for form in BEGINNING + history:
            body = urlencode({"Version": "2010-05-08", **form}).encode()
            request = form_request(body, service="iam")
            response = await pipeline.handle(request, ByteBudget(2**30))
            assert response.status in (200, 400, 403, 404, 409, 501), response.body
        for identities in await catalog.identities():
            directory = book.directory(identities.account.account)
            assert directory.identities == identities
            is_in_order(directory)
        await catalog.close()

    asyncio.run(scenario())


def is_in_order(directory: Directory) -> None:
    have = directory.identities
    for holder in (*have.users, *have.groups, *have.roles):
        assert all(directory.policy(arn) for arn in holder.attached)
    for user in have.users:
        assert all(directory.group(name) for name in user.groups)
        assert len(user.keys) <= 2
        assert user.boundary is None or directory.policy(user.boundary)
        assert directory.identity_policies(user) is not None
    for policy in have.policies:
        assert policy.default in [version.number for version in policy.versions]
